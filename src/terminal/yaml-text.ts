import { stringify } from 'yaml';

/**
 * A value as YAML, lines as long as they need. Loaded by `import()` of this file, never of the package itself: bundled, a package in
 * CommonJS gives an `import()` its default export alone.
 */
export function yamlText(value: unknown): string {
  return stringify(value, { lineWidth: 0 });
}
