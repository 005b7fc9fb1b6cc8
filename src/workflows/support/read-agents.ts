import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import type { AgentInstallation } from '../../domain/kubernetes/agent-installation.ts';
import type { AgentPod, ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import type { WholeObject } from '../../domain/support/support-cluster.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import type { AgentDeps } from '../agent/agent-deps.ts';
import type { Bundle } from './start-bundle.ts';
import { memberAt, podKind } from './support-kinds.ts';

export type SupportDeps = Pick<AgentDeps, 'agent' | 'workloads' | 'report'> &
  Pick<ConnectedCluster, 'support'>;

/** The pods of agents, and of the controllers of standard mode beside them, as they stand. */
export async function readPods(
  { support }: SupportDeps,
  { read, note, objects }: Bundle,
  { found, namespaces }: { found: readonly AgentInstallation[]; namespaces: readonly string[] },
  signal: AbortSignal,
): Promise<readonly WholeObject[]> {
  const ofAgents = found.flatMap(({ namespace, name, selector }) => {
    const labels = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
    const what = `the pods of DaemonSet ${namespace}/${name}`;
    if (labels.length === 0) {
      // An empty one is of every pod there.
      note(what, 'Its selector names no labels.');
      return [];
    }
    return [{ what, namespace, labels: labels.join(',') }];
  });
  const ofControllers = namespaces.map((namespace) => ({
    what: `the pods of a controller in namespace ${namespace}`,
    namespace,
    labels: 'app.kubernetes.io/component=mic',
  }));
  const pods = await eachConcurrently([...ofAgents, ...ofControllers], async ({ what, ...where }) => {
    return (await read(what, () => support.list(podKind, where, signal))) ?? [];
  });
  objects(podKind, pods.flat());
  return pods.flat();
}

/** What each agent says of itself: its metrics, its record, the rules of its node, why it is not ready. */
export async function askAgents(
  { workloads, report }: SupportDeps,
  bundle: Bundle,
  agents: readonly AgentPod[],
  signal: AbortSignal,
): Promise<void> {
  let done = 0;
  await eachConcurrently(agents, async (agent) => {
    const folder = folderOf(agent.nodeName, agent);
    const questions = [
      { port: agent.metricsPort, path: '/metrics', file: 'metrics.txt' },
      { port: agent.probePort, path: '/readyz', file: 'readyz.txt' },
      ...(agent.podidImage === undefined
        ? []
        : [
            { port: agent.metricsPort, path: '/record', file: 'record.json' },
            { port: agent.metricsPort, path: '/rules', file: 'rules.txt' },
          ]),
    ];
    for (const { port, path, file } of questions) {
      const what = `${path} of agent ${agent.name} on node ${agent.nodeName}`;
      if (bundle.isFull()) {
        break;
      }
      const answer = await bundle.read(what, () => workloads.ask(agent, port, path, signal));
      // Who is not ready says why with another status.
      if (answer !== undefined && (answer.status === 200 || path === '/readyz')) {
        bundle.add(`${folder}/${file}`, answer.text);
      } else if (answer !== undefined) {
        bundle.note(what, `It answered with HTTP ${answer.status}.${whyNoRules(path, answer)}`);
      }
    }
    done += 1;
    report.progress('Asking the agents', { share: { done, total: agents.length } });
  });
}

/** Its own sentence; one of an earlier version does not know the path, and has none. */
function whyNoRules(
  path: string,
  { status, text }: { readonly status: number; readonly text: string },
): string {
  if (path !== '/rules' || (status !== 404 && status !== 500)) {
    return '';
  }
  return text.includes(' ') ? ` ${text.slice(0, 300)}` : ' An agent of an earlier version does not serve it.';
}

/** The last lines of every container of the pods, and of the one before where that came to an end. */
export async function readLogs(
  { support, report }: SupportDeps,
  bundle: Bundle,
  { pods, lines }: { pods: readonly WholeObject[]; lines: number },
  signal: AbortSignal,
): Promise<void> {
  let done = 0;
  await eachConcurrently(pods, async (pod) => {
    const namespace = textAt(pod, 'metadata', 'namespace');
    const name = textAt(pod, 'metadata', 'name');
    const node = textAt(pod, 'spec', 'nodeName');
    for (const { container, restarted } of containersOf(pod)) {
      for (const previous of restarted ? [false, true] : [false]) {
        if (bundle.isFull()) {
          break;
        }
        const which = previous ? `the ended container ${container}` : `container ${container}`;
        const of = { container, lines, previous };
        const log = await bundle.read(`the log of ${which} of pod ${namespace}/${name}`, () =>
          support.log({ namespace, name }, of, signal),
        );
        if (log !== undefined) {
          bundle.add(
            `${folderOf(node, { namespace, name })}/${safe(container)}${previous ? '.previous' : ''}.log`,
            log,
          );
        }
      }
    }
    done += 1;
    report.progress('Reading the logs of agents', { share: { done, total: pods.length } });
  });
}

/** Of podid's chart, of upstream's and of the add-on; what others put beside them logs what is theirs. */
const ownContainers: ReadonlySet<string> = new Set(['rules-once', 'rules', 'serve', 'mic', 'nmi']);

function containersOf(pod: WholeObject): { readonly container: string; readonly restarted: boolean }[] {
  const listed = (...path: readonly string[]): unknown[] => {
    const list = memberAt(pod, ...path);
    return Array.isArray(list) ? list : [];
  };
  const states = [...listed('status', 'initContainerStatuses'), ...listed('status', 'containerStatuses')];
  const names = [...listed('spec', 'initContainers'), ...listed('spec', 'containers')].map((each) =>
    textAt(each, 'name'),
  );
  return names
    .filter((name) => ownContainers.has(name))
    .map((container) => {
      const state = states.find((status) => memberAt(status, 'name') === container);
      return { container, restarted: Number(memberAt(state, 'restartCount') ?? 0) > 0 };
    });
}

function textAt(value: unknown, ...path: readonly string[]): string {
  const text = memberAt(value, ...path);
  return typeof text === 'string' ? text : '';
}

function folderOf(node: string, { namespace, name }: EntryKey): string {
  return `agents/${safe(node === '' ? 'no-node' : node)}/${safe(namespace)}/${safe(name)}`;
}

/** A name of somebody else's as part of a path: it leads nowhere. */
function safe(name: string): string {
  return name
    .replace(/[^\w.-]/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 200);
}
