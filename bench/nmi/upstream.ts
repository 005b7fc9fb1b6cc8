import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const goMod = `module podid.io/bench/upstream

go 1.19

require github.com/Azure/aad-pod-identity v1.8.17
`;

/**
 * Upstream's NMI 1.8.17, built from its Go module into the user's cache folder: two minutes the first time.
 * @returns the path of the program, or undefined when Go is missing or the build fails
 */
export function upstreamNmi(): string | undefined {
  const folder = join(homedir(), '.cache', 'podid', 'nmi-1.8.17');
  const program = join(folder, 'nmi');
  if (existsSync(program)) {
    return program;
  }
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'go.mod'), goMod);
    execFileSync('go', ['build', '-mod=mod', '-o', program, 'github.com/Azure/aad-pod-identity/cmd/nmi'], {
      cwd: folder,
      stdio: 'inherit',
    });
    return program;
  } catch (error) {
    console.error(`upstream's NMI is left out: ${String(error).split('\n')[0]}`);
    return undefined;
  }
}
