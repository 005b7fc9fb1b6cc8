import { backoffMs } from '../../../domain/time/backoff.ts';
import type { Clock } from '../../../domain/time/clock.ts';
import { limitTime } from '../../../domain/time/time-limit.ts';
import { systemErrorCode } from '../../../errors/system-error-code.ts';
import { exchange, type HttpAnswer } from '../bounded-exchange.ts';
import { type ParsedToken, parseTokenAnswer } from '../parse-token-answer.ts';
import type { UpstreamRequest, UpstreamSource } from '../token.ts';
import { TokenRefused } from '../token-error.ts';
import type { UpstreamQueue } from '../upstream-queue.ts';
import { imdsTarget } from './imds-target.ts';
import { type ImdsFault, judgeImdsAnswer, unusable } from './judge-imds-answer.ts';

export interface ImdsSourceOptions {
  readonly address: string;
  readonly port: number;
  readonly userAgent: string;
  readonly clock: Clock;
  /** Every attempt takes a turn of it, since every attempt counts against the node's quota. */
  readonly queue: UpstreamQueue;
  /** For everything, waiting for turns included. IMDS itself promises an answer within 10 seconds. */
  readonly deadlineMs?: number;
}

const attempts = 3;
/** A pause longer than the longest is the caller's to wait for. */
const pauses = { firstMs: 400, mostMs: 2_000 };
const mostBytes = 256 * 1024;

/** Asks the node's IMDS for tokens of the identities assigned to the node. */
export function createImdsSource(options: ImdsSourceOptions): UpstreamSource {
  const deadline = { clock: options.clock, ms: options.deadlineMs ?? 10_000, reason: tooLate };
  return {
    async fetch(request, signal) {
      const target = imdsTarget(request.question);
      const { token, lifetimeMs } = await limitTime(deadline, signal, (inTime) =>
        askWithRetry(options, { request, target }, inTime),
      );
      return { answer: [token], lifetimeMs };
    },
  };
}

interface TokenRequestRun {
  readonly request: UpstreamRequest;
  readonly target: string;
}

async function askWithRetry(
  options: ImdsSourceOptions,
  run: TokenRequestRun,
  signal: AbortSignal,
): Promise<ParsedToken> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await options.queue.run(run.request.askers, signal, () => askOnce(options, run, signal));
    if (outcome.kind === 'token') {
      return outcome;
    }
    const pauseMs = outcome.pauseMs ?? backoffMs(pauses, attempt, options.clock.random());
    if (!outcome.mayPass || attempt === attempts || pauseMs > pauses.mostMs) {
      throw outcome.refused;
    }
    await options.clock.sleep(pauseMs, signal);
  }
}

async function askOnce(
  options: ImdsSourceOptions,
  { request, target }: TokenRequestRun,
  signal: AbortSignal,
): Promise<ParsedToken | ImdsFault> {
  let answer: HttpAnswer;
  try {
    answer = await exchange({
      request: {
        protocol: 'http:',
        host: options.address,
        port: options.port,
        path: target,
        headers: { metadata: 'true', 'user-agent': options.userAgent },
      },
      maxBytes: mostBytes,
      signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    return unusable(`did not answer (${systemErrorCode(error) ?? 'no usable answer'})`);
  }
  const wallMs = options.clock.now();
  if (answer.status !== 200) {
    return judgeImdsAnswer(answer, wallMs);
  }
  const { subject, resource } = request.question;
  const asked = subject.kind === 'managed-identity' ? subject.choice.clientId : undefined;
  const parsed = parseTokenAnswer(answer.body, { clientId: asked ?? '', resource, wallMs });
  if (!parsed) {
    return unusable('gave an answer that holds no token');
  }
  return asked && parsed.token.clientId.toLowerCase() !== asked.toLowerCase()
    ? unusable('gave the token of another identity than was asked for')
    : parsed;
}

function tooLate(): TokenRefused {
  return new TokenRefused({
    status: 503,
    error: 'temporarily_unavailable',
    description: "Azure's instance metadata service gave no token in time.",
    retryAfterSec: 2,
    // Its turn may not have come; another asker's would.
    holdsForOthers: false,
  });
}
