import type { MetadataAnswer, Opened } from '../../domain/azure/metadata-service.ts';
import { managedIdentityType, parseResourceId } from '../../domain/azure/resource-id.ts';
import type { Hint } from '../../errors/hint.ts';
import { plainText } from '../../errors/plain-text.ts';
import type { TableShape } from '../../terminal/print-result.ts';
import type { TokenNews } from '../../workflows/agent/ask-for-token.ts';
import { recordShape } from './record-text.ts';

interface TokenView {
  readonly clientId: string | null;
  readonly objectId: string | null;
  readonly tenantId: string | null;
  readonly identityResourceId: string | null;
  readonly resource: string;
  readonly expiresOn: string;
  readonly expiresInSec: number;
  /** Version of podid's agent; null: somebody else answered. */
  readonly agent: string | null;
  readonly get?: OpenedView;
}

/** What the token opened: `status` and `body` are null where nothing answered, and `error` says why. */
interface OpenedView {
  readonly url: string;
  readonly status: number | null;
  readonly body: string | null;
  readonly error: string | null;
}

interface NewsView extends Partial<TokenView> {
  readonly time: string;
  readonly error?: { readonly code: string; readonly message: string; readonly hint: Hint | string | null };
}

/** Whose token it is and what it opened, and never the token. */
export function tokenView({ owner, agent, opened }: MetadataAnswer, nowMs: number): TokenView {
  const { clientId, objectId, tenantId, identityResourceId, resource, expiresOnSec } = owner;
  return {
    clientId,
    objectId,
    tenantId,
    identityResourceId,
    resource,
    expiresOn: timeText(expiresOnSec * 1000),
    expiresInSec: Math.max(0, Math.floor(expiresOnSec - nowMs / 1000)),
    agent,
    ...(opened === undefined ? {} : { get: openedView(opened) }),
  };
}

function openedView(opened: Opened): OpenedView {
  return opened.status !== null
    ? { url: opened.shown, status: opened.status, body: opened.body, error: null }
    : { url: opened.shown, status: null, body: null, error: opened.reason };
}

/** One answer of `--every`: a token's owner, or `error`. */
export function newsView(news: TokenNews): NewsView {
  const time = timeText(news.atMs);
  if (news.kind === 'token') {
    return { time, ...tokenView(news.answer, news.atMs) };
  }
  const { code, message, hint } = news.failure;
  return { time, error: { code, message, hint: hint ?? null } };
}

export const tokenShape: TableShape = recordShape((token: TokenView) => [
  ['identity', identityName(token)],
  ['client id', token.clientId],
  ['object id', token.objectId],
  ['tenant', token.tenantId],
  ['resource', token.resource],
  ['expires', token.expiresOn],
  ['agent', token.agent ?? "none: not through podid's agent"],
]);

/** Two lines: whose token it is, and what it opened. */
export const openedShape: TableShape = {
  rows: (token: TokenView) => [token],
  columns: [],
  text: (token: TokenView) =>
    `${ownerText(token)}\n${token.get === undefined ? '' : `${getText(token.get)}\n`}`,
};

export const newsShape: TableShape = {
  rows: (news: NewsView) => [news],
  columns: [],
  repeated: true,
  text: newsText,
};

/** A line, whoever answered: nothing of it steers a terminal or begins another. */
function newsText({ time, error, ...token }: NewsView): string {
  if (error === undefined) {
    const opened = token.get === undefined ? '' : `; ${getText(token.get)}`;
    return `${time} ${plainText(`${ownerText(token)}${opened}`, 'one')}\n`;
  }
  const hint = error.hint === null ? '' : ` hint: ${error.hint}`;
  return `${time} ${plainText(`no token: ${error.message}${hint}`, 'one')}\n`;
}

function ownerText(token: Partial<TokenView>): string {
  const facts = [
    `token of ${identityName(token)}`,
    `client id ${token.clientId ?? 'unknown'}`,
    `object id ${token.objectId ?? 'unknown'}`,
    `tenant ${token.tenantId ?? 'unknown'}`,
    `for ${token.resource}`,
    `expires ${token.expiresOn}`,
    token.agent === null ? "not through podid's agent" : `through podid's agent ${token.agent}`,
  ];
  return facts.join(', ');
}

function getText({ url, status, body, error }: OpenedView): string {
  return status === null ? `GET ${url}: no answer: ${error}` : `GET ${url}: HTTP ${status} ${body}`.trimEnd();
}

function identityName({ identityResourceId }: Partial<TokenView>): string {
  if (!identityResourceId) {
    return 'not named in the token: go by the client id';
  }
  return parseResourceId(identityResourceId, managedIdentityType)?.name ?? identityResourceId;
}

/** Without milliseconds. */
function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
