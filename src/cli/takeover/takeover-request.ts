import type { ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import type { AgentValues } from '../../domain/kubernetes/agent-values.ts';
import type { SecretPairs } from '../../domain/kubernetes/secret-pairs.ts';
import type { FlagTable, FlagValues } from '../../flags/flag-table.ts';
import { readTakeoverRecord } from '../../validate/files/takeover/takeover-record.ts';
import type { InstallRequest } from '../../workflows/agent/install-agent.ts';
import type { TakeoverRequest } from '../../workflows/takeover/takeover-run.ts';
import { agentNamespaceFlag, agentValueFlags, releaseName } from '../flags/agent-flags.ts';
import { rehearsalFlags, rehearsalOf } from '../flags/exchange-flags.ts';
import { sha256 } from '../migrate/sha256.ts';
import { agentNamespace, agentWait } from '../open/agent-wait.ts';
import type { Session } from '../run/session.ts';

/** Of `apply` and `rollback`, which both write the agent. */
export const takeoverFlags = {
  ...agentNamespaceFlag,
  // -f is the file of the plan.
  values: { kind: 'list', value: 'FILE', summary: agentValueFlags.values.summary },
  set: agentValueFlags.set,
  setString: agentValueFlags.setString,
  noExchange: {
    kind: 'switch',
    summary:
      "leave the tokens of all identities with the nodes' IMDS; otherwise they are exchanged where that is possible",
  },
  ...rehearsalFlags,
  noProbes: {
    kind: 'switch',
    summary: 'start no probe pods; without them nobody can say how many requests were answered',
  },
} as const satisfies FlagTable;

type Flags = FlagValues<typeof takeoverFlags> & { readonly timeout?: string | undefined };

/** What both need, before a cluster is opened; faults go to the next `checkUsage`. */
export async function readTakeoverFlags(
  session: Session,
  flags: Flags,
): Promise<(deps: Omit<Deps, 'deadline'>, cluster: ClusterId) => TakeoverRequest> {
  const { faults, context } = session;
  const namespace = agentNamespace(session, flags.namespace);
  const wait = agentWait(session, flags.timeout);
  const rehearsal = rehearsalOf(flags, faults);
  const { readValueFlags } = await import('../flags/read-values.ts');
  const exchange = flags.noExchange ? [] : ['podid.exchange.enabled=true'];
  // What is set by hand comes after it, and wins.
  const given = { ...flags, set: [...exchange, ...(flags.set ?? [])] };
  const of = { namespace, purpose: 'installation' } as const;
  const [beside, alone] = [
    await readValueFlags(session, { ...given, alongside: true }, of),
    await readValueFlags(session, { ...given, alongside: false }, of),
  ];
  const release = { name: releaseName, namespace, version: context.version };
  return (deps, cluster) => ({
    cluster,
    namespace,
    sha256,
    readRecord: (data) => readTakeoverRecord(data, sha256),
    wait,
    rehearsal,
    exchanges: !flags.noExchange,
    probes: !flags.noProbes,
    settleMs: settleMs(context.env['PODID_POLL_INTERVAL']),
    install: ({ alongside, force }) =>
      installRequest(deps, { cluster, release, force, values: alongside ? beside : alone }),
  });
}

/** AKS reconciles what is its own within seconds; tests, which poll at another pace, wait less. */
function settleMs(interval: string | undefined): number {
  return interval === undefined || interval === '' ? 20_000 : 500;
}

function installRequest(
  deps: Omit<Deps, 'deadline'>,
  of: {
    readonly cluster: ClusterId;
    readonly release: InstallRequest['release'];
    readonly force: boolean;
    readonly values: () => AgentValues;
  },
): InstallRequest {
  const { cluster, release, force, values } = of;
  const { azure, kube } = deps;
  const secrets = async () => await import('../../workflows/agent/identities-with-secret.ts');
  return {
    release,
    values,
    force,
    dryRun: false,
    noWait: false,
    addonState: async (signal) =>
      (await azure.clusters.get(cluster, signal)).profile.enabled ? 'on' : 'off',
    kubeletClientId: async (signal) =>
      (await azure.clusters.get(cluster, signal)).kubeletIdentityIds?.clientId,
    identitiesWithSecret: async (signal) =>
      (await secrets()).identitiesWithSecretIn(await kube.connect(signal), signal),
    foreignSecrets: async (pairs: SecretPairs, signal) =>
      (await secrets()).foreignSecretsIn(await kube.connect(signal), pairs, signal),
  };
}
