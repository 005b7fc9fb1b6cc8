import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../domain/time/clock.ts';
import type { PodRecord } from '../../observe/record/pod-record.ts';
import { answerBody, refuseOthers } from './for-the-node.ts';

/** Put together once a second at most, as the metrics are. */
const freshMs = 1_000;

/**
 * `/record`, beside the metrics: what each pod of the node asked for last. It names the pods and libraries of all
 * tenants, so that it is for the node itself.
 */
export function createRecordHandler(
  record: Pick<PodRecord, 'document'>,
  clock: Pick<Clock, 'monotonic'>,
): (request: IncomingMessage, response: ServerResponse) => void {
  let made: { readonly atMs: number; readonly text: Buffer } | undefined;
  return (request, response) => {
    if (refuseOthers(request, response, { what: 'The record of pods', readBy: 'podid migrate plan' })) {
      return;
    }
    const nowMs = clock.monotonic();
    if (made === undefined || nowMs - made.atMs >= freshMs) {
      made = { atMs: nowMs, text: Buffer.from(JSON.stringify(record.document())) };
    }
    answerBody(response, 200, 'application/json', made.text);
  };
}
