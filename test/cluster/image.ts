import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestImage {
  readonly name: string;
  /** A docker-archive. */
  readonly file: string;
  readonly megabytes: number;
  remove(): void;
}

const scripts = join(import.meta.dirname, 'one-node');
const checkout = join(import.meta.dirname, '../..');

/**
 * Puts the image together that the Dockerfile describes, without a container engine: a cached base, Node, and
 * podid as it is built.
 */
export function buildImage(name = 'docker.io/podid/podid:test'): TestImage {
  const folder = mkdtempSync(join(tmpdir(), 'podid-image-'));
  try {
    const layer = join(folder, 'layer');
    copyNode(layer);
    copyPodid(layer);
    const file = join(folder, 'image.tar');
    execFileSync('python3', [
      join(scripts, 'mkimage.py'),
      '--user=10001',
      `${rootFiles()}:${layer}`,
      name,
      file,
      '/usr/local/bin/podid-nmi',
    ]);
    return {
      name,
      file,
      megabytes: Math.round(statSync(file).size / 1e6),
      remove: () => rmSync(folder, { recursive: true, force: true }),
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function rootFiles(): string {
  return execFileSync(join(scripts, 'root-files.sh'), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();
}

/** This machine's Node, with the libraries that Debian's smallest system lacks. */
function copyNode(layer: string): void {
  mkdirSync(join(layer, 'usr/local/bin'), { recursive: true });
  mkdirSync(join(layer, 'usr/local/lib'), { recursive: true });
  cpSync(realpathSync(process.execPath), join(layer, 'usr/local/bin/node'));
  const libraries = execFileSync('ldd', [process.execPath], { encoding: 'utf8' });
  for (const [, name, path] of libraries.matchAll(/(lib\S+) => (\/\S+)/g)) {
    if (name !== undefined && path !== undefined && !/^lib(c|m|dl|pthread|rt)\.so/.test(name)) {
      cpSync(realpathSync(path), join(layer, 'usr/local/lib', name));
    }
  }
}

function copyPodid(layer: string): void {
  const home = join(layer, 'opt/podid');
  for (const part of ['bin', 'dist', 'package.json']) {
    cpSync(join(checkout, part), join(home, part), { recursive: true });
  }
  for (const program of ['podid', 'podid-nmi', 'podid-mic']) {
    symlinkSync(`/opt/podid/bin/${program}.js`, join(layer, 'usr/local/bin', program));
  }
}
