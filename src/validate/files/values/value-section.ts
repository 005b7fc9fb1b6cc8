import { parse } from 'yaml';
import type { Json } from '../../../domain/kubernetes/controller-values.ts';
import { nearestWord } from '../../nearest-word.ts';
import { shownValue } from './shown-value.ts';
import type { ValueFaults } from './value-faults.ts';
import { jsonOf, type ValueNode } from './value-tree.ts';

/**
 * A map of values whose names are known. Each reader reports what is wrong, and hands back something
 * harmless.
 */
export interface ValueSection {
  /** Where it was set; undefined when it is not there or empty. */
  node(key: string): ValueNode | undefined;
  text(key: string): string;
  choice<Word extends string>(key: string, words: readonly Word[]): Word;
  /** Upstream's files write booleans as booleans, as words and as nothing. */
  boolean(key: string): boolean;
  /** As `boolean`, and undefined when it is empty. */
  perhaps(key: string): boolean | undefined;
  /** The smallest and the largest number that it may be. */
  integer(key: string, range: { readonly least: number; readonly most: number }): number | undefined;
  /** Texts by name: labels and annotations. */
  labels(key: string): Readonly<Record<string, string>>;
  /** A map that Kubernetes reads. */
  json(key: string): Json;
  /**
   * The map or list that a member is, or that its text holds in JSON or YAML, without what it says; undefined for
   * anything else, and an empty map where nothing is set.
   */
  jsonInText(key: string): unknown;
  jsonList(key: string): readonly Json[];
  texts(key: string): readonly string[];
  section(key: string): ValueSection;
  /** Members of a map with names of the user's own, or of a list. In a map null takes one away, as Helm has it. */
  members(key: string): readonly { readonly name: string; readonly section: ValueSection }[];
  /** Values that are taken and mean nothing here. */
  ignore(...keys: readonly string[]): void;
  fault(key: string, message: string): void;
  /** Reports names that nobody asked for. */
  refuseOthers(): void;
}

export function valueSection(node: ValueNode | undefined, path: string, faults: ValueFaults): ValueSection {
  const members: ReadonlyMap<string, ValueNode> =
    node !== undefined && node.value instanceof Map ? node.value : new Map();
  const asked = new Set<string>();
  const nameOf = (key: string) => (path === '' ? key : `${path}.${key}`);
  const at = (key: string) => {
    asked.add(key);
    const found = members.get(key);
    return found === undefined || found.value === null || found.value === '' ? undefined : found;
  };
  const sentence = (key: string, found: ValueNode, wanted: string) =>
    `${nameOf(key)} has to be ${wanted}${shownValue(nameOf(key), found)}.`;
  const wrong = (key: string, found: ValueNode, wanted: string) =>
    faults.addOfKind(nameOf(key), found.origin, sentence(key, found, wanted));
  const scalar = <Value>(
    key: string,
    wanted: string,
    read: (value: string | number | boolean) => Value | undefined,
  ) => {
    const found = at(key);
    if (found === undefined) {
      return undefined;
    }
    const { value } = found;
    const result = typeof value === 'object' || value === null ? undefined : read(value);
    if (result === undefined) {
      wrong(key, found, wanted);
    }
    return result;
  };
  const list = (key: string): readonly ValueNode[] => {
    const found = at(key);
    if (found === undefined) {
      return [];
    }
    if (Array.isArray(found.value)) {
      return found.value;
    }
    // An empty map is how some files write an empty list.
    if (!(found.value instanceof Map && found.value.size === 0)) {
      wrong(key, found, 'a list');
    }
    return [];
  };
  const map = (key: string): ReadonlyMap<string, ValueNode> => {
    const found = at(key);
    if (found === undefined) {
      return new Map();
    }
    if (found.value instanceof Map) {
      return found.value;
    }
    if (!(Array.isArray(found.value) && found.value.length === 0)) {
      wrong(key, found, 'a map');
    }
    return new Map();
  };
  const self: ValueSection = {
    node: at,
    text: (key) =>
      scalar(key, 'a text', (value) => (typeof value === 'boolean' ? undefined : String(value))) ?? '',
    choice(key, words) {
      const [usual] = words as readonly [(typeof words)[number]];
      const wanted = `one of ${words.join(', ')}`;
      return scalar(key, wanted, (value) => words.find((word) => word === value)) ?? usual;
    },
    boolean: (key) => self.perhaps(key) ?? false,
    perhaps: (key) =>
      scalar(key, 'true or false', (value) =>
        ['true', 'false'].includes(String(value).toLowerCase())
          ? String(value).toLowerCase() === 'true'
          : undefined,
      ),
    integer(key, { least, most }) {
      const found = at(key);
      if (found === undefined) {
        return undefined;
      }
      const number = /^\d{1,9}$/.test(String(found.value)) ? Number(found.value) : -1;
      if (number >= least && number <= most) {
        return number;
      }
      const wanted = `a whole number from ${least} to ${most}`;
      faults.add(nameOf(key), found.origin, sentence(key, found, wanted));
      return undefined;
    },
    labels(key) {
      const entries = [...map(key)].map(([name, inner]) => {
        const isText = typeof inner.value === 'string';
        if (!isText) {
          wrong(`${key}.${name}`, inner, 'a text, in quotes');
        }
        return [name, isText ? String(inner.value) : ''] as const;
      });
      return Object.fromEntries(entries);
    },
    json: (key) => Object.fromEntries([...map(key)].map(([name, inner]) => [name, jsonOf(inner)])),
    jsonInText(key) {
      const found = at(key);
      const json = found === undefined ? {} : jsonOf(found);
      const inside = typeof json === 'string' ? parsed(json) : json;
      return typeof inside === 'object' && inside !== null ? inside : undefined;
    },
    jsonList: (key) =>
      list(key).flatMap((item, index) => {
        if (item.value instanceof Map) {
          return [jsonOf(item) as Json];
        }
        wrong(`${key}[${index}]`, item, 'a map');
        return [];
      }),
    texts: (key) =>
      list(key).flatMap((item, index) => {
        if (typeof item.value === 'string' || typeof item.value === 'number') {
          return [String(item.value)];
        }
        wrong(`${key}[${index}]`, item, 'a text');
        return [];
      }),
    section: (key) =>
      valueSection({ origin: { kind: 'source', source: '' }, value: map(key) }, nameOf(key), faults),
    members(key) {
      const found = at(key);
      const entries: readonly (readonly [string, ValueNode])[] =
        found !== undefined && Array.isArray(found.value)
          ? found.value.map((item: ValueNode, index) => [String(index), item])
          : [...map(key)].filter(([, inner]) => inner.value !== null);
      return entries.map(([name, inner]) => ({
        name,
        section: valueSection(inner, `${nameOf(key)}.${name}`, faults),
      }));
    },
    ignore(...keys) {
      for (const key of keys) {
        asked.add(key);
      }
    },
    fault(key, message) {
      const found = members.get(key) ?? node;
      faults.add(nameOf(key), found?.origin ?? { kind: 'source' as const, source: '' }, message);
    },
    refuseOthers() {
      // `x-` is where YAML's anchors are kept.
      for (const [key, inner] of members) {
        if (!asked.has(key) && !(path === '' && key.startsWith('x-'))) {
          const meant = nearestWord(key, [...asked]);
          const hint = meant === undefined ? '' : ` Did you mean ${nameOf(meant)}?`;
          faults.add(nameOf(key), inner.origin, `There is no value ${nameOf(key)}.${hint}`);
        }
      }
    },
  };
  return self;
}

/** Undefined for what is no YAML, of which JSON is a part. */
function parsed(text: string): unknown {
  try {
    return parse(text, { logLevel: 'error' });
  } catch {
    return undefined;
  }
}
