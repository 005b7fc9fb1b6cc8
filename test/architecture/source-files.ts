import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Import {
  /** As written: a package, `node:…`, or a path beginning with a dot. */
  readonly specifier: string;
  /** Relative to the root, for a path. */
  readonly target: string | undefined;
  readonly dynamic: boolean;
  /** Gone once the types are stripped. */
  readonly typeOnly: boolean;
}

export interface SourceFile {
  /** Relative to the root: `src/arm/clusters/clusters.ts`. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

/** Every TypeScript file below a folder. */
export function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort()
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      return { path, text, imports: importsOf(path, text) };
    });
}

function importsOf(path: string, text: string): Import[] {
  const statics = text.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm);
  const dynamics = text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g);
  const resolve = (specifier: string) =>
    specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : undefined;
  return [
    ...[...statics].map(([, type, specifier = '']) => ({
      specifier,
      target: resolve(specifier),
      dynamic: false,
      typeOnly: type !== undefined,
    })),
    ...[...dynamics].map(([, specifier = '']) => ({
      specifier,
      target: resolve(specifier),
      dynamic: true,
      typeOnly: false,
    })),
  ];
}

/** `src/arm/clusters/clusters.ts` → `arm`. */
export function roomOf(path: string): string {
  return path.split('/')[1] ?? '';
}
