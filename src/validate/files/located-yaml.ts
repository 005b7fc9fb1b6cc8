import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';
import { quoted, type UsageFaults } from '../usage-faults.ts';
import { deepestYaml, isNestedTooDeep, kindOf, plainOf } from './yaml-nodes.ts';

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
  /** How a word without quotes is written; undefined for everything else. */
  readonly plain: string | undefined;
  /** Null for a map, a list and what is empty. */
  scalar(): string | number | boolean | null;
  /** A map's entries in their order. Undefined, and a fault, when it is none. */
  map(what: string): readonly LocatedEntry[] | undefined;
  /** Undefined, and a fault, when it is not a list. */
  list(what: string): readonly Located[] | undefined;
  /** Undefined, and a fault, when it is not a text; numbers and booleans are none until they are quoted. */
  text(what: string): string | undefined;
  /** The same, read as another reader takes it. */
  readBy(readPlain: PlainReader): Located;
  /**
   * What stands there, as JSON has it; keys that are no text are left out. Null, and a fault, from where aliases stand for
   * more than the text could hold.
   */
  json(): unknown;
}

export interface LocatedEntry {
  readonly key: string;
  readonly keyPlace: Place;
  readonly value: Located;
}

/** What a word without quotes or tag means. */
type PlainReader = (text: string) => string | number | boolean | null;

interface YamlReading {
  /**
   * Given where another YAML 1.1 reader takes the text in the end, as Helm and kubectl do: keys may be numbers and booleans
   * then, and `<<` takes in the members of another map.
   */
  readonly readPlain?: PlainReader;
  /** Of a key that stands twice the last counts, and what comes behind the first document is not read. */
  readonly lenient?: boolean;
}

/** The documents of a text, without empty ones. What is no YAML goes to the faults, all of it. */
export function locatedDocuments(
  source: SourceText,
  faults: UsageFaults,
  { readPlain, lenient = false }: YamlReading = {},
): Located[] {
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
  const uniqueKeys = !lenient;
  const documents = parseAllDocuments(source.text, { lineCounter: lines, prettyErrors: false, uniqueKeys });
  if (!Array.isArray(documents)) {
    return [];
  }
  const found: Located[] = [];
  for (const document of lenient ? documents.slice(0, 1) : documents) {
    for (const problem of lenient ? document.errors : [...document.errors, ...document.warnings]) {
      faults.addAt(place(problem.pos[0]), `${problem.message.trim()}.`);
    }
    const resolve = (node: unknown): Node | undefined => {
      const followed = isAlias(node) ? node.resolve(document) : (node as Node | null);
      return followed ?? undefined;
    };
    const { contents } = document;
    const isEmpty = contents === null || (isScalar(contents) && contents.value === null);
    const { explicit = false, version } = document.directives?.yaml ?? {};
    const merges = { left: mostMerges, depth: 0 };
    // Each value is read a few times, and takes a letter at least.
    const values = { left: 4 * source.text.length + 1000, depth: 0 };
    const reading = { place, resolve, faults, version: explicit ? version : undefined, merges, values };
    if (document.errors.length === 0 && !isEmpty) {
      found.push(
        readPlain === undefined
          ? located(contents, { ...reading, readPlain }, 0)
          : readAs(readPlain, contents, reading, 0),
      );
    }
  }
  return found;
}

interface Reading {
  readonly place: (offset: number) => Place;
  readonly resolve: (node: unknown) => Node | undefined;
  readonly faults: UsageFaults;
  readonly readPlain: PlainReader | undefined;
  /** Of YAML, where the document names it. */
  readonly version: string | undefined;
  readonly merges: { left: number; depth: number };
  /** How many the aliases may yet stand for. */
  readonly values: { left: number; depth: number };
}

/** Of `<<` in a text, and of those in each other: a map that takes itself in would be read without end. */
const [mostMerges, deepestMerge] = [1000, 20];

/** As Go's YAML library takes it, which knows one version. */
function readAs(
  readPlain: PlainReader,
  node: unknown,
  reading: Omit<Reading, 'readPlain'>,
  offset: number,
): Located {
  const { version, faults, place } = reading;
  if (version !== undefined && version !== '1.1') {
    faults.addAt(place(0), `Helm and kubectl read YAML 1.1 and refuse %YAML ${version}: remove that line.`);
  }
  return located(node, { ...reading, readPlain }, offset);
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
  const plain = plainOf(value);
  return {
    place,
    kind: isMap(value) ? 'map' : isSeq(value) ? 'list' : 'scalar',
    plain,
    scalar() {
      if (plain !== undefined && reading.readPlain !== undefined) {
        return reading.readPlain(plain);
      }
      const scalar: unknown = isScalar(value) ? value.value : null;
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
        const end = (key as Node | null)?.range?.[1] ?? start;
        const found = located(inner, reading, end);
        if (reading.readPlain !== undefined && keyNode.plain === '<<') {
          return mergedEntries(found, reading);
        }
        const text =
          keyOfAnotherReader(keyNode, reading.readPlain !== undefined) ?? keyNode.text(`a key of ${what}`);
        return text === undefined ? [] : [{ key: text, keyPlace: keyNode.place, value: found }];
      });
    },
    list(what) {
      if (!isSeq(value)) {
        return wrong(what, 'a list');
      }
      return value.items.map((item) => located(item, reading, start));
    },
    text(what) {
      const read = this.scalar();
      if (typeof read === 'string') {
        return read;
      }
      return wrong(
        what,
        isScalar(value) && read !== null
          ? `a text, in quotes: ${quoted(String(value.source ?? value.value))}`
          : 'a text',
      );
    },
    readBy: (readPlain) => readAs(readPlain, node, reading, offset),
    json() {
      const { values, faults } = reading;
      values.left = values.depth < deepestYaml ? values.left - 1 : Math.min(values.left, 1) - 1;
      if (values.left === 0) {
        faults.addAt(place, 'Its aliases stand for more than the whole text could hold.');
      }
      if (values.left <= 0) {
        return null;
      }
      values.depth += 1;
      const json = isMap(value) ? jsonOfMap(this) : isSeq(value) ? jsonOfList(this) : this.scalar();
      values.depth -= 1;
      return json;
    },
  };
}

function jsonOfMap(map: Located): unknown {
  return Object.fromEntries((map.map('a map') ?? []).map(({ key, value }) => [key, value.json()]));
}

function jsonOfList(list: Located): unknown {
  return (list.list('a list') ?? []).map((item) => item.json());
}

/** Of the maps in a list the first has the last word. */
function mergedEntries(found: Located, { merges, faults }: Reading): readonly LocatedEntry[] {
  merges.left -= 1;
  if (merges.left < 0 || merges.depth === deepestMerge) {
    const limits = `More than ${mostMerges} maps, or more than ${deepestMerge} in each other,`;
    faults.addAt(found.place, `${limits} are taken in by <<.`);
    return [];
  }
  merges.depth += 1;
  const maps = found.kind === 'list' ? (found.list('<<') ?? []).toReversed() : [found];
  const entries = maps.flatMap((each) => each.map('What << takes in') ?? []);
  merges.depth -= 1;
  return entries;
}

function keyOfAnotherReader({ kind, scalar }: Located, isOther: boolean): string | undefined {
  const value = isOther && kind === 'scalar' ? scalar() : null;
  return value === null ? undefined : String(value);
}
