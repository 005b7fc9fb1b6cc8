import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';
import { quoted, type UsageFaults } from '../usage-faults.ts';
import { deepestYaml, isNestedTooDeep } from './yaml-depth.ts';

/** A text to read, under the name that its faults carry. */
export interface SourceText {
  readonly name: string;
  readonly text: string;
}

/** Where something stands in a file; lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * A value of a YAML or JSON text that knows its place. Aliases are followed when their value is asked for.
 */
export interface Located {
  readonly place: Place;
  readonly kind: 'map' | 'list' | 'scalar';
  /** Null for a map, a list and what is empty. */
  scalar(): string | number | boolean | null;
  /** A map's entries in their order. Undefined, and a fault, when it is none. */
  map(what: string): readonly LocatedEntry[] | undefined;
  /** Undefined, and a fault, when it is not a list. */
  list(what: string): readonly Located[] | undefined;
  /** Undefined, and a fault, when it is not a text; numbers and booleans are none until they are quoted. */
  text(what: string): string | undefined;
}

export interface LocatedEntry {
  readonly key: string;
  readonly keyPlace: Place;
  readonly value: Located;
}

/** What stands there, as JSON has it; keys that are no text are left out. */
export function jsonOf(located: Located): unknown {
  if (located.kind === 'scalar') {
    return located.scalar();
  }
  if (located.kind === 'list') {
    return (located.list('a list') ?? []).map(jsonOf);
  }
  return Object.fromEntries((located.map('a map') ?? []).map(({ key, value }) => [key, jsonOf(value)]));
}

/** The documents of a text, without empty ones. What is no YAML goes to the faults, all of it. */
export function locatedDocuments(source: SourceText, faults: UsageFaults): Located[] {
  const lines = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file: source.name, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (isNestedTooDeep(source.text)) {
    const start = { file: source.name, line: 1, column: 1 };
    faults.addAt(start, `Lists and maps are nested in more than ${deepestYaml} levels.`);
    return [];
  }
  const documents = parseAllDocuments(source.text, { lineCounter: lines, prettyErrors: false });
  if (!Array.isArray(documents)) {
    return [];
  }
  const found: Located[] = [];
  for (const document of documents) {
    for (const problem of [...document.errors, ...document.warnings]) {
      faults.addAt(place(problem.pos[0]), `${problem.message.trim()}.`);
    }
    const resolve = (node: unknown): Node | undefined => {
      const followed = isAlias(node) ? node.resolve(document) : (node as Node | null);
      return followed ?? undefined;
    };
    const { contents } = document;
    const isEmpty = contents === null || (isScalar(contents) && contents.value === null);
    if (document.errors.length === 0 && !isEmpty) {
      found.push(located(contents, { place, resolve, faults }, 0));
    }
  }
  return found;
}

interface Reading {
  readonly place: (offset: number) => Place;
  readonly resolve: (node: unknown) => Node | undefined;
  readonly faults: UsageFaults;
}

/** @param offset where the value would stand, for one that is not there */
function located(node: unknown, reading: Reading, offset: number): Located {
  const start = (node as Node | null)?.range?.[0] ?? offset;
  const place = reading.place(start);
  const value = reading.resolve(node);
  const wrong = (what: string, wanted: string): undefined => {
    reading.faults.addAt(place, `${what} has to be ${wanted}; this is ${kindOf(value)}.`);
    return undefined;
  };
  return {
    place,
    kind: isMap(value) ? 'map' : isSeq(value) ? 'list' : 'scalar',
    scalar() {
      const scalar: unknown = isScalar(value) ? value.value : null;
      if (typeof scalar === 'bigint') {
        return String(scalar);
      }
      return typeof scalar === 'string' || typeof scalar === 'number' || typeof scalar === 'boolean'
        ? scalar
        : null;
    },
    map(what) {
      if (!isMap(value)) {
        return wrong(what, 'a map');
      }
      return value.items.flatMap(({ key, value: inner }) => {
        const keyNode = located(key, reading, start);
        const text = keyNode.text(`a key of ${what}`);
        if (text === undefined) {
          return [];
        }
        const end = (key as Node | null)?.range?.[1] ?? start;
        return [{ key: text, keyPlace: keyNode.place, value: located(inner, reading, end) }];
      });
    },
    list(what) {
      if (!isSeq(value)) {
        return wrong(what, 'a list');
      }
      return value.items.map((item) => located(item, reading, start));
    },
    text(what) {
      if (isScalar(value) && typeof value.value === 'string') {
        return value.value;
      }
      if (isScalar(value) && ['number', 'boolean', 'bigint'].includes(typeof value.value)) {
        return wrong(what, `a text, in quotes: ${quoted(String(value.source ?? value.value))}`);
      }
      return wrong(what, 'a text');
    },
  };
}

function kindOf(node: Node | undefined): string {
  if (isMap(node)) {
    return 'a map';
  }
  if (isSeq(node)) {
    return 'a list';
  }
  const value = isScalar(node) ? node.value : null;
  if (value === null || value === undefined) {
    return 'empty';
  }
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}
