import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import type { Clock } from '../../../domain/time/clock.ts';
import { limitTime } from '../../../domain/time/time-limit.ts';
import { TokenRefused } from '../token-error.ts';
import { BadCertificate, badCertificateIn } from './bad-certificate.ts';
import { judgeCertificate } from './certificate.ts';
import type { PickedCredential } from './pick-credential.ts';
import { proofWord } from './proof-word.ts';
import { type ProofAnswer, type ProofRequest, parseProofAnswer } from './prove-by-certificate.ts';
import type { AssertionClaims } from './sign-client-assertion.ts';

export type CertificateCredential = Extract<PickedCredential, { kind: 'certificate' }>;

export interface ProofOf {
  readonly credential: CertificateCredential;
  readonly claims: AssertionClaims;
  /** Whose Secret it is: its turn comes and goes by this. */
  readonly namespace: string;
  /** `Secret team/app` */
  readonly place: string;
}

/**
 * Signs the assertion by which a certificate proves a client.
 * @throws TokenRefused 403 that names the Secret and what is wrong, 503 where the node has no time for it; the signal's
 * reason
 */
export type ProveByCertificate = (proof: ProofOf, signal: AbortSignal) => Promise<string>;

export interface CertificateProverOptions {
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  /** Path of the script that answers to the word; this program's own. */
  readonly program?: string;
  readonly mostMs?: number;
}

/** Put in place by the bundler of the executable that needs no Node: all programs are that one file. */
declare const PODID_IN_ONE_FILE: boolean | undefined;
const isOneFile = typeof PODID_IN_ONE_FILE === 'boolean';

const memoryLimit = '--max-old-space-size=48';
/** 400,000 rounds of PKCS#12 take three seconds; the request for the token ends after ten. */
const usualMostMs = 6_000;
/** Each is a process of some 50 MB while it runs. */
const mostAtOnce = 2;
/** How long a certificate that took too long is refused unopened. */
const slowMemoryMs = 10 * 60_000;
const mostSlow = 200;

/**
 * Opens each certificate in a process of its own: what is nested in the encrypted parts of a file cannot be judged
 * before, key derivation blocks the thread that does it, and nothing but the end of its process stops it. One at a
 * time for a namespace, and the namespaces in turn.
 */
export function createCertificateProver(options: CertificateProverOptions): ProveByCertificate {
  const { clock, program = process.argv[1] ?? '', mostMs = usualMostMs } = options;
  const takeTurn = createTurns(mostAtOnce);
  const slowUntil = new Map<string, number>();
  const tooSlow = (place: string) =>
    badCertificateIn(
      place,
      `was not open after ${mostMs / 1000} seconds; encrypt it again: openssl pkcs12 -export -iter 2048 -in CERTIFICATE.pem -out NEW.pfx`,
    );
  return async ({ credential, claims, namespace, place }, signal) => {
    judgeNamed(credential, place);
    if ((slowUntil.get(credential.fingerprint) ?? 0) > clock.monotonic()) {
      throw tooSlow(place);
    }
    const request = {
      certificate: Buffer.from(credential.certificate).toString('base64'),
      password: credential.password,
      claims,
    };
    const limit = { clock, ms: mostMs, reason: () => new TooSlow() };
    try {
      const answer = await takeTurn(namespace, signal, () =>
        limitTime(limit, signal, (inTime) => runProof({ program, mostMs }, request, inTime)),
      );
      if ('refused' in answer) {
        throw badCertificateIn(place, answer.refused);
      }
      return answer.assertion;
    } catch (error) {
      if (!(error instanceof TooSlow)) {
        throw error;
      }
      if (slowUntil.size >= mostSlow) {
        slowUntil.clear();
      }
      slowUntil.set(credential.fingerprint, clock.monotonic() + slowMemoryMs);
      throw tooSlow(place);
    }
  };
}

function judgeNamed({ certificate }: CertificateCredential, place: string): void {
  try {
    judgeCertificate(certificate);
  } catch (error) {
    throw error instanceof BadCertificate ? badCertificateIn(place, error.what) : error;
  }
}

class TooSlow extends Error {}

const busyNode = () =>
  new TokenRefused({
    status: 503,
    error: 'temporarily_unavailable',
    description: 'The node is too busy to open the certificate of the service principal in time.',
    retryAfterSec: 5,
  });

/**
 * Whether a process that ran out of time has used it: one that got little of the processors says nothing of its
 * certificate. Read from `/proc/PID/stat`, fields 14 and 15 in hundredths of a second (proc(5)); true where that cannot
 * be read.
 */
function hasUsed(pid: number | undefined, ms: number): boolean {
  try {
    const [, , , , , , , , , , , user = '', system = ''] = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(user) + Number(system)) * 10 >= ms;
  } catch {
    return true;
  }
}

/** No environment goes along: neither a proxy's password nor options for Node. */
function runProof(
  { program, mostMs }: { readonly program: string; readonly mostMs: number },
  request: ProofRequest,
  signal: AbortSignal,
): Promise<ProofAnswer> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      isOneFile ? ['podid-nmi', proofWord] : [memoryLimit, program, proofWord],
      {
        killSignal: 'SIGKILL',
        maxBuffer: 1024 * 1024,
        // An executable with Node inside takes no options of Node's as words.
        env: isOneFile ? { NODE_OPTIONS: memoryLimit } : {},
      },
      (_error, stdout) => {
        signal.removeEventListener('abort', kill);
        const answer = parseProofAnswer(stdout);
        if (signal.aborted) {
          reject(signal.reason instanceof TooSlow && !isUsed ? busyNode() : signal.reason);
        } else {
          resolve(answer ?? { refused: 'could not be opened' });
        }
      },
    );
    // Its own `signal` would reject before the process has ended.
    let isUsed = true;
    const kill = () => {
      isUsed = hasUsed(child.pid, mostMs / 3);
      child.kill('SIGKILL');
    };
    signal.addEventListener('abort', kill, { once: true });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(JSON.stringify(request));
    yieldToOthers(child.pid);
  });
}

/** It may use what the agent leaves of its processors. */
function yieldToOthers(pid: number | undefined): void {
  try {
    if (pid !== undefined) {
      setPriority(pid, 19);
    }
  } catch {
    // It has ended already.
  }
}

type TakeTurn = <Result>(
  namespace: string,
  signal: AbortSignal,
  run: () => Promise<Result>,
) => Promise<Result>;

/** So many at once, one of a namespace, and those that wait by namespace in turn. */
export function createTurns(atOnce: number): TakeTurn {
  const waiting = new Map<string, (() => void)[]>();
  const running = new Set<string>();
  const startNext = () => {
    for (const [namespace, starts] of waiting) {
      if (running.size >= atOnce) {
        return;
      }
      if (!running.has(namespace)) {
        const start = starts.shift();
        // Behind all others.
        waiting.delete(namespace);
        if (starts.length > 0) {
          waiting.set(namespace, starts);
        }
        start?.();
      }
    }
  };
  return async (namespace, signal, run) => {
    await new Promise<void>((resolve, reject) => {
      signal.throwIfAborted();
      const starts = waiting.get(namespace) ?? [];
      const start = () => {
        signal.removeEventListener('abort', leave);
        running.add(namespace);
        resolve();
      };
      const leave = () => {
        const left = (waiting.get(namespace) ?? []).filter((other) => other !== start);
        left.length > 0 ? waiting.set(namespace, left) : waiting.delete(namespace);
        reject(signal.reason);
      };
      waiting.set(namespace, [...starts, start]);
      signal.addEventListener('abort', leave, { once: true });
      startNext();
    });
    try {
      return await run();
    } finally {
      running.delete(namespace);
      startNext();
    }
  };
}
