import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../domain/time/clock.ts';
import type { RulesText } from '../../rules/text/rules-text.ts';
import { answerText, refuseOthers } from './for-the-node.ts';

/** Read once a second at most, as the metrics are. */
const freshMs = 1_000;

/**
 * `/rules`, beside the metrics: the redirect rules and the address guard as the kernel had them when they were last
 * read back. They have addresses of all tenants' pods, so that they are for the node itself.
 */
export function createRulesHandler(
  rules: Pick<RulesText, 'read'>,
  clock: Pick<Clock, 'monotonic'>,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  let made: { readonly atMs: number; readonly text: Promise<string | undefined> } | undefined;
  return async (request, response) => {
    if (refuseOthers(request, response, { what: 'The text of the rules', readBy: 'podid nmi collect' })) {
      return;
    }
    const nowMs = clock.monotonic();
    if (made === undefined || nowMs - made.atMs >= freshMs) {
      made = { atMs: nowMs, text: rules.read() };
    }
    const text = await made.text;
    answerText(response, text === undefined ? 404 : 200, text ?? nobodyReads);
  };
}

const nobodyReads =
  'Nobody reads the rules back for this agent: it has just started, or --redirected-by-others.';
