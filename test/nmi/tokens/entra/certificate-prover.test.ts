import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { compactVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Clock } from '../../../../src/domain/time/clock.ts';
import {
  createCertificateProver,
  createTurns,
  type ProofOf,
} from '../../../../src/nmi/tokens/entra/certificate-prover.ts';
import { handClock } from '../../../domain/time/hand-clock.ts';
import { certificateFolder } from '../certificates-in-test.ts';
import { encryptedKey, pkcs12WithHiddenRounds, rounds } from '../der-in-test.ts';

const made = certificateFolder();
const program = made.path('agent.mjs');
const claims = { clientId: 'app', audience: 'https://login/token', nowSec: 1_000_000 };
const never = new AbortController().signal;

beforeAll(async () => {
  made.issue('rsa', 'rsa');
  await build({
    entryPoints: [join(import.meta.dirname, '../../../../src/nmi/main.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: made.path('main.mjs'),
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  writeFileSync(program, "import { main } from './main.mjs'; await main(process.argv.slice(2));");
});
afterAll(() => made[Symbol.dispose]());

const proofOf = (namespace: string, certificate: Uint8Array): ProofOf => ({
  credential: {
    kind: 'certificate',
    certificate,
    password: 'hunter2',
    fingerprint: `${namespace}${certificate.length}`,
  },
  claims,
  namespace,
  place: `Secret ${namespace}/app`,
});
/** By a clock that stands still, so that a busy machine ends nothing. */
const prover = (clock: Clock = handClock()) => createCertificateProver({ clock, program });

describe('the proof by a certificate', () => {
  it('is made in a process of its own, and holds', async () => {
    const assertion = await prover()(proofOf('team', made.pfx('rsa', 'hunter2')), never);
    const { publicKey } = new X509Certificate(made.read('rsa.crt'));
    const { payload } = await compactVerify(assertion, publicKey);
    expect(JSON.parse(Buffer.from(payload).toString())).toMatchObject({ iss: 'app', aud: claims.audience });
  });

  it('is refused at once, by the name of its Secret, where it costs too much', async () => {
    const absent = createCertificateProver({ clock: handClock(), program: '/nowhere' });
    const pem = Buffer.from(encryptedKey(rounds(10_000_000)));
    await expect(absent(proofOf('team', pem), never)).rejects.toMatchObject({
      status: 403,
      message: expect.stringMatching(/^The certificate in Secret team\/app asks for 10000000 rounds/),
    });
  });

  it('is refused by the name of its Secret where it cannot be opened', async () => {
    const proof = proofOf('team', made.pfx('rsa', 'other'));
    await expect(prover()(proof, never)).rejects.toThrow(
      'The certificate in Secret team/app cannot be read as PKCS#12 or PEM, or its password is wrong.',
    );
  });

  it('is given up where hidden rounds take too long, while another namespace gets its own', async () => {
    const clock = handClock();
    const prove = createCertificateProver({ clock, program, mostMs: 1_500 });
    const ended: string[] = [];
    const hidden = proofOf('hostile', pkcs12WithHiddenRounds('hunter2', 2 ** 31 - 1));
    const slow = prove(hidden, never)
      .finally(() => ended.push('hostile'))
      .catch((error: unknown) => error);
    const good = await prove(proofOf('team', made.pfx('rsa', 'hunter2')), never);
    ended.push('team');
    expect(good).toMatch(/^ey/);
    await vi.waitFor(() => expect(cpuSecondsOf(program)).toBeGreaterThan(0), { timeout: 50_000 });
    await clock.advance(1_500);
    expect(await slow).toMatchObject({
      status: 403,
      message: expect.stringContaining(
        'The certificate in Secret hostile/app was not open after 1.5 seconds',
      ),
    });
    expect(ended).toEqual(['team', 'hostile']);
    // Its process is gone, and no second one is started for it.
    expect(childrenWith(program)).toEqual([]);
    const again = prove(hidden, never).catch((error: unknown) => error);
    expect(childrenWith(program)).toEqual([]);
    expect(await again).toMatchObject({ status: 403 });
  });

  it('is put off, and not held against the certificate, where the node is too busy for it', async () => {
    const clock = handClock();
    const prove = prover(clock);
    const good = proofOf('team', made.pfx('rsa', 'hunter2'));
    const starved = prove(good, never).catch((error: unknown) => error);
    await clock.advance(6_000);
    expect(await starved).toMatchObject({ status: 503, retryAfterSec: 5 });
    expect(await prove(good, never)).toMatch(/^ey/);
  });

  it('ends with the request that asked for it', async () => {
    const stop = new AbortController();
    const proof = proofOf('hostile', pkcs12WithHiddenRounds('hunter2', 2 ** 31 - 1));
    const asked = prover()(proof, stop.signal);
    stop.abort(new Error('nobody waits'));
    await expect(asked).rejects.toThrow('nobody waits');
  });
});

function childrenWith(word: string): string[] {
  return execFileSync('ps', ['-ww', '-o', 'pid=,args=', '--ppid', `${process.pid}`], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(word));
}

/** Processor time of the one child of that program. */
function cpuSecondsOf(word: string): number {
  const [pid = ''] = childrenWith(word)[0]?.trim().split(' ') ?? [];
  return Number(execFileSync('ps', ['-o', 'cputimes=', '-p', pid], { encoding: 'utf8' }));
}

describe('turns', () => {
  it('go to one of each namespace, whoever has most that waits', async () => {
    const takeTurn = createTurns(2);
    const order: string[] = [];
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const job = (namespace: string) =>
      takeTurn(namespace, never, async () => {
        order.push(namespace);
        await gate;
      });
    const all = [...Array.from({ length: 5 }, () => job('many')), job('one'), job('two')];
    await Promise.resolve();
    expect(order).toEqual(['many', 'one']);
    release();
    await Promise.all(all);
    expect(order.indexOf('two')).toBeLessThanOrEqual(3);
    expect(order).toHaveLength(7);
  });

  it('are given up by who no longer waits', async () => {
    const takeTurn = createTurns(1);
    const stop = new AbortController();
    let release: () => void = () => undefined;
    const first = takeTurn('a', never, () => new Promise<void>((resolve) => (release = resolve)));
    const second = takeTurn('b', stop.signal, () => Promise.resolve());
    stop.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    release();
    await first;
    expect(await takeTurn('b', never, () => Promise.resolve('done'))).toBe('done');
  });
});
