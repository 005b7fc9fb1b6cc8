/**
 * Which members of a JSON value are kept. `always`: whole, and never left out, for what the API server keeps short:
 * names, versions. `kept`: whole, while there is room. A record keeps the members it names, and stands for each
 * element where the value is an array.
 */
export type JsonShape = 'always' | 'kept' | { readonly [member: string]: JsonShape };
