import type { ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import { podidCommand } from '../../domain/hints/next-command.ts';
import type { AgentValues } from '../../domain/kubernetes/agent-values.ts';
import type { SecretPairs } from '../../domain/kubernetes/secret-pairs.ts';
import type { TakeoverExport } from '../../domain/takeover/takeover-export.ts';
import { type Command, command } from '../../errors/hint.ts';
import type { FlagTable, FlagValues } from '../../flags/flag-table.ts';
import { parseTakeoverFile } from '../../validate/files/takeover/takeover-export.ts';
import { readTakeoverRecord } from '../../validate/files/takeover/takeover-record.ts';
import type { InstallRequest } from '../../workflows/agent/install/install-agent.ts';
import type { ChangeOptions } from '../../workflows/change/start-change.ts';
import type { TakeoverRequest } from '../../workflows/takeover/takeover-run.ts';
import { agentNamespaceFlag, agentValueFlags, releaseName } from '../flags/agent-flags.ts';
import { changeFlags, dryRunFlags, yesFlag } from '../flags/change-flags.ts';
import { clusterFlags, kubeFlags, waitFlags } from '../flags/cluster-flags.ts';
import { rehearsalFlags, rehearsalOf } from '../flags/exchange-flags.ts';
import { readPlanFile } from '../flags/read-source-files.ts';
import { withFileCluster } from '../flags/wanted-entries.ts';
import { sha256 } from '../migrate/sha256.ts';
import { agentNamespace, agentWait } from '../open/agent-wait.ts';
import { changeOptions } from '../open/change-options.ts';
import { openDeps } from '../open/open-deps.ts';
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
  ...yesFlag,
  ...dryRunFlags,
  aksCustomHeaders: changeFlags.aksCustomHeaders,
  ...waitFlags,
  ...clusterFlags,
  ...kubeFlags,
} as const satisfies FlagTable;

type Flags = FlagValues<typeof takeoverFlags> & { readonly file: string | undefined };

interface OpenedTakeover {
  readonly deps: Omit<Deps, 'deadline'>;
  readonly request: TakeoverRequest & { readonly file: TakeoverExport | undefined };
  readonly options: ChangeOptions;
}

/** Writes the file from which `apply` begins. */
export function planTakeoverInto(out: string, namespace: string | undefined): Command {
  return podidCommand(['takeover', 'plan'], { namespace, out });
}

/** What a plan of today has is not what was there before: a rollback goes by the ConfigMap, where there is one. */
export function lookAtTakeover(_: string, namespace: string | undefined): Command {
  return podidCommand(['takeover', 'status'], { namespace });
}

/**
 * Reads the file of the plan, all flags, and what the agent is given; then opens the cluster.
 *
 * @param absent the next command where there is no such file
 */
export async function openTakeover(
  session: Session,
  flags: Flags,
  absent: typeof planTakeoverInto,
): Promise<OpenedTakeover> {
  const { faults, context } = session;
  const source = await readPlanFile(flags.file, session, (out) => absent(out, flags.namespace));
  const file = source === undefined ? undefined : parseTakeoverFile(source, sha256, faults);
  const namespace = agentNamespace(session, flags.namespace);
  const wait = agentWait(session, flags.timeout);
  const rehearsal = rehearsalOf(flags, faults);
  const { readValuesOver } = await import('../flags/read-values.ts');
  const exchange = flags.noExchange ? [] : ['podid.exchange.enabled=true'];
  // What is set by hand comes after it, and wins.
  const given = { ...flags, set: [...exchange, ...(flags.set ?? [])] };
  const hint = () => command('podid takeover apply --help');
  const values = await readValuesOver(session, given, { namespace, hint });
  const { namespace: _, set: __, values: ___, ...others } = flags;
  const options = changeOptions(session, others);
  const { deps, cluster } = await openDeps(session, withFileCluster(session, others, file?.cluster), {
    kube: true,
  });
  const release = { name: releaseName, namespace, version: context.version };
  const request = {
    cluster,
    namespace,
    sha256,
    readRecord: (data: Readonly<Record<string, string>>) => readTakeoverRecord(data, sha256),
    wait,
    rehearsal,
    exchanges: !flags.noExchange,
    probes: !flags.noProbes,
    settleMs: settleMs(context.env['PODID_POLL_INTERVAL']),
    values: { over: values.all, are: amountOf(flags) },
    install: (way: Parameters<TakeoverRequest['install']>[0]) =>
      installRequest(deps, {
        cluster,
        release,
        force: way.force,
        values: () => values.read(way.values, way.alongside),
      }),
    file,
  };
  return { deps, request, options };
}

function amountOf({ values, set, setString }: Flags): TakeoverRequest['values']['are'] {
  const some = set !== undefined || setString !== undefined ? 'some' : 'none';
  return values === undefined ? some : 'a whole file';
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
  const secrets = async () => await import('../../workflows/agent/install/identities-with-secret.ts');
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
