import { isRecord } from '../json-record.ts';
import type { UsageFaults } from '../usage-faults.ts';
import { type Located, locatedDocuments, type Place, type SourceText } from './located-yaml.ts';

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
}

export const noValues: ValueNode = { origin: { kind: 'source', source: '' }, value: new Map() };

/** The values of a file. What is no YAML goes to the faults, and so does more than one document. */
export function treeOfFile(source: SourceText, faults: UsageFaults): ValueNode {
  const [first, second] = locatedDocuments(source, faults);
  if (second !== undefined) {
    faults.addAt(second.place, 'A file of values is one document; this is the second.', '--values');
  }
  if (first === undefined) {
    return noValues;
  }
  const tree = treeOf(first, { left: mostValues }, 0);
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

/** As Helm merges: maps member by member, everything else as a whole, and null takes away what was there. */
export function mergeTrees(base: ValueNode, over: ValueNode): ValueNode {
  if (!(base.value instanceof Map) || !(over.value instanceof Map)) {
    return over;
  }
  const merged = new Map<string, ValueNode>(base.value);
  for (const [key, node] of over.value as ReadonlyMap<string, ValueNode>) {
    const before = merged.get(key);
    if (node.value === null) {
      merged.delete(key);
    } else {
      merged.set(key, before === undefined ? node : mergeTrees(before, node));
    }
  }
  return { origin: over.origin, value: merged };
}

export function jsonOf({ value }: ValueNode): unknown {
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, node]: [string, ValueNode]) => [key, jsonOf(node)]));
  }
  return Array.isArray(value) ? value.map(jsonOf) : value;
}

/** Reports a fault where the value was set. @param message begins with the name of the value */
export function addFault(faults: UsageFaults, origin: ValueOrigin, message: string): void {
  if (origin.kind === 'file') {
    faults.addAt(origin.place, message, '--values');
  } else if (origin.kind === 'flag') {
    faults.add(origin.flag, `${origin.flag}: ${message}`);
  } else {
    faults.add('--values', origin.source === '' ? message : `${origin.source}: ${message}`);
  }
}

/**
 * Far more than any chart has. Aliases in aliases stand for as much as they like, and one that holds itself
 * for no end.
 */
const mostValues = 20_000;
const deepest = 64;

/** Undefined when it is too much. */
function treeOf(node: Located, budget: { left: number }, depth: number): ValueNode | undefined {
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
    case 'scalar':
      return { origin, value: node.scalar() };
  }
}
