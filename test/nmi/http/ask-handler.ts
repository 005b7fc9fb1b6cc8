import type { IncomingMessage, ServerResponse } from 'node:http';
import { type MetadataRules, metadataAccess } from '../../../src/nmi/http/metadata-access.ts';
import { metadataTarget } from '../../../src/nmi/http/metadata-target.ts';
import { createNmiHandler } from '../../../src/nmi/http/server.ts';

export interface Routed {
  /** `token`, `host`, `forward`, or the status of an error answer. */
  readonly to: 'token' | 'host' | 'forward' | number;
  readonly query?: string;
  /** What IMDS would be asked, when forwarded. */
  readonly forwarded?: string;
}

export const everythingAllowed: MetadataRules = {
  blockInstance: false,
  allowAttestedDocument: true,
  allowScheduledEvents: true,
};

export interface AskHandler {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly rules?: MetadataRules;
  onRefused?(reason: string): void;
}

/** Sends one request through the route table alone, and returns the answer. */
export function askHandler({
  url,
  method = 'GET',
  headers = {},
  rules = everythingAllowed,
  onRefused = () => undefined,
}: AskHandler): Routed {
  let routed: Routed | undefined;
  const handle = createNmiHandler({
    clock: { now: () => 0, monotonic: () => 0, random: () => 0, sleep: () => Promise.resolve() },
    headerRequired: true,
    onRefused: (_exchange, { reason }) => onRefused(reason),
    routes: {
      token: (_exchange, query) => {
        routed = { to: 'token', query };
      },
      hostToken: (_exchange, query) => {
        routed = { to: 'host', query };
      },
      metadata: (_exchange, target) => {
        const access = metadataAccess(target.path, rules);
        const forwarded = metadataTarget(target);
        routed =
          access.kind === 'refuse'
            ? { to: access.answer.status }
            : forwarded === undefined
              ? { to: 400 }
              : { to: 'forward', forwarded };
      },
    },
  });
  const request = {
    url,
    method,
    headers: { metadata: 'true', ...headers },
    socket: { remoteAddress: '::ffff:10.0.0.7' },
  };
  const response = {
    writeHead(status: number) {
      routed = { to: status };
    },
    end() {},
  };
  void handle(request as unknown as IncomingMessage, response as unknown as ServerResponse);
  if (routed === undefined) {
    throw new Error('The handler did nothing.');
  }
  return routed;
}
