// Imported when YAML is wanted. The names are imported statically here: a bundler keeps none of a CommonJS
// package that is itself imported by `import()`.
import { Document, Scalar, visit } from 'yaml';
import { isObeyed, yamlEscapes } from '../errors/plain-text.ts';

/** A value as YAML, with nothing in it that a terminal obeys; long texts stay on their line. Ends with a line break. */
export function yamlText(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, scalar) {
      if (typeof scalar.value === 'string' && isObeyed(scalar.value.replaceAll('\n', ''))) {
        scalar.type = Scalar.QUOTE_DOUBLE;
      }
    },
  });
  return yamlEscapes(document.toString({ lineWidth: 0 }));
}
