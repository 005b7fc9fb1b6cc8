import { dryRunFlags, yesFlag } from '../../cli/flags/change-flags.ts';
import { clusterFlags, kubeFlags, waitFlags } from '../../cli/flags/cluster-flags.ts';
import { exchangeAgent, exchangeFlags, exchangeIdentities } from '../../cli/flags/exchange-flags.ts';
import { changeOptions } from '../../cli/open/change-options.ts';
import { openDeps } from '../../cli/open/open-deps.ts';
import { exchangeExamples, exchangeShape, exchangeView } from '../../cli/results/exchange-result.ts';
import { finishChange } from '../../cli/results/finish.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';

export const exchangeDisableCommand = defineCommand({
  description:
    "Switches identities from Entra back to the nodes' metadata service (IMDS), by the annotation podid.io/token-source: imds. Asks first. Each identity has to be on the nodes of its pods: the add-on or podid-mic puts it there, or podid node assign.\n\nThe federated credential stays, so that switching again is one command. With --revoke-trust the one that podid made is deleted after the switch. It stays where somebody else needs it: another object of the cluster that exchanges the same managed identity, or pods that sign in by it without the agent (Workload Identity). To see that, podid lists what makes pods, pods, service accounts and SecretProviderClasses of all namespaces; where you may not, it switches no identity and deletes no credential. Tokens that were given out stay valid until they expire.",
  examples: [
    {
      title: 'one identity',
      line: 'podid exchange disable -g demo-rg -c demo --identity demo/web --yes',
      needs: 'a cluster',
    },
    {
      title: 'what it would do, with the federated credentials',
      line: 'podid exchange disable -g demo-rg -c demo --revoke-trust --dry-run',
      needs: 'a cluster',
    },
  ],
  flags: {
    ...exchangeFlags,
    revokeTrust: { kind: 'switch', summary: 'also delete the federated credentials that podid made' },
    ...yesFlag,
    ...dryRunFlags,
    ...waitFlags,
    ...clusterFlags,
    ...kubeFlags,
  },
  examplesOfResult: async () => exchangeExamples.change,
  async run(flags, session) {
    const identities = exchangeIdentities(flags, session.faults);
    const agent = exchangeAgent(flags, session.faults);
    const options = changeOptions(session, flags);
    const { deps, cluster } = await openDeps(session, flags, { kube: true });
    const { disableExchange } = await import('../../workflows/exchange/disable/disable-exchange.ts');
    const { revokeTrust } = flags;
    const outcome = await disableExchange(deps, { cluster, identities, revokeTrust, ...agent }, options);
    return await finishChange(session, outcome, { view: exchangeView, shape: exchangeShape, ...flags });
  },
});
