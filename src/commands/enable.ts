import { changeFlags } from '../cli/flags/change-flags.ts';
import { changeOptions, reachesObjects } from '../cli/open/change-options.ts';
import { openDeps } from '../cli/open/open-deps.ts';
import { finishChange } from '../cli/results/finish.ts';
import { statusShape, statusView } from '../cli/results/status-result.ts';
import { defineCommand } from '../cli/run/command-spec.ts';

export const enableCommand = defineCommand({
  examplesOfResult: async () => (await import('../cli/results/result-examples.ts')).addonChange,
  description:
    'Turns the add-on on and leaves its entries as they are; when it is already on, nothing is sent. On kubenet, pods can pose as other pods (ARP spoofing with NET_RAW, CVE-2021-1677), so Azure and podid require an explicit consent there.',
  examples: [
    { title: 'a cluster with Azure CNI', line: 'podid enable -g demo-rg -c demo' },
    {
      title: 'what it would do on kubenet',
      line: 'podid enable -g demo-rg -c demo --with-kubenet --dry-run',
    },
  ],
  flags: {
    enablePodIdentityWithKubenet: {
      kind: 'switch',
      alias: 'with-kubenet',
      summary: 'consent to pod identity on kubenet, where pods can pose as others',
    },
    registerFeature: {
      kind: 'switch',
      summary: 'register the feature EnablePodIdentityPreview of the subscription first, and wait for it',
    },
    ...changeFlags,
  },
  async run(flags, session) {
    const options = changeOptions(session, flags);
    const { deps, cluster } = await openDeps(session, flags, { kube: reachesObjects(flags) });
    const { enableAddon } = await import('../workflows/addon/enable-addon.ts');
    const { enablePodIdentityWithKubenet: kubenetConsent, registerFeature } = flags;
    const outcome = await enableAddon(deps, { cluster, kubenetConsent, registerFeature }, options);
    return await finishChange(session, outcome, { view: statusView, shape: statusShape(cluster), ...flags });
  },
});
