import type { HelmRelease } from '../../domain/kubernetes/agent-cluster.ts';
import { type AgentInstallation, agentKindText } from '../../domain/kubernetes/agent-installation.ts';
import { type ObjectRef, refText } from '../../domain/kubernetes/kube-object.ts';
import { makerOf } from '../../domain/kubernetes/own-agents/agent-maker.ts';
import { unprovenText } from '../../domain/kubernetes/own-agents/own-agents.ts';
import { advice, type Command, command, type Hint, othersText } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { upstreamObjects } from './install/remove-upstream.ts';

/** How the agent gets into the cluster. */
export type InstallWay =
  | { readonly kind: 'plain' | 'alongside' }
  /** First beside `upstream`, then instead of it. */
  | { readonly kind: 'instead'; readonly upstream: AgentInstallation };

export interface WayAsked {
  readonly namespace: string;
  readonly alongside: boolean;
  readonly force: boolean;
  /** What Azure says of the add-on; undefined where it was not or could not be asked. */
  readonly addon: 'on' | 'off' | undefined;
}

/** @throws PodidError AgentPresent with what was found and the ways on */
export function chooseWay(found: readonly AgentInstallation[], asked: WayAsked): InstallWay {
  const own = found.filter(({ kind }) => kind === 'podid');
  refuseOthersOwn(own, asked);
  const others = found.filter(({ kind }) => kind !== 'podid');
  const [first] = others;
  if (first === undefined) {
    return { kind: asked.alongside ? 'alongside' : 'plain' };
  }
  if (asked.alongside) {
    return { kind: 'alongside' };
  }
  const addon = others.find(({ kind }) => kind === 'addon');
  // AKS would write it again. What the add-on left behind when it went off is nobody's, and goes as
  // upstream's.
  if (addon !== undefined && asked.addon !== 'off') {
    throw present(addon, asked, asked.addon === 'on' ? addonWays : unknownAddonWays);
  }
  if (others.length > 1) {
    throw present(first, asked, severalWays(others));
  }
  if (!asked.force) {
    throw present(first, asked, first.kind === 'addon' ? leftoverWays : upstreamWays);
  }
  return { kind: 'instead', upstream: first };
}

/** The kinds of an agent's own, beside its DaemonSet. */
const agentKinds = [
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'PodSecurityPolicy',
];

/**
 * A chart that wraps upstream's holds more than the agent, and all of a release goes when it is taken over.
 *
 * @throws PodidError AgentRefused with what would go
 */
export function refuseSharedRelease(
  upstream: AgentInstallation,
  record: HelmRelease | undefined,
  namespace: string,
): void {
  if (record === undefined || record.chart === 'aad-pod-identity') {
    return;
  }
  const [, ...rest] = upstreamObjects(upstream, { ...record, secrets: [] });
  const ofUpstream = new Set(record.upstreams.map(keyOf));
  const more = rest.filter((ref) => !agentKinds.includes(ref.kind) && !ofUpstream.has(keyOf(ref)));
  if (more.length === 0) {
    return;
  }
  const shown = more.slice(0, 5).map(refText);
  const others = more.length > 5 ? ` and ${more.length - 5} more` : '';
  const install = installCommand(namespace);
  throw new PodidError(
    'AgentRefused',
    `${agentKindText(upstream)} was installed by chart ${record.chart}, which contains more than the agent: ${shown.join(', ')}${others}. All of that would be removed.`,
    {
      hint: advice`In front of it, on ports of its own: ${install.with('--alongside')}. Then take aad-pod-identity out of that chart and upgrade the release, and: ${install}`,
    },
  );
}

/**
 * Values that were written for upstream's chart may give podid's objects the names of upstream's, whose selectors nobody
 * can change.
 *
 * @param agent name of podid's DaemonSet
 * @throws PodidError AgentRefused
 */
export function refuseSameName(
  found: readonly AgentInstallation[],
  { agent, namespace }: { readonly agent: string; readonly namespace: string },
): void {
  const taken = found.find(
    (each) => each.kind !== 'podid' && each.name === agent && each.namespace === namespace,
  );
  if (taken !== undefined) {
    throw new PodidError(
      'AgentRefused',
      `By fullnameOverride or nameOverride podid's DaemonSet is ${namespace}/${agent}, which is ${agentKindText(taken)}. A DaemonSet's selector cannot be changed.`,
      { hint: advice`The same command with --set fullnameOverride=podid` },
    );
  }
}

function keyOf({ kind, namespace = '', name }: ObjectRef): string {
  return `${kind} ${namespace}/${name}`;
}

function refuseOthersOwn(own: readonly AgentInstallation[], { namespace, force }: WayAsked): void {
  const elsewhere = own.find((each) => each.namespace !== namespace);
  if (elsewhere !== undefined && makerOf(elsewhere) === 'anybody') {
    throw new PodidError('AgentPresent', unprovenText(elsewhere), {
      hint: advice`If it is yours: ${command('podid nmi install --namespace', elsewhere.namespace).again()}; if nobody knows it: ${command('kubectl delete daemonset', elsewhere.name, '-n', elsewhere.namespace)}`,
    });
  }
  if (elsewhere !== undefined) {
    throw new PodidError('AgentPresent', `${agentKindText(elsewhere)} is installed already.`, {
      hint: advice`To change it: ${command('podid nmi install --namespace', elsewhere.namespace).again()}`,
    });
  }
  const [here] = own;
  if (here?.release !== undefined && !force) {
    const { name, namespace: home } = here.release;
    throw new PodidError('AgentPresent', `${agentKindText(here)} is installed, and Helm manages it.`, {
      hint: advice`Change it with: ${command('helm upgrade', name, '-n', home)} …; or take it over from Helm, which then must not be used on it: ${command('podid nmi install --namespace', namespace, '--force').again()}`,
    });
  }
}

function present(
  found: AgentInstallation,
  { namespace }: WayAsked,
  ways: (install: Command) => Hint,
): PodidError {
  const message = `${agentKindText(found)} runs on the nodes, and two agents cannot use the same ports.`;
  return new PodidError('AgentPresent', message, { hint: ways(installCommand(namespace)) });
}

function installCommand(namespace: string): Command {
  return command(
    'podid nmi install',
    ...(namespace === 'kube-system' ? [] : ['--namespace', namespace]),
  ).again();
}

function addonWays(install: Command): Hint {
  return advice`In front of it, on ports of its own: ${install.with('--alongside')}. Or without the add-on: ${command('podid disable --export saved.yaml')}, and then ${install}`;
}

function unknownAddonWays(install: Command): Hint {
  return advice`${addonWays(install)}. Where Azure says that the add-on is off already, disabling it changes nothing; to ask Azure and take its place, without --kubeconfig: ${install.with('-g', 'GROUP', '-c', 'CLUSTER', '--force').asItStands()}`;
}

function leftoverWays(install: Command): Hint {
  return advice`Azure says that the add-on is off, so that nobody looks after it. Instead of it, without a moment in which a node is open: ${install.with('--force')}`;
}

/** One can be taken over at a time, and the ports are free only once all are gone. */
function severalWays(others: readonly AgentInstallation[]): (install: Command) => Hint {
  const names = others.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
  return (install) =>
    advice`There are ${others.length} DaemonSets of other agents (${othersText(names)}), and only one can be replaced at a time. To install podid in front of all of them, on other ports: ${install.with('--alongside')}; then remove all of them but one, and: ${install.with('--force')}`;
}

function upstreamWays(install: Command): Hint {
  return advice`To replace it, with its values and with no node open meanwhile: ${install.with('--force')}. Or install podid in front of it, on other ports: ${install.with('--alongside')}`;
}
