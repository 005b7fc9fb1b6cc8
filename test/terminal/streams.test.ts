import { execFileSync } from 'node:child_process';
import { lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { confirmOnTerminal } from '../../src/terminal/ask/confirm.ts';
import { writePrivateFile } from '../../src/terminal/private-file.ts';
import { outputStream } from '../../src/terminal/streams.ts';
import { hintText } from '../hint-text.ts';

describe('an output stream', () => {
  it('goes on without its reader', async () => {
    let writes = 0;
    const broken = new Writable({
      write(_chunk, _encoding, done) {
        writes += 1;
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      },
    });
    const stream = outputStream(broken, 'fails');
    await stream.write('one');
    await new Promise((resolve) => setImmediate(resolve));
    await stream.write('two');
    expect(writes).toBe(1);
  });

  it('resolves once the text is handed over', async () => {
    const chunks: string[] = [];
    const stream = outputStream(
      new Writable({
        write(chunk, _encoding, done) {
          setImmediate(() => {
            chunks.push(String(chunk));
            done();
          });
        },
      }),
      'fails',
    );
    await stream.write('x'.repeat(100_000));
    expect(chunks.join('')).toHaveLength(100_000);
  });
});

describe('an output stream whose text is lost', () => {
  const full = (code: string) =>
    new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error(`write ${code}`), { code })),
    });

  it.each(['ENOSPC', 'EIO'])('fails with the reason, each time that it is written to: %s', async (code) => {
    const stream = outputStream(full(code), 'fails');
    const failure = {
      code: 'OutputFailed',
      exitCode: 1,
      hint: hintText('Free some space or write elsewhere; what the command changes is done all the same.'),
    };
    await expect(stream.write('one')).rejects.toMatchObject({
      ...failure,
      message: expect.stringContaining(code),
    });
    await new Promise((resolve) => setImmediate(resolve));
    await expect(stream.write('two')).rejects.toMatchObject(failure);
  });

  it('prints nothing where nobody reads', async () => {
    await expect(outputStream(full('ENOSPC'), 'is ignored').write('one')).resolves.toBeUndefined();
  });
});

describe('the width of an output stream', () => {
  const terminal = (columns: number, isTTY = true) => Object.assign(new Writable(), { isTTY, columns });

  it('is that of the terminal, where there is one that knows it', () => {
    expect(outputStream(terminal(80), 'fails').columns).toBe(80);
    expect(outputStream(terminal(0), 'fails').columns).toBeUndefined();
    expect(outputStream(terminal(80, false), 'fails').columns).toBeUndefined();
  });
});

describe('asking', () => {
  const options = {
    interactive: false,
    yes: false,
    signal: new AbortController().signal,
    before: () => undefined,
    refused: () => undefined,
  };

  it('throws ConfirmationRequired where nobody is there', async () => {
    await expect(confirmOnTerminal(options)('Really?')).rejects.toMatchObject({
      code: 'ConfirmationRequired',
      exitCode: 2,
      hint: hintText(expect.stringContaining('--yes')),
    });
  });

  it('answers itself under --yes', async () => {
    await expect(confirmOnTerminal({ ...options, yes: true })('Really?')).resolves.toBe(true);
  });
});

describe('a private file', () => {
  let folder = '';
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is for its owner alone, takes the place of an older one, and leaves nothing beside it', async () => {
    folder = await mkdtemp(join(tmpdir(), 'podid-'));
    const path = join(folder, 'file');
    await writeFile(path, 'old', { mode: 0o644 });
    await writePrivateFile(path, 'new');
    expect(await readFile(path, 'utf8')).toBe('new');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('leaves nothing behind when it cannot be written', async () => {
    folder = await mkdtemp(join(tmpdir(), 'podid-'));
    await expect(writePrivateFile(join(folder, 'no', 'file'), 'x')).rejects.toThrow('ENOENT');
    await expect(writePrivateFile(folder, 'x')).rejects.toThrow();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a private file that is already something', () => {
  it('stays a link, and what it leads to is written', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'podid-private-'));
    try {
      const [real, link] = [join(folder, 'real'), join(folder, 'link')];
      await writeFile(real, 'old');
      await symlink(real, link);
      await writePrivateFile(link, 'new');
      expect(await readFile(real, 'utf8')).toBe('new');
      expect((await lstat(link)).isSymbolicLink()).toBe(true);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it.skipIf(process.platform === 'win32')('is not replaced when it is a pipe', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'podid-private-'));
    try {
      const pipe = join(folder, 'pipe');
      execFileSync('mkfifo', [pipe]);
      await expect(writePrivateFile(pipe, 'x')).rejects.toThrow('not a regular file');
      expect((await lstat(pipe)).isFIFO()).toBe(true);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
