import type { LiveAssignment } from '../../domain/kubernetes/live-assignment.ts';
import { nameKey } from '../decide/diff-assignments.ts';

/**
 * The AzureAssignedIdentities of the cluster. Own writes are taken in at once, by the server's answer; what a
 * watch brings later of the time before them is known to be old.
 */
export class LiveIndex {
  readonly #byName = new Map<string, LiveAssignment>();
  readonly #byPod = new Map<string, Set<string>>();
  /** By uid: what was deleted and may still come in by the watch. */
  readonly #deleted = new Set<string>();
  readonly #onChange: (podKey: string) => void;

  constructor(onChange: (podKey: string) => void) {
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#byName.size;
  }

  values(): IterableIterator<LiveAssignment> {
    return this.#byName.values();
  }

  get(key: string): LiveAssignment | undefined {
    return this.#byName.get(key);
  }

  /** @param podKey `namespace/name` */
  ofPod(podKey: string): readonly LiveAssignment[] {
    return [...(this.#byPod.get(podKey) ?? [])].flatMap((name) => this.#byName.get(name) ?? []);
  }

  podKeys(): IterableIterator<string> {
    return this.#byPod.keys();
  }

  replace(items: readonly LiveAssignment[]): void {
    const gone = new Map(this.#byName);
    for (const item of items) {
      gone.delete(nameKey(item.metadata));
      this.upsert(item);
    }
    for (const item of gone.values()) {
      this.#drop(item);
    }
    this.#deleted.clear();
  }

  upsert(item: LiveAssignment): void {
    const before = this.#byName.get(nameKey(item.metadata));
    const { uid = '' } = item.metadata;
    if (this.#deleted.has(uid) || (before?.metadata.uid === uid && versionOf(before) >= versionOf(item))) {
      return;
    }
    if (before !== undefined) {
      this.#unfile(before);
    }
    this.#byName.set(nameKey(item.metadata), item);
    const key = podOf(item);
    const names = this.#byPod.get(key) ?? new Set();
    this.#byPod.set(key, names.add(nameKey(item.metadata)));
    this.#onChange(key);
    if (before !== undefined && podOf(before) !== key) {
      this.#onChange(podOf(before));
    }
  }

  /** Heard of by the watch. */
  remove(item: LiveAssignment): void {
    this.#deleted.delete(item.metadata.uid ?? '');
    this.#drop(item);
  }

  /** Deleted by ourselves: whatever the watch still brings of it is old. */
  removeOwn(item: LiveAssignment): void {
    this.#deleted.add(item.metadata.uid ?? '');
    this.#drop(item);
  }

  #drop(item: LiveAssignment): void {
    const found = this.#byName.get(nameKey(item.metadata));
    if (found === undefined || found.metadata.uid !== item.metadata.uid) {
      return;
    }
    this.#unfile(found);
    this.#byName.delete(nameKey(item.metadata));
    this.#onChange(podOf(found));
  }

  #unfile(item: LiveAssignment): void {
    const key = podOf(item);
    const names = this.#byPod.get(key);
    names?.delete(nameKey(item.metadata));
    if (names?.size === 0) {
      this.#byPod.delete(key);
    }
  }
}

/** `namespace/name` of the pod that an assignment is for. */
export function podOf({ spec }: LiveAssignment): string {
  return `${spec.podNamespace ?? ''}/${spec.pod ?? ''}`;
}

/** Versions are decimal numbers on every server in use. */
function versionOf({ metadata }: LiveAssignment): number {
  return Number(metadata.resourceVersion ?? 0);
}
