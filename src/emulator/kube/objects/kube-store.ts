import { randomUUID } from 'node:crypto';
import { type KubeFaults, noKubeFaults } from '../kube-faults.ts';
import { identityCrds } from './identity-crds.ts';
import { builtinKinds, crdKind, type KubeKind, kindKey, kindsOfCrd, namespaceKind } from './kube-kinds.ts';
import type { KubeMeta, KubeObject } from './kube-object.ts';
import { seededWithOwners } from './seeded-owners.ts';

export interface KubeStoreOptions {
  /** Milliseconds since the epoch; the machine's clock when absent. */
  readonly now?: () => number;
  /** Besides `default`, `kube-system`, `kube-public` and `kube-node-lease`. */
  readonly namespaces?: readonly string[];
  /** False leaves the four identity CRDs out. */
  readonly identityCrds?: boolean;
  /** How many events a watch can go back before it is told 410. */
  readonly historyLimit?: number;
}

export interface StoreEvent {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly key: string;
  readonly object: KubeObject;
  /** The object before the event, so that a selector can tell who comes into view and who leaves it. */
  readonly before?: KubeObject;
}

export interface KubeRequestRecord {
  readonly verb: string;
  /** Plural, or `pods/status`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly query: string;
  readonly userAgent: string;
}

/** What an open watch offers to faults. */
export interface OpenWatch {
  readonly resource: string;
  cut(): void;
  /** As a server ends one whose time is over. */
  end(): void;
  bookmark(): void;
}

type Listener = (event: StoreEvent) => void;

const requestLimit = 20_000;

/** The cluster's objects, their one counter of versions, and the history that watches resume from. */
export class KubeStore {
  faults: KubeFaults = noKubeFaults();
  /** Whether controllers make pods of workloads, and a webhook sees them. */
  runsPods: () => boolean = () => false;
  readonly now: () => number;
  /** The last 20,000 requests, oldest first. */
  readonly requests: KubeRequestRecord[] = [];
  readonly watches = new Set<OpenWatch>();
  readonly #historyLimit: number;
  readonly #options: KubeStoreOptions;
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #listeners = new Set<Listener>();
  readonly #counts = new Map<string, number>();
  #history: StoreEvent[] = [];
  #version = 1000;
  /** A watch may start from here or later. */
  #oldest = 1000;

  constructor(options: KubeStoreOptions = {}) {
    this.now = options.now ?? (() => Date.now());
    this.#historyLimit = options.historyLimit ?? 10_000;
    this.#options = options;
    this.#seedBeginning();
  }

  /** Deletes what there is, which watches are told, and begins again. Faults and the log of requests stay. */
  reset(): void {
    const all = this.kinds().flatMap((kind) => this.all(kind).map(({ metadata }) => ({ kind, metadata })));
    for (const { kind, metadata } of all) {
      this.drop(kind, metadata.namespace ?? '', metadata.name);
    }
    this.#seedBeginning();
  }

  #seedBeginning(): void {
    const namespaces = [
      'default',
      'kube-system',
      'kube-public',
      'kube-node-lease',
      ...(this.#options.namespaces ?? []),
    ];
    for (const name of new Set(namespaces)) {
      this.seed({ apiVersion: 'v1', kind: 'Namespace', metadata: { name }, status: { phase: 'Active' } });
    }
    for (const crd of this.#options.identityCrds === false ? [] : identityCrds()) {
      this.seed(crd);
    }
  }

  get version(): number {
    return this.#version;
  }

  get oldestVersion(): number {
    return this.#oldest;
  }

  kinds(): readonly KubeKind[] {
    return [
      ...builtinKinds,
      ...this.all(crdKind)
        .filter((crd) => this.#serves(crd))
        .flatMap(kindsOfCrd),
    ];
  }

  #serves(crd: KubeObject): boolean {
    return !(this.faults.missingCrds && crd.metadata.name.endsWith('.aadpodidentity.k8s.io'));
  }

  /** @param name plural (`pods`) or kind (`Pod`); `group` tells two of them apart */
  kind(name: string, group?: string): KubeKind {
    const found = this.kinds().find(
      (kind) => (kind.plural === name || kind.kind === name) && (group === undefined || kind.group === group),
    );
    if (found === undefined) {
      throw new RangeError(`The emulated cluster has no kind ${name}.`);
    }
    return found;
  }

  hasNamespace(name: string): boolean {
    return this.find(namespaceKind, '', name) !== undefined;
  }

  find(kind: KubeKind, namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(kindKey(kind))?.get(`${namespace}/${name}`);
  }

  /** Sorted as a real server lists: by namespace, then name. */
  all(kind: KubeKind): readonly KubeObject[] {
    const entries = [...(this.#objects.get(kindKey(kind)) ?? [])];
    return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** An object by plural or kind, for tests and for other parts of the emulator. */
  get(kind: string, namespace: string, name: string): KubeObject | undefined {
    return this.find(this.kind(kind), namespace, name);
  }

  list(kind: string, namespace?: string): readonly KubeObject[] {
    return this.all(this.kind(kind)).filter(
      ({ metadata }) => namespace === undefined || metadata.namespace === namespace,
    );
  }

  /**
   * Puts an object as it is, status and all, past validation and rights, as a controller of the cluster
   * would; uid, version and times are filled in where absent.
   * @param manager who owns its fields from then on; when absent, whoever its label names has applied it, and
   * else the emulator owns it
   */
  seed(object: KubeObject, manager?: string): KubeObject {
    const kind = this.kind(object.kind, groupOf(object.apiVersion));
    const name = object.metadata.name;
    const namespace = kind.namespaced ? (object.metadata.namespace ?? 'default') : '';
    const before = this.find(kind, namespace, name);
    const metadata = {
      ...object.metadata,
      ...(kind.namespaced ? { namespace } : {}),
      ...identityMeta(before, this.timestamp(), object.metadata),
    };
    const filled = { ...structuredClone(object), metadata };
    return this.put(kind, seededWithOwners(before, filled, { manager, time: this.timestamp() }));
  }

  remove(kind: string, namespace: string, name: string): void {
    this.drop(this.kind(kind), namespace, name);
  }

  /** Stores, gives the next version, and tells the watches. A new namespace gets its account `default`, as a controller does it. */
  put(kind: KubeKind, object: KubeObject): KubeObject {
    const { namespace = '', name } = object.metadata;
    const before = this.find(kind, namespace, name);
    const stored = this.#versioned(object);
    const key = kindKey(kind);
    const ofKind = this.#objects.get(key) ?? new Map<string, KubeObject>();
    this.#objects.set(key, ofKind.set(`${namespace}/${name}`, stored));
    this.#report({ type: before ? 'MODIFIED' : 'ADDED', key, object: stored, ...(before ? { before } : {}) });
    if (kind === namespaceKind && before === undefined) {
      this.seed({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: name, name: 'default' } });
    }
    return stored;
  }

  /** Takes an object out; a namespace or a CRD takes what is in it along. */
  drop(kind: KubeKind, namespace: string, name: string): KubeObject | undefined {
    const object = this.find(kind, namespace, name);
    if (object === undefined) {
      return undefined;
    }
    this.#dropContents(kind, object);
    this.#objects.get(kindKey(kind))?.delete(`${namespace}/${name}`);
    if (kind === crdKind) {
      this.#endWatches(kindsOfCrd(object));
    }
    const last = this.#versioned(object);
    this.#report({ type: 'DELETED', key: kindKey(kind), object: last, before: object });
    return last;
  }

  /** A server ends the watches of a kind that it does not define any more, once they have its last events. */
  #endWatches(kinds: readonly KubeKind[]): void {
    const gone = new Set(kinds.map(({ plural }) => plural));
    for (const watch of [...this.watches].filter(({ resource }) => gone.has(resource))) {
      watch.end();
    }
  }

  #dropContents(kind: KubeKind, object: KubeObject): void {
    const { name } = object.metadata;
    const inside =
      kind === namespaceKind
        ? this.kinds().flatMap((each) => this.all(each).map((item) => ({ each, item })))
        : kind === crdKind
          ? kindsOfCrd(object).flatMap((each) => this.all(each).map((item) => ({ each, item })))
          : [];
    for (const { each, item } of inside) {
      if (kind === crdKind || item.metadata.namespace === name) {
        this.drop(each, item.metadata.namespace ?? '', item.metadata.name);
      }
    }
  }

  /** RFC 3339 in whole seconds, as the API writes times. */
  timestamp(): string {
    return new Date(this.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Events of a kind after a version, oldest first. */
  eventsSince(key: string, version: number): readonly StoreEvent[] {
    return this.#history.filter((event) => event.key === key && event.version > version);
  }

  /** Forgets the history: a watch that starts from before now is told 410. */
  expireHistory(): void {
    this.#history = [];
    this.#version += 1;
    this.#oldest = this.#version;
  }

  cutWatches(): void {
    for (const watch of this.watches) {
      watch.cut();
    }
  }

  sendBookmarks(): void {
    for (const watch of this.watches) {
      watch.bookmark();
    }
  }

  record(request: KubeRequestRecord): void {
    this.requests.push(request);
    if (this.requests.length > requestLimit) {
      this.requests.shift();
    }
    const key = `${request.verb} ${request.resource}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** How often something was asked: `count('list', 'pods')`, `count('watch', 'azureidentities')`. */
  count(verb: string, resource: string): number {
    return this.#counts.get(`${verb} ${resource}`) ?? 0;
  }

  /** All counts, by `verb resource`. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  #versioned(object: KubeObject): KubeObject {
    this.#version += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
  }

  #report(event: Omit<StoreEvent, 'version'>): void {
    const told = { ...event, version: this.#version };
    this.#history.push(told);
    if (this.#history.length > this.#historyLimit) {
      this.#oldest = this.#history.shift()?.version ?? this.#oldest;
    }
    for (const listener of [...this.#listeners]) {
      listener(told);
    }
  }
}

export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

/** Identity of a new object, or of the one that stands. */
export function identityMeta(
  before: KubeObject | undefined,
  time: string,
  wanted?: KubeMeta,
): Pick<KubeMeta, 'uid' | 'creationTimestamp' | 'generation'> {
  return {
    uid: wanted?.uid ?? before?.metadata.uid ?? randomUUID(),
    creationTimestamp: wanted?.creationTimestamp ?? before?.metadata.creationTimestamp ?? time,
    generation: wanted?.generation ?? (before?.metadata.generation ?? 0) + 1,
  };
}
