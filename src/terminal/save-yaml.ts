import { writePrivateFile } from './private-file.ts';

/** Saves a value as a YAML file, below comments, that only its owner can read, synced to the disk when this returns. */
export async function saveYaml(path: string, value: unknown, head = ''): Promise<void> {
  const { yamlText } = await import('./yaml-text.ts');
  await writePrivateFile(path, `${head}${yamlText(value)}`);
}
