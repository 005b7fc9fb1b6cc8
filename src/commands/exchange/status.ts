import { clusterFlags, kubeFlags } from '../../cli/flags/cluster-flags.ts';
import {
  exchangeAgent,
  exchangeFlags,
  exchangeIdentities,
  exchangeSubject,
} from '../../cli/flags/exchange-flags.ts';
import { openDeps } from '../../cli/open/open-deps.ts';
import { exchangeExamples, exchangeShape, exchangeView } from '../../cli/results/exchange-result.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';

export const exchangeStatusCommand = defineCommand({
  description:
    'Prints for each AzureIdentity of the cluster where its tokens come from, and whether Entra would exchange them. Changes nothing.\n\nStates:\n\n- imds: from the nodes.\n- trusted: from the nodes, and the federated credential is there.\n- exchange: from Entra.\n- untrusted: they should come from Entra, and the federated credential is missing or does not fit.\n- blocked: they cannot be exchanged.\n- unknown: you may not read the federated credentials.',
  examples: [
    { title: 'all identities', line: 'podid exchange status -g demo-rg -c demo', needs: 'a cluster' },
    {
      title: 'those whose pods get no new tokens, for a script',
      line: 'podid exchange status -g demo-rg -c demo -o json --query "[?state==\'untrusted\'].name"',
      needs: 'a cluster',
    },
  ],
  misnamed: {
    '--watch': 'To look again and again: watch -n 5 podid exchange status.',
    '-w': 'To look again and again: watch -n 5 podid exchange status.',
  },
  flags: { ...exchangeFlags, ...clusterFlags, ...kubeFlags },
  examplesOfResult: async () => exchangeExamples.status,
  async run(flags, session) {
    const identities = exchangeIdentities(flags, session.faults);
    const agent = exchangeAgent(flags, session.faults);
    const { deps, cluster } = await openDeps(session, flags, { kube: true });
    const { exchangeStatus } = await import('../../workflows/exchange/exchange-status.ts');
    await session.print(
      exchangeView(await exchangeStatus(deps, { cluster, identities, ...agent, ...exchangeSubject(flags) })),
      exchangeShape,
    );
    return 0;
  },
});
