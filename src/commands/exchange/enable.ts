import { setMaxListeners } from 'node:events';
import { changeFlags, dryRunFlags, yesFlag } from '../../cli/flags/change-flags.ts';
import { clusterFlags, kubeFlags, waitFlags } from '../../cli/flags/cluster-flags.ts';
import {
  exchangeAgent,
  exchangeFlags,
  exchangeIdentities,
  exchangeSubject,
  rehearsalFlags,
  rehearsalOf,
} from '../../cli/flags/exchange-flags.ts';
import { changeOptions } from '../../cli/open/change-options.ts';
import { openDeps } from '../../cli/open/open-deps.ts';
import { exchangeExamples, exchangeShape, exchangeView } from '../../cli/results/exchange-result.ts';
import { finishChange } from '../../cli/results/finish.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';

export const exchangeEnableCommand = defineCommand({
  description:
    "Switches identities from the nodes' metadata service (IMDS) to Entra. Asks first. For each identity, side by side:\n\n1. makes a federated credential that trusts the service account of podid's agent (with --subject workload: one for each account that its pods run as), or adopts the one that is there;\n2. rehearses: makes a token of that account with your own rights, exchanges it at Entra, checks whose token comes, and forgets it;\n3. only then writes the annotation podid.io/token-source: exchange, by which the agent goes.\n\nIf the cluster's OIDC issuer is off, it is turned on first. That restarts the API server and cannot be undone.\n\nAn identity that cannot be exchanged, or fails its rehearsal, stays as it is and is listed with the reason. The others go on, and the exit code is 8. Run the same command as often as you like: what is done is not done again.\n\nYour own rights: Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write on each identity (role Managed Identity Contributor); in the cluster create serviceaccounts/token of those accounts and patch azureidentities. With --subject workload also create and bind roles: the agent gets a Role in each namespace to make tokens of these accounts and no others. It takes an agent that was installed with podid.exchange.subject: workload, which brings the admission policies that confine that right to the pods of its own node.",
  examples: [
    {
      title: 'what it would do',
      line: 'podid exchange enable -g demo-rg -c demo --dry-run',
      needs: 'a cluster',
    },
    {
      title: 'one identity first',
      line: 'podid exchange enable -g demo-rg -c demo --identity demo/web --yes',
      needs: 'a cluster',
    },
    {
      title: "by the tokens of the pods' own accounts, so that Entra's log names the workload",
      line: 'podid exchange enable -g demo-rg -c demo --subject workload --dry-run',
      needs: 'a cluster',
    },
    { title: 'all of them', line: 'podid exchange enable -g demo-rg -c demo --yes', needs: 'a cluster' },
  ],
  flags: {
    ...exchangeFlags,
    ...rehearsalFlags,
    ...yesFlag,
    ...dryRunFlags,
    aksCustomHeaders: changeFlags.aksCustomHeaders,
    ...waitFlags,
    ...clusterFlags,
    ...kubeFlags,
  },
  examplesOfResult: async () => exchangeExamples.change,
  async run(flags, session) {
    const identities = exchangeIdentities(flags, session.faults);
    const agent = exchangeAgent(flags, session.faults);
    const rehearsal = rehearsalOf(flags, session.faults);
    const options = changeOptions(session, flags);
    const { deps, cluster } = await openDeps(session, flags, { kube: true });
    // One signal ends all identities, which go side by side and listen to it.
    setMaxListeners(0);
    const { enableExchange } = await import('../../workflows/exchange/enable-exchange.ts');
    const outcome = await enableExchange(
      deps,
      { cluster, identities, rehearsal, unasked: flags.yes, ...agent, ...exchangeSubject(flags) },
      options,
    );
    return await finishChange(session, outcome, { view: exchangeView, shape: exchangeShape, ...flags });
  },
});
