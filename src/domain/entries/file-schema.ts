/**
 * Where the JSON schema of the file is published, by the version of the file's format: a newer podid describes the
 * same format better at the same place. scripts/write-names.mjs writes the owner's name into it.
 */
export const fileSchemaUrl = 'https://OWNER.github.io/podid/schema/v1/pod-identities.schema.json';

/**
 * The first line of a YAML file, by which the YAML language server of an editor finds the schema. Empty while podid
 * has no owner: the placeholder may be the name of somebody else on GitHub, and no editor should ask there.
 */
export function fileSchemaLine(url: string): string {
  return url.startsWith('https://OWNER.') ? '' : `# yaml-language-server: $schema=${url}\n`;
}
