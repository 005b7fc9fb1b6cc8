/** Marks a record whose members may be spelt in any case; each of them is `kept`, or a record of such. */
export const anyCase = Symbol('any case');

/**
 * Which members of a JSON value are kept. `always`: whole, and never left out, for what the API server keeps short:
 * names, versions. `kept`: whole, while there is room. A record keeps the members it names, and stands for each
 * element where the value is an array.
 */
export type JsonShape =
  | 'always'
  | 'kept'
  | { readonly [member: string]: JsonShape; readonly [anyCase]?: true };

/** What of a value that is cut by a record stays of its member; undefined: nothing. */
export function memberShape(shape: JsonShape, member: string): JsonShape | undefined {
  if (typeof shape !== 'object') {
    return undefined;
  }
  if (Object.hasOwn(shape, member)) {
    return shape[member];
  }
  const name = shape[anyCase] === undefined ? undefined : nameInAnyCase(Object.keys(shape), member);
  return name === undefined ? undefined : shape[name];
}

/** The one of the names that is the other spelling of this one. */
export function nameInAnyCase(names: readonly string[], name: string): string | undefined {
  const wanted = name.toLowerCase();
  return names.find((each) => each.length === name.length && each.toLowerCase() === wanted);
}
