import { parseRetryAfterSec } from '../../../domain/time/retry-after.ts';
import { command } from '../../../errors/hint.ts';
import type { HttpAnswer } from '../bounded-exchange.ts';
import { entraUnavailable, judgeEntraAnswer } from '../entra/judge-entra-answer.ts';
import { parseJsonObject } from '../parse-token-answer.ts';
import { TokenRefused } from '../token-error.ts';
import type { Assertion } from './read-assertion.ts';

/** Why there is no token, and whether the same question may be answered shortly. */
export interface ExchangeFault {
  readonly kind: 'fault';
  readonly refused: TokenRefused;
  /** One of a fixed few words, fit for a metric's label: `AADSTS700213`, `no-answer`, `http-503`. */
  readonly code: string;
  /**
   * `trust`: Entra does not know the federated credential, everywhere or yet; one answer proves little, for its lookup is
   * eventually consistent. `issuer`: it cannot read the keys of the cluster. `transport`: no answer, or one that passes.
   * Undefined for what asking again does not change.
   */
  readonly passes?: 'trust' | 'issuer' | 'transport';
  /** For how long Entra wants to be left alone; undefined when it did not say. */
  readonly pauseMs?: number | undefined;
  /** How far the refusal reaches beyond this token. */
  readonly concerns?: 'authority' | 'identity';
}

export interface ExchangeContext {
  readonly assertion: Assertion;
  readonly clientId: string;
  readonly tenantId: string;
  readonly wallMs: number;
}

/** Until an identity is asked for again of which Entra knows nothing: it remembers its own negative answers, too. */
export const trustPauseSec = 30;
/** What Microsoft's libraries wait where Entra names no time. */
const throttledSec = 60;
/** Between two rounds of calls to an Entra that does not answer. */
const awaySec = 5;

/** An answer of Entra's token endpoint other than 200, to an exchange. */
export function judgeExchangeAnswer(answer: HttpAnswer, context: ExchangeContext): ExchangeFault {
  const general = judgeEntraAnswer(answer, {
    wallMs: context.wallMs,
    secrets: [context.assertion.jwt],
    throttledSec,
  });
  if (general.status === 429) {
    return { kind: 'fault', refused: general, code: 'http-429', concerns: 'authority' };
  }
  if (general.status === 503) {
    return unusable(`answered ${answer.status}`, httpCode(answer.status), statedSec(answer, context));
  }
  const number = aadstsOf(answer.body);
  const code = knownCodes.has(number) ? `AADSTS${number}` : 'other';
  const said = `Entra says: ${general.message}`;
  const known = sentences[number]?.(context, answer);
  if (known === undefined) {
    return { kind: 'fault', refused: general, code };
  }
  const passes = passing[number];
  if (passes !== undefined) {
    const refused = entraUnavailable(`${known} ${said}`.replace(/\.$/, ''), true, trustPauseSec);
    return { kind: 'fault', refused, code, concerns: 'identity', ...(passes === 'later' ? {} : { passes }) };
  }
  return {
    kind: 'fault',
    code,
    concerns: 'identity',
    refused: new TokenRefused({
      status: 400,
      error: 'invalid_request',
      description: `Microsoft Entra ${known} ${said}`,
      retryAfterSec: trustPauseSec,
      isUnknownIdentity: ['700016', '7000216'].includes(number),
    }),
  };
}

/** The refusal of a trust that has been missing for so long that it cannot be on its way any more. */
export function knownMissing({ message }: TokenRefused): TokenRefused {
  return new TokenRefused({
    status: 400,
    error: 'invalid_request',
    description: `${message} It has been so for more than ten minutes.`,
    retryAfterSec: trustPauseSec,
  });
}

/** @param why completes "Microsoft Entra could not be asked: …" */
export function noAnswer(why: string): ExchangeFault {
  return unusable(`could not be asked: ${why}`, 'no-answer');
}

function unusable(what: string, code: string, stated?: number): ExchangeFault {
  return {
    kind: 'fault',
    refused: entraUnavailable(what, true, stated ?? awaySec),
    code,
    passes: 'transport',
    pauseMs: stated === undefined ? undefined : stated * 1000,
  };
}

function statedSec({ headers }: HttpAnswer, { wallMs }: ExchangeContext): number | undefined {
  return parseRetryAfterSec(headers['retry-after'], wallMs);
}

/** How far this node's clock is ahead of Entra's, in milliseconds; undefined where Entra does not say its time. */
export function clockAheadMs({ headers }: HttpAnswer, wallMs: number): number | undefined {
  const entrasMs = Date.parse(headers.date ?? '');
  return Number.isNaN(entrasMs) ? undefined : wallMs - entrasMs;
}

type Sentence = (context: ExchangeContext, answer: HttpAnswer) => string;

/** What heals by itself. `later`: with the agent's next token, or when Entra has read the keys anew. */
const passing: Readonly<Record<string, 'trust' | 'issuer' | 'later'>> = {
  70021: 'trust',
  700211: 'trust',
  700213: 'trust',
  90061: 'issuer',
  50027: 'later',
  700027: 'later',
  7000272: 'later',
};

const missing: Sentence = ({ clientId, assertion: { issuer, subject } }) =>
  `knows no federated credential of the identity ${clientId} for the issuer ${issuer} and the subject ${subject}; a new one is not known everywhere for some minutes. ${command('podid exchange status')} compares them.`;
const unsigned: Sentence = ({ assertion: { whose } }) =>
  `does not accept the signature of ${whose}. After a rotation of the keys of the cluster a new token is needed: the kubelet gets the agent's within the hour, and at once for a new pod of the agent.`;
const unknownClient: Sentence = ({ clientId, tenantId }) =>
  `knows no identity ${clientId} in the tenant ${tenantId}: it was deleted, or it is in another tenant.`;

/** What each code completes "Microsoft Entra …" with. */
const sentences: Readonly<Record<string, Sentence>> = {
  70021: missing,
  700211: missing,
  700213: missing,
  90061: () => "cannot read the signing keys of the cluster's issuer at present.",
  50027: unsigned,
  700027: unsigned,
  7000272: unsigned,
  7002138: missing,
  700016: unknownClient,
  // What it means nobody has written down for sure: Entra's own sentence follows.
  7000216: ({ clientId, tenantId }) =>
    `gives no token of the identity ${clientId} in the tenant ${tenantId}; it may not know that identity there.`,
  700212: ({ assertion: { audience, whose } }) =>
    `expects another audience than ${audience}, for which ${whose} is: podid.exchange.audience, and the audience of the federated credential.`,
  700024: (context, answer) =>
    `does not accept the time of ${context.assertion.whose}. ${timeText(context, answer)}`,
  70023: ({ assertion: { whose } }) => `does not take ${whose}, because it lives for more than 25 hours.`,
};

const knownCodes: ReadonlySet<string> = new Set(Object.keys(sentences));

/** Both clocks are known here, and the token's times: the sentence says which of them is off. */
function timeText({ assertion, wallMs }: ExchangeContext, answer: HttpAnswer): string {
  const aheadMs = clockAheadMs(answer, wallMs) ?? 0;
  const entrasSec = (wallMs - aheadMs) / 1000;
  const { expiresSec = Number.POSITIVE_INFINITY, issuedSec = 0 } = assertion;
  const offText =
    Math.abs(aheadMs) < 60_000
      ? ''
      : ` The clock of this node is ${minutes(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} Entra's.`;
  if (expiresSec <= entrasSec) {
    return `It ended ${minutes((entrasSec - expiresSec) * 1000)} ago, ${assertion.whyOld}.${offText}`;
  }
  return issuedSec > entrasSec
    ? `It begins ${minutes((issuedSec - entrasSec) * 1000)} from now: the clock of the API server is ahead of Entra's.${offText}`
    : `It is within its time by Entra's clock as far as that is known here.${offText}`;
}

function minutes(ms: number): string {
  const count = Math.max(1, Math.round(ms / 60_000));
  return count === 1 ? '1 minute' : `${count} minutes`;
}

/** The first code of `error_codes`, else the one that the description begins with; empty where there is none. */
function aadstsOf(body: Uint8Array): string {
  const fields = parseJsonObject(body);
  const codes: unknown = fields?.['error_codes'];
  const [first]: readonly unknown[] = Array.isArray(codes) ? codes : [];
  const [, inText = ''] = /AADSTS(\d{5,8})/.exec(String(fields?.['error_description'] ?? '')) ?? [];
  return typeof first === 'number' ? String(first) : inText;
}

function httpCode(status: number): string {
  return [500, 502, 503, 504].includes(status) ? `http-${status}` : 'http-other';
}
