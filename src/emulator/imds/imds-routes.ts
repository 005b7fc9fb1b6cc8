import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { apiVersions, emulatedMachine, type ImdsMachine, metadataDocument } from './imds-documents.ts';
import { answerWithFault, createImdsFaults, type ImdsFaults, parseImdsFaults } from './imds-faults.ts';
import { findIdentity, type ImdsIdentity, type NodeIdentities } from './imds-identity.ts';
import { type AskedRequest, createImdsLedger, type ImdsLedger, type IssuedTokens } from './imds-ledger.ts';
import { createQuotaGate, type ImdsQuota, type QuotaGate } from './imds-quota.ts';
import { createImdsTokens, type ImdsToken } from './imds-tokens.ts';
import { readLiberally } from './liberal-path.ts';

export interface ImdsRoutesOptions {
  /** The user-assigned identities of the node; a function when they change. */
  readonly identities?: readonly ImdsIdentity[] | (() => readonly ImdsIdentity[]);
  readonly systemAssigned?: ImdsIdentity;
  /** In place of both, where callers are on several nodes. @param peer address of the caller */
  readonly node?: (peer: string) => NodeIdentities;
  /** What it says of the machine it is on; a function when that changes. */
  readonly machine?: ImdsMachine | (() => ImdsMachine);
  /** Milliseconds since the epoch; the machine's clock when absent. */
  readonly now?: () => number;
  /** 86,400 when absent. */
  readonly tokenLifetimeSec?: number;
  /** 3,600 when absent. */
  readonly renewAfterSec?: number;
  /** Told of every token that is given out, and of whose it is. */
  readonly onToken?: (token: string, identity: ImdsIdentity, resource: string) => void;
  /** Of token requests; none when absent. */
  readonly quota?: ImdsQuota;
  /** Milliseconds before a token is answered, 0 when absent. */
  readonly latencyMs?: number;
  /** Reads targets as leniently as possible and asks for no header, to show what a proxy lets through. */
  readonly liberal?: boolean;
}

export interface ImdsRoutes {
  /** @returns false when the path is none of IMDS's; nothing has been written then */
  handle(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<boolean>;
  readonly faults: ImdsFaults;
  /** Tokens given out, by identity, resource and peer. */
  issued(): readonly IssuedTokens[];
  asked(): readonly AskedRequest[];
  /** Forgets what was issued and asked. */
  reset(): void;
  /** Ends the answers that still wait. */
  close(): void;
}

interface Imds {
  readonly options: ImdsRoutesOptions;
  readonly machine: () => ImdsMachine;
  readonly tokens: (identity: ImdsIdentity, resource: string) => ImdsToken;
  readonly gate: QuotaGate;
  readonly faults: ImdsFaults;
  readonly ledger: ImdsLedger;
  readonly closing: AbortSignal;
}

interface Ask {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  /** First value of a parameter, empty when absent. */
  readonly param: (name: string) => string;
  readonly peer: string;
}

/**
 * The instance metadata service, over `node:http` of whoever mounts it. Also serves `/_imds/…`, by which
 * tests look and set faults.
 */
export function createImdsRoutes(options: ImdsRoutesOptions): ImdsRoutes {
  const { now = () => Date.now(), machine: given = emulatedMachine } = options;
  const machine = typeof given === 'function' ? given : () => given;
  const { tokenLifetimeSec: lifetimeSec = 86_400, renewAfterSec = 3_600 } = options;
  const closing = new AbortController();
  const ledger = createImdsLedger();
  const imds: Imds = {
    options,
    machine,
    tokens: createImdsTokens({ now, tenantId: () => machine().tenantId, lifetimeSec, renewAfterSec }),
    gate: createQuotaGate(options.quota, now),
    faults: createImdsFaults(),
    ledger,
    closing: closing.signal,
  };
  return {
    faults: imds.faults,
    issued: () => ledger.issued(),
    asked: () => ledger.asked(),
    reset: () => ledger.reset(),
    close: () => closing.abort(),
    async handle(request, response, body) {
      const target = request.url ?? '/';
      if (/^\/_imds\/[a-z]+$/.test(target)) {
        answerTest(imds, request, response, body);
        return true;
      }
      const ask = readAsk(options.liberal === true, request, response);
      if (!/^\/metadata(\/|$)/.test(ask.path)) {
        return false;
      }
      record(imds, ask);
      await answer(imds, ask);
      return true;
    },
  };
}

function readAsk(liberal: boolean, request: IncomingMessage, response: ServerResponse): Ask {
  const target = request.url ?? '/';
  const peer = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  if (liberal) {
    const { path, query } = readLiberally(target);
    return { request, response, path, peer, param: (name) => query.get(name) ?? '' };
  }
  const mark = target.indexOf('?');
  const path = (mark < 0 ? target : target.slice(0, mark)).toLowerCase().replace(/\/$/, '');
  const query = new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1));
  return { request, response, path, peer, param: (name) => query.get(name) ?? '' };
}

function record({ ledger }: Imds, { request, response, peer }: Ask): void {
  response.once('close', () => {
    const status = response.writableFinished ? response.statusCode : 0;
    const { method = '', url: target = '' } = request;
    ledger.ask({ method, target, peer, userAgent: request.headers['user-agent'] ?? '', status });
  });
}

async function answer(imds: Imds, ask: Ask): Promise<void> {
  const { request, path, param } = ask;
  const liberal = imds.options.liberal === true;
  const { metadata } = request.headersDistinct;
  if (!liberal && metadata?.[0]?.toLowerCase() !== 'true') {
    refuse(ask, 400, 'Required metadata header not specified');
    return;
  }
  if (!liberal && request.headers['x-forwarded-for'] !== undefined) {
    refuse(ask, 400, 'Requests with an X-Forwarded-For header are not served');
    return;
  }
  const isToken = liberal ? mintsToken(path) : path === tokenPath;
  if (!liberal && request.method !== 'GET') {
    refuse(ask, 405, 'The method is not allowed');
    return;
  }
  if (!isToken) {
    answerDocument(imds, ask);
    return;
  }
  if (!liberal && param('api-version') === '') {
    refuse(ask, 400, "Required query variable 'api-version' is missing");
    return;
  }
  if (!imds.gate.enter()) {
    ask.response.setHeader('retry-after', '1');
    refuse(ask, 429, 'Too many requests', 'too_many_requests');
    return;
  }
  try {
    await answerToken(imds, ask);
  } finally {
    imds.gate.leave();
  }
}

const tokenPath = '/metadata/identity/oauth2/token';

/** A lenient server might match prefixes, and IMDSv2's paths under `identity` mint credentials too. */
function mintsToken(path: string): boolean {
  return (
    path.startsWith(tokenPath) || /^\/metadata\/identity\/(issuecredential|getplatformmetadata)/.test(path)
  );
}

async function answerToken(imds: Imds, ask: Ask): Promise<void> {
  const { request, response, param, peer } = ask;
  const fault = imds.faults.take(param('client_id'));
  if (fault !== undefined) {
    answerWithFault(fault, request, response);
    await closed(response);
    return;
  }
  const resource = param('resource') || (imds.options.liberal === true ? 'unnamed' : '');
  if (resource === '') {
    refuse(ask, 400, "Required query variable 'resource' is missing");
    return;
  }
  const found = findIdentity(nodeIdentities(imds.options, peer), {
    clientId: param('client_id'),
    objectId: param('object_id') || param('principal_id'),
    resourceId: param('msi_res_id') || param('mi_res_id'),
  });
  if (found.kind === 'refused') {
    refuse(ask, 400, found.refusal);
    return;
  }
  const { identity } = found;
  const { latencyMs = 0 } = imds.options;
  if (latencyMs > 0 && !(await waited(latencyMs, imds.closing))) {
    response.destroy();
    return;
  }
  const { clientId, resourceId } = identity;
  imds.ledger.issue({ clientId, resourceId, resource, peer });
  const token = imds.tokens(identity, resource);
  imds.options.onToken?.(token.access_token, identity, resource);
  send(response, 200, token);
}

/** A request that hangs keeps its place in the quota until its caller gives up. */
function closed(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.closed) {
      resolve();
    } else {
      response.once('close', resolve);
    }
  });
}

function nodeIdentities(options: ImdsRoutesOptions, peer: string): NodeIdentities {
  const { node, identities = [], systemAssigned } = options;
  if (node !== undefined) {
    return node(peer);
  }
  const userAssigned = typeof identities === 'function' ? identities() : identities;
  return { userAssigned, systemAssigned };
}

/** @returns false when IMDS closes first */
async function waited(ms: number, closing: AbortSignal): Promise<boolean> {
  return delay(ms, true, { signal: closing }).catch(() => false);
}

function answerDocument(imds: Imds, ask: Ask): void {
  const { path, param, response, request, peer } = ask;
  const version = param('api-version');
  if (path !== '/metadata/versions' && imds.options.liberal !== true && version === '') {
    send(response, 400, {
      error: 'Bad request. api-version was not specified in the request.',
      'newest-versions': [...apiVersions].reverse().slice(0, 3),
    });
    return;
  }
  const node = nodeIdentities(imds.options, peer);
  const document = metadataDocument(path, imds.machine(), node.systemAssigned ?? node.userAssigned[0]);
  if (document === undefined) {
    refuse(ask, 404, 'Not found', 'not_found');
    return;
  }
  if (param('format') === 'text' && typeof document !== 'object') {
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(String(document));
    return;
  }
  request.resume();
  send(response, 200, document);
}

function refuse({ response }: Ask, status: number, description: string, error = 'invalid_request'): void {
  send(response, status, { error, error_description: description });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    server: 'IMDS/podid-emulator',
  });
  response.end(text);
}

/** `GET /_imds/issued`, `GET /_imds/asked`, `POST /_imds/reset`, `PUT /_imds/faults`. */
function answerTest(imds: Imds, request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  switch (`${request.method} ${request.url}`) {
    case 'GET /_imds/issued':
      send(response, 200, imds.ledger.issued());
      return;
    case 'GET /_imds/asked':
      send(response, 200, imds.ledger.asked());
      return;
    case 'POST /_imds/reset':
      imds.ledger.reset();
      response.writeHead(204).end();
      return;
    case 'PUT /_imds/faults':
      setFaults(imds, response, body);
      return;
    default:
      send(response, 404, { error: 'not_found' });
  }
}

function setFaults(imds: Imds, response: ServerResponse, body: Buffer): void {
  try {
    imds.faults.set(parseImdsFaults(JSON.parse(body.toString('utf8'))));
    response.writeHead(204).end();
  } catch (error) {
    send(response, 400, { error: 'invalid_request', error_description: (error as Error).message });
  }
}
