import type { NodeFacts } from '../../validate/kubernetes/node.ts';

/** Nodes by name. */
export class NodeIndex {
  readonly byName = new Map<string, NodeFacts>();
  readonly #onChange: (node: string) => void;

  constructor(onChange: (node: string) => void) {
    this.#onChange = onChange;
  }

  replace(items: readonly NodeFacts[]): void {
    const gone = new Set(this.byName.keys());
    for (const item of items) {
      gone.delete(item.name);
      this.upsert(item);
    }
    for (const name of gone) {
      this.byName.delete(name);
      this.#onChange(name);
    }
  }

  /** Heartbeats of nodes change nothing here. */
  upsert(node: NodeFacts): void {
    const isNews = this.byName.get(node.name)?.providerId !== node.providerId;
    this.byName.set(node.name, node);
    if (isNews) {
      this.#onChange(node.name);
    }
  }

  remove({ name }: NodeFacts): void {
    this.byName.delete(name);
    this.#onChange(name);
  }
}
