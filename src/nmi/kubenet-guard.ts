import { readFile } from 'node:fs/promises';
import { PodidError } from '../errors/podid-error.ts';
import type { Logger } from '../runtime/logger.ts';

/**
 * On kubenet a pod with NET_RAW can send frames in its neighbour's name (CVE-2021-1677), so that the agent must not take addresses for proof.
 * A file that is missing says nothing: most nodes have none today.
 * @throws PodidError KubenetConsentMissing
 */
export async function refuseKubenet(kubeletConfig: string, logger: Logger): Promise<void> {
  const text = await readFile(kubeletConfig, 'utf8').catch(() => undefined);
  if (text === undefined) {
    logger.debug({ kubeletConfig }, 'the flags of the kubelet cannot be read');
    return;
  }
  if (/--network-plugin[= ]"?kubenet\b/.test(text)) {
    throw new PodidError(
      'KubenetConsentMissing',
      "This node uses kubenet, where a pod with NET_RAW can speak in its neighbour's name.",
      {
        hint: 'Forbid NET_RAW (podid policy kubenet), then pass --allow-network-plugin-kubenet.',
      },
    );
  }
}
