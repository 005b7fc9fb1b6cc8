import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { settleAddonRemoval } from './addon/settle-addon-removal.ts';
import type { ArmCall } from './arm/arm-call.ts';
import { answerArm, matchArmRoute } from './arm/arm-router.ts';
import { cloudDiscoveryPath } from './arm/cloud-discovery.ts';
import { settleOperations } from './arm/operations.ts';
import { isAddonOn } from './arm/stored-cluster.ts';
import { isSecure, splitByProtocol } from './both-protocols.ts';
import type { TlsFiles } from './certificate.ts';
import { answerControl, type Control } from './control-routes.ts';
import { answerEntra, entraOperation } from './entra/entra-routes.ts';
import { answerGraph, graphOperation } from './entra/graph-routes.ts';
import type { TokenBook } from './entra/tokens.ts';
import type { FaultEffect } from './faults.ts';
import { answerIssuer, issuerOperation } from './federation/issuer-routes.ts';
import {
  asEmulatorRequest,
  contentOf,
  type EmulatorRequest,
  type EmulatorResponse,
  ErrorAnswer,
  type MountedRoutes,
  readBody,
} from './http.ts';
import { keepAddonException } from './kube/aks-objects.ts';
import { refuseStranger } from './request-guard.ts';
import { logEntry } from './request-log.ts';

export interface ServerParts extends Control {
  readonly tokens: TokenBook;
  readonly kubeRoutes: MountedRoutes;
  readonly imdsRoutes: MountedRoutes;
  readonly kubeconfig: ArmCall['kubeconfig'];
  readonly runKubectl: ArmCall['runKubectl'];
  /** Known once the server listens. */
  readonly baseUrl: () => string;
  /** What the control routes want. */
  readonly key: string;
  /** Azure is asked over https alone. */
  readonly isTls: boolean;
  /** Told after each request that may have changed the world. */
  readonly save: () => Promise<void>;
}

export interface EmulatorServer {
  /** On 127.0.0.1; 0 is any free one. @returns the port */
  listen(port: number): Promise<number>;
  /** Ends every connection, hanging ones included. */
  close(): Promise<void>;
}

/** Answers http and https on one port. */
export function createEmulatorServer(parts: ServerParts, certificate: TlsFiles): EmulatorServer {
  const closing = new AbortController();
  const listener: RequestListener = (request, response) => {
    answer(parts, request, response, closing.signal).catch((fault: unknown) => sendOwnFault(response, fault));
  };
  const server = splitByProtocol(createServer(listener), createTlsServer(certificate, listener));
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  return {
    listen: (port) =>
      new Promise((done, fail) => {
        server.once('error', fail);
        server.listen(port, '127.0.0.1', () => {
          server.off('error', fail);
          done((server.address() as AddressInfo).port);
        });
      }),
    close: () =>
      new Promise((done) => {
        closing.abort();
        server.close(() => done());
        for (const socket of sockets) {
          socket.destroy();
        }
      }),
  };
}

async function answer(
  parts: ServerParts,
  incoming: IncomingMessage,
  response: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  const port = incoming.socket.localPort ?? 0;
  const refusal = refuseStranger(incoming, { port, key: parts.key });
  if (refusal !== undefined) {
    incoming.resume();
    send(response, refusal, {});
    return;
  }
  if (parts.isTls && !isSecure(incoming) && !isMetadata(incoming.url)) {
    incoming.resume();
    send(response, { status: 400, text: 'Client sent an HTTP request to an HTTPS server.\n' }, {});
    return;
  }
  const body = await readBody(incoming);
  const request = asEmulatorRequest(incoming, body);
  if (request.path.startsWith('/_podid/')) {
    send(response, answerControl(request, parts), {});
    await parts.save();
    return;
  }
  settleOperations(parts.world);
  settleAddonRemoval(parts.world, parts.kube);
  keepAddonException(parts.kube, isAddonOn(parts.world));
  const operation = operationName(request);
  const entry = logEntry(request, operation);
  parts.requests.push(entry);
  response.on('finish', () => {
    entry.status = response.statusCode;
  });
  const effects = parts.faults.effectsFor({ ...request, operation });
  if (effects.delayMs !== undefined) {
    await delay(effects.delayMs, undefined, { signal: closing });
  }
  if (effects.hang === true) {
    return;
  }
  if (effects.when !== 'after' && failWith(response, effects)) {
    return;
  }
  const mounted =
    operation === 'kube' ? parts.kubeRoutes : operation === 'imds' ? parts.imdsRoutes : undefined;
  if (mounted !== undefined) {
    if (!(await mounted.handle(incoming, response, body))) {
      send(response, { status: 404 }, {});
    }
    return;
  }
  const answered = ownAnswer(parts, request, effects);
  await pause(parts, answered, closing);
  if (request.method !== 'GET') {
    await parts.save();
  }
  if (effects.when === 'after' && failWith(response, effects)) {
    return;
  }
  send(response, answered, effects);
}

async function pause(
  { clock }: ServerParts,
  { pause: wanted }: EmulatorResponse,
  closing: AbortSignal,
): Promise<void> {
  try {
    if (wanted !== undefined && clock.speed > 0) {
      await delay(wanted.emulatorMs / clock.speed, undefined, { signal: closing });
    }
  } finally {
    wanted?.end();
  }
}

/** Instance metadata is asked for over plain http, by its protocol. */
function isMetadata(path = ''): boolean {
  return /^\/(metadata|_imds)(\/|\?|$)/i.test(path) && !cloudDiscoveryPath.test(path.split('?')[0] ?? '');
}

function operationName(request: EmulatorRequest): string {
  const { path, method } = request;
  if (/^\/(api|apis|version|openapi|healthz|livez|readyz)(\/|$)/.test(path)) {
    return 'kube';
  }
  if (isMetadata(path)) {
    return 'imds';
  }
  return (
    entraOperation(method, path) ??
    graphOperation(method, path) ??
    issuerOperation(method, path) ??
    matchArmRoute(method, path)?.route.name ??
    'unexpected'
  );
}

/** @returns false when the effects ask for no answer of their own */
function failWith(response: ServerResponse, effects: FaultEffect): boolean {
  if (effects.drop === true) {
    response.destroy();
    return true;
  }
  if (effects.status === undefined) {
    return false;
  }
  const { status, headers, body, text } = effects;
  send(
    response,
    {
      status,
      ...(headers && { headers }),
      ...(body !== undefined && { body }),
      ...(text !== undefined && { text }),
    },
    effects,
  );
  return true;
}

function ownAnswer(parts: ServerParts, request: EmulatorRequest, effects: FaultEffect): EmulatorResponse {
  const { world, tokens, kubeconfig, runKubectl } = parts;
  const baseUrl = parts.baseUrl();
  try {
    if (entraOperation(request.method, request.path) !== undefined) {
      return answerEntra(request, world, tokens, baseUrl);
    }
    if (graphOperation(request.method, request.path) !== undefined) {
      return answerGraph(request, world, tokens);
    }
    if (issuerOperation(request.method, request.path) !== undefined) {
      return answerIssuer(request, world);
    }
    const call = { request, world, effects, baseUrl, kubeconfig, runKubectl, giveOut: tokens.giveOut };
    return answerArm(matchArmRoute(request.method, request.path), call, tokens);
  } catch (error) {
    if (error instanceof ErrorAnswer) {
      return error.response;
    }
    throw error;
  }
}

function send(response: ServerResponse, answered: EmulatorResponse, effects: FaultEffect): void {
  const { text, contentType } = contentOf(answered);
  const requestId = crypto.randomUUID();
  response.writeHead(answered.status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(text),
    'x-ms-request-id': requestId,
    'x-ms-correlation-request-id': requestId,
    ...answered.headers,
  });
  if (effects.truncate === true) {
    response.write(text.slice(0, Math.floor(text.length / 2)), () => response.destroy());
  } else {
    response.end(answered.status === 204 ? undefined : text);
  }
}

/** A fault of the emulator itself says so, lest it be taken for Azure's. */
function sendOwnFault(response: ServerResponse, fault: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const message = fault instanceof Error ? fault.message : String(fault);
  send(response, { status: 500, body: { error: { code: 'EmulatorFault', message } } }, {});
}
