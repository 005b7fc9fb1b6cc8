import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Version of azure-identity that the tests are written against. */
const version = '1.27.0';

/**
 * A Python with azure-identity, made once and kept in the user's cache folder.
 * @returns the path of its interpreter
 */
export function pythonWithAzureIdentity(): string {
  const folder = join(homedir(), '.cache', 'podid', `azure-identity-${version}`);
  const interpreter = join(folder, 'bin', 'python3');
  const done = join(folder, 'complete');
  if (existsSync(done)) {
    return interpreter;
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, '..'), { recursive: true });
  execFileSync('python3', ['-m', 'venv', folder], { stdio: 'pipe' });
  execFileSync(interpreter, ['-m', 'pip', 'install', '-q', `azure-identity==${version}`], { stdio: 'pipe' });
  writeFileSync(`${done}.draft`, '');
  renameSync(`${done}.draft`, done);
  return interpreter;
}
