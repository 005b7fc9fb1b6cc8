import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type PipelinePolicy,
  type PipelineRequest,
  type PipelineResponse,
  RestError,
} from '@azure/core-rest-pipeline';
import { untilAborted } from '../../domain/time/time-limit.ts';

/** Codes of the RestErrors for answers that cannot be used. */
export const answerFaults = {
  timedOut: 'PODID_TIMED_OUT',
  cut: 'PODID_CUT',
  notJson: 'PODID_NOT_JSON',
  webPage: 'PODID_WEB_PAGE',
  empty: 'PODID_EMPTY',
  tooLong: 'PODID_TOO_LONG',
  upgraded: 'PODID_UPGRADED',
} as const;

/**
 * Lets through answers that are whole, and fails for one try at a time: the limit covers the body too (the
 * SDK's own timer stops at the headers), a cut connection is a fault of its own, and a success that is not
 * JSON, or to a read an empty one, is none. A body that does not end is given up at 64 MiB, and so is a connection that turns into
 * another protocol, of which the SDK would never hear again.
 */
export function wholeAnswerPolicy(timeoutMs: number): PipelinePolicy {
  return {
    name: 'podidWholeAnswer',
    async sendRequest(request, next) {
      const response = await withinLimit(request, timeoutMs, () => next(request));
      if (response.status === 200 && request.method === 'GET' && response.bodyAsText === '') {
        throw fault(answerFaults.empty, 'The answer is empty.', request, response);
      }
      if (response.status >= 200 && response.status < 300 && !isJson(response.bodyAsText)) {
        const isPage = /^\s*</.test(response.bodyAsText ?? '');
        throw isPage
          ? fault(answerFaults.webPage, 'The answer is a web page.', request, response)
          : fault(answerFaults.notJson, 'The answer is not JSON.', request, response);
      }
      return response;
    },
  };
}

const longestBody = 64 * 1024 * 1024;

async function withinLimit(
  request: PipelineRequest,
  timeoutMs: number,
  send: () => Promise<PipelineResponse>,
): Promise<PipelineResponse> {
  const outer = request.abortSignal as AbortSignal | undefined;
  const given = new AbortController();
  const giveUp = (code: string, message: string) => given.abort(fault(code, message, request));
  // Not AbortSignal.timeout: its timer lets the process end while the answer is awaited.
  const timer = setTimeout(
    () => giveUp(answerFaults.timedOut, `No whole answer within ${timeoutMs / 1000} s.`),
    timeoutMs,
  );
  const stopWatching = watchAnswer(request, {
    upgraded: () => giveUp(answerFaults.upgraded, 'The protocol was switched.'),
    cut: () => giveUp(answerFaults.cut, 'The connection was cut.'),
  });
  const signal = outer === undefined ? given.signal : AbortSignal.any([outer, given.signal]);
  request.abortSignal = signal;
  request.onDownloadProgress = ({ loadedBytes }) => {
    if (loadedBytes > longestBody) {
      giveUp(answerFaults.tooLong, 'The answer is longer than 64 MiB.');
    }
  };
  try {
    // The SDK does not hear of a body that ends while it counts it.
    return await untilAborted(send(), signal);
  } catch (error) {
    if (given.signal.aborted && outer?.aborted !== true) {
      throw given.signal.reason;
    }
    if (error instanceof RestError && error.code === RestError.PARSE_ERROR) {
      throw fault(answerFaults.cut, 'The connection was cut.', request);
    }
    throw error;
  } finally {
    clearTimeout(timer);
    stopWatching();
    delete request.onDownloadProgress;
    if (outer === undefined) {
      delete request.abortSignal;
    } else {
      request.abortSignal = outer;
    }
  }
}

/**
 * Node closes a connection that is switched to a protocol nobody asked for, and reports it only to those who
 * listen on its own request.
 */
function watchAnswer(
  { requestId }: PipelineRequest,
  report: { readonly upgraded: () => void; readonly cut: () => void },
): () => void {
  const started = (message: unknown) => {
    const { request } = message as { readonly request: ClientRequest };
    if (request.getHeader('x-ms-client-request-id') !== requestId) {
      return;
    }
    request.once('response', (answer) => {
      answer.once('close', () => answer.complete || report.cut());
    });
    request.once('upgrade', (_answer, socket: Duplex) => {
      socket.destroy();
      report.upgraded();
    });
  };
  subscribe('http.client.request.start', started);
  return () => unsubscribe('http.client.request.start', started);
}

function fault(
  code: string,
  message: string,
  request: PipelineRequest,
  response?: PipelineResponse,
): RestError {
  return new RestError(message, {
    code,
    request,
    ...(response === undefined ? {} : { response, statusCode: response.status }),
  });
}

/** No body at all is fine: 204, and some of ARM's 200s to a write. */
function isJson(text: string | null | undefined): boolean {
  if (text === undefined || text === null || text === '') {
    return true;
  }
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
