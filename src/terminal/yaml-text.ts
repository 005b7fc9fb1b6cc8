// Imported when YAML is wanted. The names are imported statically here: a bundler keeps none of a CommonJS
// package that is itself imported by `import()`.
import { stringify } from 'yaml';

/** A value as YAML; long texts stay on their line. Ends with a line break. */
export function yamlText(value: unknown): string {
  return stringify(value, { lineWidth: 0 });
}
