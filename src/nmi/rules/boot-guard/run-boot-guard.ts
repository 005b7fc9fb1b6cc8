import { advice } from '../../../errors/hint.ts';
import { PodidError } from '../../../errors/podid-error.ts';
import type { Logger } from '../../../runtime/logger.ts';
import type { RunTool } from '../run-tool.ts';
import { bootGuardFiles, dropInPath, nftPaths, tablePath } from './boot-guard-files.ts';
import { removeBootTable } from './boot-table.ts';
import { type HostFiles, hostFiles } from './host-files.ts';

export interface BootGuardOptions {
  /** Where the node's root is mounted; `/` on the node itself. */
  readonly hostRoot: string;
  readonly metadataIp: string;
  /** `--rules-backend=iptables`, which is for nodes whose kernel or image has no nftables. */
  readonly mayLackNft: boolean;
}

/**
 * `boot-guard`: from the next boot on, systemd closes the way to IMDS before it starts the kubelet. Nothing
 * is loaded now; that is what `rules` is for.
 *
 * @throws PodidError InvalidUsage when the node cannot be written to, or lacks nft
 */
export async function installBootGuard(
  { hostRoot, metadataIp, mayLackNft }: BootGuardOptions,
  logger: Logger,
): Promise<void> {
  const host = hostFiles(hostRoot);
  const nft = mayLackNft ? undefined : await nftOf(host, hostRoot);
  if (nft === undefined) {
    logger.warn(
      { hostRoot, mayLackNft },
      'it is not known whether the node can load an nftables table: if it cannot, the boot guard is not active and the kubelet starts anyway',
    );
  }
  const files = bootGuardFiles({ metadataIp, nft });
  for (const { path } of files) {
    await host.check(path);
  }
  const written: string[] = [];
  for (const file of files) {
    if (await host.write(file)) {
      written.push(`/${file.path}`);
    }
  }
  logger.info({ written }, 'the boot guard is in place, from the next boot on');
}

/**
 * `boot-guard --remove`: the drop-in first, so that systemd never loads what is not there. @throws
 * PodidError InvalidUsage
 */
export async function removeBootGuard(hostRoot: string, run: RunTool, logger: Logger): Promise<void> {
  const host = hostFiles(hostRoot);
  const removed: string[] = [];
  for (const path of [dropInPath, tablePath]) {
    if (await host.remove(path)) {
      removed.push(`/${path}`);
    }
  }
  try {
    await removeBootTable(run);
  } catch (error) {
    logger.warn(
      { error: String(error) },
      "the guard's table stays until podid-nmi rules --remove takes it, or the node boots",
    );
  }
  logger.info({ removed }, 'the boot guard is removed');
}

async function nftOf(host: HostFiles, hostRoot: string): Promise<string | undefined> {
  const found = await Promise.all(
    nftPaths.map((path) => host.hasFolder(path.slice(0, path.lastIndexOf('/')))),
  );
  if (!found.includes(true)) {
    return undefined;
  }
  for (const path of nftPaths) {
    if (await host.has(path)) {
      return path;
    }
  }
  throw new PodidError(
    'InvalidUsage',
    `The boot guard cannot be kept on this node: it has no nft under ${hostRoot}, and a kubelet that has to run it would not start.`,
    { hint: advice`Install nftables in the node's image, or leave podid.bootGuard off.` },
  );
}
