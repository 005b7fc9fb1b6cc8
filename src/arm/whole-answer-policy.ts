import {
  type PipelinePolicy,
  type PipelineRequest,
  type PipelineResponse,
  RestError,
} from '@azure/core-rest-pipeline';

/** Codes of the RestErrors for answers that cannot be used. */
export const answerFaults = {
  timedOut: 'PODID_TIMED_OUT',
  cut: 'PODID_CUT',
  notJson: 'PODID_NOT_JSON',
} as const;

/**
 * Lets through answers that are whole, and fails for one try at a time: the limit covers the body too (the SDK's own timer stops at the
 * headers), a cut connection is a fault of its own, and a success that is not JSON is none.
 */
export function wholeAnswerPolicy(timeoutMs: number): PipelinePolicy {
  return {
    name: 'podidWholeAnswer',
    async sendRequest(request, next) {
      const response = await withinLimit(request, timeoutMs, () => next(request));
      if (response.status >= 200 && response.status < 300 && !isJson(response.bodyAsText)) {
        throw fault(answerFaults.notJson, 'The answer is not JSON.', request, response);
      }
      return response;
    },
  };
}

async function withinLimit(
  request: PipelineRequest,
  timeoutMs: number,
  send: () => Promise<PipelineResponse>,
): Promise<PipelineResponse> {
  const outer = request.abortSignal as AbortSignal | undefined;
  const limit = AbortSignal.timeout(timeoutMs);
  request.abortSignal = outer === undefined ? limit : AbortSignal.any([outer, limit]);
  try {
    return await send();
  } catch (error) {
    if (limit.aborted && outer?.aborted !== true) {
      throw fault(answerFaults.timedOut, `No whole answer within ${timeoutMs / 1000} s.`, request);
    }
    if (error instanceof RestError && error.code === RestError.PARSE_ERROR) {
      throw fault(answerFaults.cut, 'The connection was cut.', request);
    }
    throw error;
  } finally {
    if (outer === undefined) delete request.abortSignal;
    else request.abortSignal = outer;
  }
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

/** No body at all is fine: 204, and some of ARM's 200s. */
function isJson(text: string | null | undefined): boolean {
  if (text === undefined || text === null || text === '') return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
