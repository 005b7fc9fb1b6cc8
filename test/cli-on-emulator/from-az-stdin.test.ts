import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const podid = fileURLToPath(new URL('../../bin/podid.js', import.meta.url));
const script = [
  '# Pod-Identität',
  'az aks pod-identity list -g demo-rg --cluster-name demo',
  'az group show -n demo-rg',
  '',
].join('\r\n');

const utf16le = Buffer.from(`\ufeff${script}`, 'utf16le');

/** What shells of Windows write by `>` and hand on by a pipe. */
const encodings: readonly (readonly [string, Buffer])[] = [
  ['UTF-16, as PowerShell 5.1 writes it', utf16le],
  ['UTF-16 of the other order', Buffer.from(utf16le).swap16()],
  ['UTF-8 with a mark', Buffer.from(`\ufeff${script}`)],
  ['UTF-8', Buffer.from(script)],
];

/** The shipped program with these bytes on its real stdin, in pieces of this size. */
async function translated(bytes: Buffer, words: readonly string[], piece = bytes.length) {
  const child = spawn(process.execPath, [podid, 'from-az', ...words], {
    env: { PATH: process.env['PATH'], HOME: tmpdir() },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    texts.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    texts.err += text;
  });
  const ended = once(child, 'close');
  for (let at = 0; at < bytes.length; at += piece) {
    await new Promise((done) => child.stdin.write(bytes.subarray(at, at + piece), done));
  }
  child.stdin.end();
  const [code] = await ended;
  return { code, ...texts };
}

describe('podid from-az, with a script on its stdin', () => {
  it.each(encodings)('reads %s', async (_what, bytes) => {
    const ran = await translated(bytes, []);
    expect(ran.code, ran.err).toBe(0);
    expect(ran.out).toContain('podid list -g demo-rg -c demo');
    expect(ran.out).toContain('az group show -n demo-rg');
    expect(ran.out).toContain('# Pod-Identität');
    expect(ran.out).not.toMatch(/[\0\ufeff\ufffd]/);
    expect(ran.out.replaceAll('\r', '')).toBe(
      (await translated(Buffer.from(script), [])).out.replaceAll('\r', ''),
    );
  });

  it('reads it by - too, and in pieces that part a letter', async () => {
    const ran = await translated(utf16le, ['-'], 7);
    expect(ran.code, ran.err).toBe(0);
    expect(ran.out).toContain('# Pod-Identität');
    expect(ran.out).toContain('podid list -g demo-rg -c demo');
  });
});
