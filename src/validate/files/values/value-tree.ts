import { isRecord } from '../../json-record.ts';
import type { UsageFaults } from '../../usage-faults.ts';
import { goYamlScalar } from '../go-yaml-scalar.ts';
import { type Located, locatedDocuments, type Place, type SourceText } from '../located-yaml.ts';

/**
 * Where a value was set: in a file, by a flag, or by something else that can be named (`release
 * aad-pod-identity`).
 */
export type ValueOrigin =
  | { readonly kind: 'file'; readonly place: Place }
  | { readonly kind: 'flag'; readonly flag: string }
  | { readonly kind: 'source'; readonly source: string };

/** A value that knows where it was set. */
export interface ValueNode {
  readonly origin: ValueOrigin;
  readonly value: string | number | boolean | null | readonly ValueNode[] | ReadonlyMap<string, ValueNode>;
  /** How a word without quotes stands in the file: `off` for false. */
  readonly written?: string;
}

export const noValues: ValueNode = { origin: { kind: 'source', source: '' }, value: new Map() };

/**
 * The values of a file, as Helm reads them. What is no YAML goes to the faults, and so does what Helm loses without a word:
 * a second document, and a key that is there twice.
 */
export function treeOfFile(source: SourceText, faults: UsageFaults): ValueNode {
  const [first, second] = locatedDocuments(source, faults, { readPlain: goYamlScalar });
  if (second !== undefined) {
    faults.addAt(second.place, 'A file of values is one document; this is the second.', '--values');
  }
  if (first === undefined) {
    return noValues;
  }
  const tree = treeOf(first, { left: mostValues, faults }, 0);
  if (tree === undefined) {
    const limits = `more than ${mostValues} values, or more than ${deepest} levels`;
    faults.addAt(first.place, `A file of values has ${limits} once its aliases are followed.`, '--values');
    return noValues;
  }
  if (tree.value instanceof Map) {
    return tree;
  }
  faults.addAt(first.place, 'A file of values is a map at its root.', '--values');
  return noValues;
}

/** @param source names where it comes from */
export function treeOfJson(json: unknown, source: string): ValueNode {
  const origin: ValueOrigin = { kind: 'source', source };
  if (Array.isArray(json)) {
    return { origin, value: json.map((item: unknown) => treeOfJson(item, source)) };
  }
  if (isRecord(json)) {
    return {
      origin,
      value: new Map(Object.entries(json).map(([key, inner]) => [key, treeOfJson(inner, source)])),
    };
  }
  const isPlain = typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean';
  return { origin, value: isPlain ? json : null };
}

/** As Helm merges files: maps member by member, everything else as a whole, null among it. */
export function mergeTrees(base: ValueNode, over: ValueNode): ValueNode {
  if (!(base.value instanceof Map) || !(over.value instanceof Map)) {
    return over;
  }
  const merged = new Map<string, ValueNode>(base.value);
  for (const [key, node] of over.value as ReadonlyMap<string, ValueNode>) {
    const before = merged.get(key);
    merged.set(key, before === undefined ? node : mergeTrees(before, node));
  }
  return { origin: over.origin, value: merged };
}

/** As Helm puts what was given over a chart's own values: null takes away what the chart has, and stays where it has nothing. */
export function overDefaults(defaults: ValueNode, given: ValueNode): ValueNode {
  if (!(defaults.value instanceof Map) || !(given.value instanceof Map)) {
    return given;
  }
  const merged = new Map<string, ValueNode>(defaults.value);
  for (const [key, node] of given.value as ReadonlyMap<string, ValueNode>) {
    const usual = merged.get(key);
    if (usual === undefined) {
      merged.set(key, node);
    } else if (node.value === null) {
      merged.delete(key);
    } else {
      merged.set(key, overDefaults(usual, node));
    }
  }
  return { origin: given.origin, value: merged };
}

export function jsonOf({ value }: ValueNode): unknown {
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, node]: [string, ValueNode]) => [key, jsonOf(node)]));
  }
  return Array.isArray(value) ? value.map(jsonOf) : value;
}

/**
 * Far more than any chart has. Aliases in aliases stand for as much as they like, and one that holds itself
 * for no end.
 */
const mostValues = 20_000;
const deepest = 64;

/** Undefined when it is too much. */
function treeOf(
  node: Located,
  budget: { left: number; readonly faults: UsageFaults },
  depth: number,
): ValueNode | undefined {
  budget.left -= 1;
  if (budget.left < 0 || depth > deepest) {
    return undefined;
  }
  const origin: ValueOrigin = { kind: 'file', place: node.place };
  const within = (inner: Located) => treeOf(inner, budget, depth + 1);
  switch (node.kind) {
    case 'map': {
      const entries = (node.map('the map') ?? []).map(({ key, value }) => [key, within(value)] as const);
      const whole = entries.filter((entry): entry is [string, ValueNode] => entry[1] !== undefined);
      return whole.length === entries.length ? { origin, value: new Map(whole) } : undefined;
    }
    case 'list': {
      const items = (node.list('the list') ?? []).map(within);
      const whole = items.filter((item) => item !== undefined);
      return whole.length === items.length ? { origin, value: whole } : undefined;
    }
    case 'scalar': {
      const [value, { plain }] = [node.scalar(), node];
      if (typeof value === 'number' && !Number.isFinite(value)) {
        const written = plain ?? value;
        budget.faults.addAt(node.place, `${written} is a number that Helm cannot pass on.`, '--values');
        return { origin, value: null };
      }
      return plain === undefined ? { origin, value } : { origin, value, written: plain };
    }
  }
}
