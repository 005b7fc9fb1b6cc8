import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { MetadataQuestion, MetadataService } from '../../domain/azure/metadata-service.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { parseTokenAnswer, tokenIn } from '../../validate/azure/token-answer.ts';
import { type Answer, errorOf } from './error-of-answer.ts';
import { type OpenUrl, openUrl } from './open-url.ts';

/** The version that every SDK asks by. */
const apiVersion = '2018-02-01';
/** IMDS's answers are a few kilobytes. */
const mostBytes = 256 * 1024;

/**
 * Asks as an SDK does: plainly, past every proxy, and without following anybody anywhere. SDKs try again by
 * themselves; here that is the caller's to do.
 */
export function metadataService({
  userAgent,
  clock,
  network,
}: {
  readonly userAgent: string;
  readonly clock: Clock;
  /** The way to whatever a token opens; the metadata service is asked past every proxy. */
  readonly network: OpenUrl['network'];
}): MetadataService {
  return {
    async token(question, signal) {
      const answer = await ask(question, userAgent, signal);
      const owner = answer.status === 200 ? parseTokenAnswer(answer.text, clock.now()) : undefined;
      if (owner === undefined) {
        throw errorOf(answer, question, clock.now());
      }
      if (question.open === undefined) {
        return { owner, agent: answer.agent };
      }
      const opened = await openUrl(question.open, {
        token: tokenIn(answer.text),
        endpoint: question.endpoint,
        userAgent,
        network,
        signal,
      });
      return { owner, agent: answer.agent, opened };
    },
  };
}

function tokenUrl({ endpoint, resource, clientId, identityResourceId }: MetadataQuestion): URL {
  const url = new URL(`${endpoint.replace(/\/+$/, '')}/metadata/identity/oauth2/token`);
  url.searchParams.set('api-version', apiVersion);
  url.searchParams.set('resource', resource);
  if (clientId !== undefined) {
    url.searchParams.set('client_id', clientId);
  }
  if (identityResourceId !== undefined) {
    url.searchParams.set('msi_res_id', identityResourceId);
  }
  return url;
}

function ask(question: MetadataQuestion, userAgent: string, signal: AbortSignal): Promise<Answer> {
  const url = tokenUrl(question);
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) => reject(signal.aborted ? signal.reason : nobodyAnswers(question, cause));
    const headers = { Metadata: 'true', Accept: 'application/json', 'User-Agent': userAgent };
    const asked = send(url, { headers, signal, agent: false }, (response) => {
      readText(response).then((text) => resolve({ ...headOf(response), text }), fail);
    });
    asked.on('error', fail);
    asked.end();
  });
}

function headOf({ statusCode, headers }: IncomingMessage): Omit<Answer, 'text'> {
  const agent = headers['x-podid-agent'];
  return {
    status: statusCode ?? 0,
    retryAfter: headers['retry-after'],
    agent: typeof agent === 'string' ? agent : null,
  };
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > mostBytes) {
      throw new Error(`the answer is longer than ${mostBytes / 1024} KiB`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function nobodyAnswers({ endpoint }: MetadataQuestion, cause: NodeJS.ErrnoException): PodidError {
  return new PodidError('Unavailable', `Nobody answers at ${endpoint}: ${cause.code ?? cause.message}.`, {
    hint: advice`${command('podid nmi status')}  # shows whether the agent runs on the node of this pod; outside Azure and its clusters: --endpoint URL; beside podid emulator: ${command('podid token --emulated-pod NAMESPACE/LABEL')}`,
    cause,
  });
}
