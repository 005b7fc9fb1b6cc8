import { randomUUID } from 'node:crypto';
import { lstat, mkdir, open, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { advice } from '../../../errors/hint.ts';
import { PodidError } from '../../../errors/podid-error.ts';
import type { HostFile } from './boot-guard-files.ts';

/**
 * Files of a node whose root is mounted somewhere. A symbolic link in there means something else in here, so
 * none on the way is ever followed: with a link to `/etc` the node would be left as it is and the container
 * written to.
 */
export interface HostFiles {
  /** Whether a regular file is there. */
  has(path: string): Promise<boolean>;
  hasFolder(path: string): Promise<boolean>;
  /** @throws PodidError InvalidUsage where `write` would refuse to write */
  check(path: string): Promise<void>;
  /**
   * Whole or not at all, folders included. @returns false when it is there with that very text @throws
   * PodidError InvalidUsage
   */
  write(file: HostFile): Promise<boolean>;
  /**
   * The file, and its folder when nothing is left in it. @returns false when there is none of ours @throws
   * PodidError InvalidUsage
   */
  remove(path: string): Promise<boolean>;
}

export function hostFiles(root: string): HostFiles {
  const kindOf = async (path: string) => {
    const { kind, at } = await walk(root, path);
    if (kind === 'link') {
      throw unusable(at, 'is a symbolic link, which would lead elsewhere');
    }
    return kind;
  };
  const fileOrNothing = async (path: string) => {
    const kind = await kindOf(path);
    if (kind === 'folder') {
      throw unusable(join(root, path), 'is a folder');
    }
    // A pipe would be waited for, and the agent behind it.
    if (kind === 'other') {
      throw unusable(join(root, path), 'is not a regular file');
    }
    return kind;
  };
  return {
    has: async (path) => (await kindOf(path)) === 'file',
    hasFolder: async (path) => (await kindOf(path)) === 'folder',
    check: async (path) => void (await fileOrNothing(path)),
    async write({ path, text }) {
      const kind = await fileOrNothing(path);
      const full = join(root, path);
      if (kind === 'file' && (await readFile(full, 'utf8')) === text) {
        return false;
      }
      await mkdir(dirname(full), { recursive: true, mode: 0o755 });
      await replaceFile(full, text);
      return true;
    },
    async remove(path) {
      // Nothing was ever written through a link or in the place of a folder, so what is there is not ours.
      if ((await walk(root, path)).kind !== 'file') {
        return false;
      }
      const full = join(root, path);
      await rm(full, { force: true }).catch((cause) => {
        throw unusable(full, `cannot be removed: ${cause.code}`, cause);
      });
      await rmdir(dirname(full)).catch(() => undefined);
      return true;
    },
  };
}

interface Found {
  /**
   * `link`: a symbolic link, at the end or on the way. `other`: a pipe, a device, a socket. Undefined:
   * nothing.
   */
  readonly kind: 'file' | 'folder' | 'link' | 'other' | undefined;
  readonly at: string;
}

/** What stands at a path. @throws PodidError InvalidUsage when it cannot be looked at */
async function walk(root: string, path: string): Promise<Found> {
  let at = root;
  let kind: Found['kind'];
  for (const part of path.split('/')) {
    at = join(at, part);
    const found = await lstat(at).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
        return undefined;
      }
      throw unusable(at, `cannot be read: ${error.code}`);
    });
    if (found === undefined) {
      return { kind: undefined, at };
    }
    if (found.isSymbolicLink()) {
      return { kind: 'link', at };
    }
    kind = found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'other';
  }
  return { kind, at };
}

async function replaceFile(full: string, text: string): Promise<void> {
  const beside = join(dirname(full), `.podid-${randomUUID()}`);
  try {
    const file = await open(beside, 'wx', 0o644);
    try {
      await file.writeFile(text);
      // A node that loses power right now has the old file or the new one.
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, full);
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw unusable(
      full,
      `cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  }
}

function unusable(path: string, why: string, cause?: unknown): PodidError {
  return new PodidError('InvalidUsage', `The boot guard cannot be kept on this node: ${path} ${why}.`, {
    hint: advice`Mount the node as --host-root names it, writable in etc/podid and etc/systemd/system/kubelet.service.d, or leave podid.bootGuard off.`,
    cause,
  });
}
