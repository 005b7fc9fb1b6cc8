import { bindingLabelOf } from '../../domain/kubernetes/decide/pod-decision.ts';
import { isEnded, type MicPod } from '../../domain/standard-mode/desired-assignments.ts';

/** Pods that want an identity, by `namespace/name`. */
export class PodIndex {
  readonly #byKey = new Map<string, MicPod>();
  readonly #byLabel = new Map<string, Set<string>>();
  readonly #onChange: (key: string) => void;

  constructor(onChange: (key: string) => void) {
    this.#onChange = onChange;
  }

  get(key: string): MicPod | undefined {
    return this.#byKey.get(key);
  }

  get size(): number {
    return this.#byKey.size;
  }

  keys(): IterableIterator<string> {
    return this.#byKey.keys();
  }

  values(): IterableIterator<MicPod> {
    return this.#byKey.values();
  }

  /** Keys of the pods that ask by this label. */
  withLabel(label: string): Iterable<string> {
    return this.#byLabel.get(label) ?? [];
  }

  replace(pods: readonly MicPod[]): void {
    const gone = new Set(this.#byKey.keys());
    for (const pod of pods) {
      gone.delete(podKeyOf(pod));
      this.upsert(pod);
    }
    for (const key of gone) {
      this.#drop(key);
      this.#onChange(key);
    }
  }

  /** Pods change all the time in what nobody here reads. */
  upsert(pod: MicPod): void {
    const key = podKeyOf(pod);
    if (isEnded(pod)) {
      this.remove(pod);
      return;
    }
    const before = this.#byKey.get(key);
    this.#drop(key);
    this.#byKey.set(key, pod);
    const label = bindingLabelOf(pod);
    this.#byLabel.set(label, (this.#byLabel.get(label) ?? new Set()).add(key));
    const isSame =
      before?.uid === pod.uid &&
      before.nodeName === pod.nodeName &&
      bindingLabelOf(before) === bindingLabelOf(pod);
    if (!isSame) {
      this.#onChange(key);
    }
  }

  /** Of two pods of a name the end of the older one may be heard of late. */
  remove(pod: MicPod): void {
    const key = podKeyOf(pod);
    if (this.#byKey.get(key)?.uid === pod.uid) {
      this.#drop(key);
      this.#onChange(key);
    }
  }

  #drop(key: string): void {
    const pod = this.#byKey.get(key);
    this.#byKey.delete(key);
    const label = pod === undefined ? '' : bindingLabelOf(pod);
    const keys = this.#byLabel.get(label);
    keys?.delete(key);
    if (keys?.size === 0) {
      this.#byLabel.delete(label);
    }
  }
}

export function podKeyOf({ namespace, name }: Pick<MicPod, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}
