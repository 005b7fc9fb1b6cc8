import type { KubeObject } from '../../src/emulator/kube/objects/kube-object.ts';
import { ask, containerOf, type RunningAgent, startAgent } from './agent-on-loopback.ts';
import type { EmulatedPodid } from './emulated-podid.ts';

const home = 'kube-system';
/** The agent, and what cleans the nodes after it. */
const ours: readonly string[] = ['podid-nmi', 'podid-clean-up'];

/** What a node does for a DaemonSet of podid's and for its probe pods, on loopback. */
export class PlayedKubelet {
  readonly asked: Record<string, { readonly asked: number; readonly failed: number }> = {};
  /** Names of pods that run on and say nothing more, as one that hangs. */
  readonly mute = new Set<string>();
  readonly #podid: EmulatedPodid;
  readonly #folder: string;
  readonly #agents = new Map<string, RunningAgent>();
  readonly #probes = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #looks = 0;
  #unsubscribe: () => void = () => undefined;

  constructor(podid: EmulatedPodid, folder: string) {
    this.#podid = podid;
    this.#folder = folder;
  }

  get #kube() {
    return this.#podid.emulator.kube;
  }

  async start(): Promise<void> {
    // At once: the emulator says of a new DaemonSet that nothing runs it.
    this.#unsubscribe = this.#kube.subscribe(({ type, object }) => {
      if (type !== 'DELETED' && object.kind === 'DaemonSet' && ours.includes(object.metadata.name)) {
        this.#count(object);
      }
    });
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#unsubscribe();
    await this.#loop;
    await Promise.all([...this.#probes.values()]);
    await Promise.all([...this.#agents.values()].map((agent) => agent.stop()));
  }

  async restartAgents(): Promise<void> {
    const running = [...this.#agents];
    this.#agents.clear();
    await Promise.all(running.map(([, agent]) => agent.stop()));
  }

  #nodes(): readonly string[] {
    return this.#kube.list('Node').map(({ metadata }) => metadata.name);
  }

  #count(daemonSet: KubeObject): void {
    const generation = daemonSet.metadata.generation ?? 1;
    const status = daemonSet['status'] as
      | { observedGeneration?: number; desiredNumberScheduled?: number }
      | undefined;
    const desired = this.#nodes().length;
    if (status?.observedGeneration === generation && status.desiredNumberScheduled === desired) {
      return;
    }
    this.#kube.seed({
      ...daemonSet,
      metadata: {
        ...daemonSet.metadata,
        annotations: {
          ...daemonSet.metadata.annotations,
          'deprecated.daemonset.template.generation': String(generation),
        },
      },
      status: { observedGeneration: generation, desiredNumberScheduled: desired },
    });
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#look().catch((error: unknown) => {
        if (!this.#stop.signal.aborted) {
          throw error;
        }
      });
      this.#looks += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** A whole look from here on: what the agents have seen by now stands in their records. */
  async #lookAgain(): Promise<void> {
    const whole = this.#looks + 2;
    while (this.#looks < whole && !this.#stop.signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async #look(): Promise<void> {
    const daemonSet = this.#kube.get('DaemonSet', home, 'podid-nmi');
    await Promise.all(
      this.#nodes().map((node) =>
        daemonSet === undefined ? this.#removeAgent(node) : this.#runAgent(node, daemonSet),
      ),
    );
    this.#cleanUp();
    for (const pod of this.#kube.list('Pod').filter(isProbe)) {
      const name = pod.metadata.name;
      if (!this.#probes.has(name)) {
        this.#probes.set(name, this.#probe(pod));
      }
    }
  }

  /** Its pods are ready at once: there are no rules here. */
  #cleanUp(): void {
    const daemonSet = this.#kube.get('DaemonSet', home, 'podid-clean-up');
    for (const node of this.#nodes()) {
      const name = `podid-clean-up-${node.slice(-6)}`;
      const isThere = this.#kube.get('Pod', home, name) !== undefined;
      if (daemonSet === undefined && isThere) {
        this.#kube.remove('Pod', home, name);
      } else if (daemonSet !== undefined && !isThere) {
        const { template } = daemonSet['spec'] as {
          template: { metadata: { labels: Record<string, string> }; spec: object };
        };
        this.#kube.seed({
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name, namespace: home, labels: template.metadata.labels },
          spec: { ...template.spec, nodeName: node },
          status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
        });
      }
    }
  }

  async #removeAgent(node: string): Promise<void> {
    const agent = this.#agents.get(node);
    this.#agents.delete(node);
    await agent?.stop();
    if (this.#kube.get('Pod', home, podOf(node)) !== undefined) {
      this.#kube.remove('Pod', home, podOf(node));
    }
  }

  async #runAgent(node: string, daemonSet: KubeObject): Promise<void> {
    const generation = daemonSet.metadata.generation ?? 1;
    let agent = this.#agents.get(node);
    if (agent?.generation !== generation) {
      await agent?.stop();
      agent = await startAgent(this.#podid, this.#folder, { node, daemonSet });
      this.#agents.set(node, agent);
    }
    const { metricsPort } = agent;
    const textOf = async (path: string) =>
      await (await fetch(`http://127.0.0.1:${metricsPort}${path}`)).text();
    const [metrics, record] = await Promise.all([textOf('/metrics'), textOf('/record')]);
    const container = containerOf(daemonSet);
    const metricsAt = argOf(container.args, 'prometheus-port') ?? '9090';
    const template = (
      daemonSet['spec'] as { template: { metadata: { labels: Record<string, string> }; spec: object } }
    ).template;
    this.#kube.seed({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: podOf(node),
        namespace: home,
        labels: { ...template.metadata.labels, 'pod-template-generation': String(generation) },
        annotations: {
          'emulator.podid.io/answers': JSON.stringify({
            [`${metricsAt}/metrics`]: { status: 200, text: metrics },
            [`${metricsAt}/record`]: { status: 200, text: record },
          }),
        },
      },
      spec: { ...template.spec, nodeName: node },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    });
  }

  /** As the script of a probe pod: what may pass is tried again. Counts from its first token on. */
  async #probe(pod: KubeObject): Promise<void> {
    const { namespace = '', name } = pod.metadata;
    const node = String((pod['spec'] as { nodeName: string }).nodeName);
    const number = [...this.#probes.keys()].indexOf(name) + this.#probes.size + 20;
    const ip = `127.0.0.${number}`;
    let log = '';
    let isKnown = false;
    const { uid } = pod.metadata;
    const own = () => {
      const now = this.#kube.get('Pod', namespace, name);
      const { phase } = (now?.['status'] ?? {}) as { phase?: string };
      return now?.metadata.uid === uid && phase !== 'Failed' ? now : undefined;
    };
    const isThere = () => !this.#stop.signal.aborted && own() !== undefined;
    const show = () => {
      const now = own();
      if (now !== undefined && !this.mute.has(name)) {
        const annotations = { ...now.metadata.annotations, 'emulator.podid.io/log': log };
        this.#kube.seed({
          ...now,
          metadata: { ...now.metadata, annotations },
          status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] },
        });
      }
    };
    show();
    const resources = resourcesOf(pod);
    const got = new Set<string | undefined>();
    for (let turn = 0; isThere(); turn = (turn + 1) % resources.length) {
      const resource = resources[turn];
      const began = Date.now();
      let answer: 'token' | 'refused' | 'later' = 'later';
      // On a loaded machine an agent may take long to start, which is no refusal of its.
      while (answer === 'later' && isThere() && Date.now() - began < 60_000) {
        const port = this.#agents.get(node)?.port;
        answer = port === undefined ? 'later' : await ask(port, ip, resource);
        if (answer === 'later') {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
      const isAnswered = answer === 'token';
      if (isAnswered && !got.has(resource)) {
        got.add(resource);
        await this.#lookAgain();
      }
      isKnown ||= isAnswered;
      if ((isAnswered || isThere()) && isKnown) {
        log += `T ${began} ${isAnswered ? 1 : 0} ${Date.now() - began} ${resources.length} ${resource}\n`;
        const { asked, failed } = this.asked[name] ?? { asked: 0, failed: 0 };
        this.asked[name] = { asked: asked + 1, failed: failed + (isAnswered ? 0 : 1) };
        show();
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** As its script has them, or as a test does. */
function resourcesOf({ metadata, ...pod }: KubeObject): readonly string[] {
  const { containers } = pod['spec'] as { containers: { command?: string[] }[] };
  const [, json] = /^const resources = (\[.*\]);$/m.exec(containers[0]?.command?.at(-1) ?? '') ?? [];
  const given = metadata.annotations?.['asks-for']?.split(' ');
  return json === undefined ? (given ?? ['https://management.azure.com/']) : JSON.parse(json);
}

function isProbe({ metadata }: KubeObject): boolean {
  return (
    metadata.labels?.['app.kubernetes.io/component'] === 'takeover-probe' ||
    metadata.labels?.['app'] === 'asks'
  );
}

function podOf(node: string): string {
  return `podid-nmi-${node.slice(-6)}`;
}

function argOf(args: readonly string[], name: string): string | undefined {
  return args.find((arg) => arg.startsWith(`--${name}=`))?.split('=')[1];
}
