import type { MetadataQuestion } from '../../domain/azure/metadata-service.ts';
import { type CommandFlags, podidCommand } from '../../domain/hints/next-command.ts';
import { parseRetryAfter } from '../../domain/time/retry-after.ts';
import { advice, type Command, command, type Hint } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { parseTokenError } from '../../validate/azure/token-answer.ts';
import { withoutTokens } from './without-tokens.ts';

/** What came back from the metadata service. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | undefined;
  /** Version of podid's agent; null: it was IMDS itself, or another agent. */
  readonly agent: string | null;
}

/** The failure that an answer without a token is, in IMDS's own words as far as it has any. */
export function errorOf(answer: Answer, question: MetadataQuestion, nowMs: number): PodidError {
  const { status, agent } = answer;
  const { endpoint } = question;
  const doctor = podidCommand(['doctor'], askerOf(answer, question));
  const who = agent === null ? endpoint : `podid's agent (${agent})`;
  const said = messageOf(answer);
  const message = `${who} answered HTTP ${status}${question.emulatedIn === undefined ? said : ofEmulatedPod(said)}`;
  if (status === 400 || status === 404) {
    return new PodidError('TokenRefused', message, { hint: hintOf(agent, doctor) });
  }
  if (status === 401 || status === 403) {
    return new PodidError('Forbidden', message, { hint: hintOf(agent, doctor) });
  }
  const retryAfterMs =
    status === 429 || status >= 500 ? parseRetryAfter(answer.retryAfter, nowMs) : undefined;
  return new PodidError('Unavailable', message, {
    hint: advice`Ask again in a few seconds; if the error remains: ${doctor}  # from a machine that is signed in`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

function hintOf(agent: string | null, doctor: Command): Hint {
  return agent === null
    ? advice`podid's agent did not answer this request. To see whether it runs on the node and its rules are in place: ${command('podid nmi status')}`
    : advice`${doctor}  # from a machine that is signed in, checks each link of the chain.`;
}

/** podid's agent says which pod it took the caller for; of others nobody knows. */
function askerOf({ agent, text }: Answer, { emulatedIn }: MetadataQuestion): CommandFlags {
  if (emulatedIn !== undefined) {
    return { namespace: emulatedIn };
  }
  const said = agent === null ? undefined : parseTokenError(text)?.description;
  const { namespace, pod } =
    /\bPod (?<namespace>[a-z0-9-]+)\/(?<pod>[a-z0-9.-]*[a-z0-9])/.exec(said ?? '')?.groups ?? {};
  return { namespace, pod };
}

/** By its name nobody finds it: it is gone when the answer is there. */
function ofEmulatedPod(said: string): string {
  return said.replaceAll(/\b([Pp])od [a-z0-9-]+\/asked-by-podid-token-\d+/g, (_, letter: string) =>
    letter === 'P' ? 'The emulated pod' : 'the emulated pod',
  );
}

const mostCharacters = 1000;

/** On one line, without anything that looks like a token. */
function messageOf({ status, text }: Answer): string {
  const refusal = parseTokenError(text);
  if (refusal === undefined) {
    return status === 200 ? ' without a token.' : '.';
  }
  const words = [refusal.error, refusal.description].filter((word) => word !== '').join(': ');
  const plain = withoutTokens(words)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .slice(0, mostCharacters);
  return `: ${plain}${/[.!?]$/.test(plain) ? '' : '.'}`;
}
