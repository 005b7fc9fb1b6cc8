import { bindingLabelOf } from '../../domain/kubernetes/pod-decision.ts';
import { isEnded, type MicPod } from '../../domain/standard-mode/desired-assignments.ts';

/** Pods that want an identity, by `namespace/name`. */
export class PodIndex {
  readonly #byKey = new Map<string, MicPod>();
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

  replace(pods: readonly MicPod[]): void {
    const gone = new Set(this.#byKey.keys());
    for (const pod of pods) {
      gone.delete(podKeyOf(pod));
      this.upsert(pod);
    }
    for (const key of gone) {
      this.#byKey.delete(key);
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
    this.#byKey.set(key, pod);
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
      this.#byKey.delete(key);
      this.#onChange(key);
    }
  }
}

export function podKeyOf({ namespace, name }: Pick<MicPod, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}
