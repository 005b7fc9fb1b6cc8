import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const goMod = `module podid.io/bench/upstream

go 1.19

require github.com/Azure/aad-pod-identity v1.8.17
`;

/** @returns the path of upstream's NMI, or undefined when Go is missing or the build fails */
export function upstreamNmi(): string | undefined {
  return built('nmi', []);
}

/** Upstream's MIC writes its own version down at its start, so it is told which it is. @returns as `upstreamNmi` */
export function upstreamMic(): string | undefined {
  return built('mic', ['-ldflags', '-X github.com/Azure/aad-pod-identity/version.MICVersion=v1.8.17']);
}

/** A program of upstream's 1.8.17, built from its Go module into the user's cache folder: minutes the first time. */
function built(name: 'nmi' | 'mic', flags: readonly string[]): string | undefined {
  const folder = join(homedir(), '.cache', 'podid', `${name}-1.8.17`);
  const program = join(folder, name);
  if (existsSync(program)) {
    return program;
  }
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'go.mod'), goMod);
    const source = `github.com/Azure/aad-pod-identity/cmd/${name}`;
    execFileSync('go', ['build', '-mod=mod', ...flags, '-o', program, source], {
      cwd: folder,
      stdio: 'inherit',
    });
    return program;
  } catch (error) {
    console.error(`upstream's ${name.toUpperCase()} is left out: ${String(error).split('\n')[0]}`);
    return undefined;
  }
}
