/**
 * JSON whose numbers keep their spelling: `1.0`, `1e2` and integers beyond 2^53 come out as they went in, and
 * a member called `__proto__` is a member like any other. Azure stores what it was sent; a fake that reads
 * `1.0` and answers `1` would hide a client that does the same.
 */
export type Json = null | boolean | number | string | ExactNumber | Json[] | JsonObject;

/** Members that are `undefined` are not written. */
export interface JsonObject {
  [member: string]: Json | undefined;
}

/** A number that JavaScript would spell otherwise than its author did. */
export class ExactNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** @throws SyntaxError when the text is not JSON */
export function parseJson(text: string): Json {
  const parsed = JSON.parse(text) as Json;
  // Text that JavaScript spells the same way holds no number that it would respell.
  if (JSON.stringify(parsed) === text) {
    return parsed;
  }
  const [value] = readValue(text, skipSpace(text, 0));
  return value;
}

export function writeJson(value: Json | undefined): string {
  if (value instanceof ExactNumber) {
    return value.text;
  }
  if (Array.isArray(value)) {
    return `[${value.map(writeJson).join(',')}]`;
  }
  if (isObject(value)) {
    return writeObject(value);
  }
  return JSON.stringify(value ?? null);
}

/** A deep copy; `undefined` members are left out. */
export function copyJson<Value extends Json>(value: Value): Value {
  return copied(value) as Value;
}

function copied(value: Json): Json {
  if (Array.isArray(value)) {
    return value.map(copied);
  }
  if (!isObject(value)) {
    return value;
  }
  const copy: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) {
      setMember(copy, name, copied(member));
    }
  }
  return copy;
}

export function sameJson(left: Json | undefined, right: Json | undefined): boolean {
  return writeJson(left) === writeJson(right);
}

export function isObject(value: unknown): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)
  );
}

/** The value behind a path of members, or undefined where the path ends early. */
export function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let here = value;
  for (const member of path) {
    if (!isObject(here) || !Object.hasOwn(here, member)) {
      return undefined;
    }
    here = here[member];
  }
  return here;
}

export function textAt(value: Json | undefined, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

export function objectAt(value: Json | undefined, ...path: readonly string[]): JsonObject | undefined {
  const found = at(value, ...path);
  return isObject(found) ? found : undefined;
}

/** The list behind a path; an absent or null one is empty. */
export function listAt(value: Json | undefined, ...path: readonly string[]): Json[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** Sets a member as data, also one called `__proto__`. */
export function setMember(target: JsonObject, name: string, value: Json | undefined): void {
  if (name !== '__proto__') {
    target[name] = value;
    return;
  }
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}

function writeObject(object: JsonObject): string {
  let members = '';
  for (const [name, member] of Object.entries(object)) {
    if (member !== undefined) {
      members += `${members === '' ? '' : ','}${JSON.stringify(name)}:${writeJson(member)}`;
    }
  }
  return `{${members}}`;
}

// The text was checked by JSON.parse, so the reader below only has to find where each value ends.
function readValue(text: string, start: number): [value: Json, end: number] {
  const first = text[start];
  if (first === '{') {
    return readObject(text, start);
  }
  if (first === '[') {
    return readList(text, start);
  }
  if (first === '"') {
    const end = endOfString(text, start);
    return [JSON.parse(text.slice(start, end)) as string, end];
  }
  const token = /[^\s,\]}]+/y;
  token.lastIndex = start;
  const word = token.exec(text)?.[0] ?? '';
  const value = JSON.parse(word) as null | boolean | number;
  const respelled = typeof value === 'number' && String(value) !== word;
  return [respelled ? new ExactNumber(word) : value, start + word.length];
}

function readObject(text: string, start: number): [JsonObject, number] {
  const object: JsonObject = {};
  let here = skipSpace(text, start + 1);
  while (text[here] !== '}') {
    const nameEnd = endOfString(text, here);
    const name = JSON.parse(text.slice(here, nameEnd)) as string;
    const colon = skipSpace(text, nameEnd);
    const [value, end] = readValue(text, skipSpace(text, colon + 1));
    setMember(object, name, value);
    here = skipSpace(text, end);
    if (text[here] === ',') {
      here = skipSpace(text, here + 1);
    }
  }
  return [object, here + 1];
}

function readList(text: string, start: number): [Json[], number] {
  const list: Json[] = [];
  let here = skipSpace(text, start + 1);
  while (text[here] !== ']') {
    const [value, end] = readValue(text, here);
    list.push(value);
    here = skipSpace(text, end);
    if (text[here] === ',') {
      here = skipSpace(text, here + 1);
    }
  }
  return [list, here + 1];
}

function endOfString(text: string, start: number): number {
  let here = start + 1;
  while (text[here] !== '"') {
    here += text[here] === '\\' ? 2 : 1;
  }
  return here + 1;
}

function skipSpace(text: string, start: number): number {
  let here = start;
  while (here < text.length && ' \t\r\n'.includes(text[here] ?? '')) {
    here += 1;
  }
  return here;
}
