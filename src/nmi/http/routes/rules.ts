import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../domain/time/clock.ts';
import { FileTooLarge } from '../../rules/read-small-file.ts';
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
  let made: { readonly atMs: number; readonly answer: Promise<Answer> } | undefined;
  return async (request, response) => {
    if (refuseOthers(request, response, { what: 'The text of the rules', readBy: 'podid nmi collect' })) {
      return;
    }
    const nowMs = clock.monotonic();
    if (made === undefined || nowMs - made.atMs >= freshMs) {
      made = { atMs: nowMs, answer: readAnswer(rules) };
    }
    const { status, text } = await made.answer;
    answerText(response, status, text);
  };
}

interface Answer {
  readonly status: 200 | 404 | 500;
  readonly text: string;
}

async function readAnswer(rules: Pick<RulesText, 'read'>): Promise<Answer> {
  try {
    const text = await rules.read();
    return text === undefined ? { status: 404, text: nobodyReads } : { status: 200, text };
  } catch (error) {
    if (!(error instanceof FileTooLarge)) {
      throw error;
    }
    return { status: 500, text: `${error.message} podid writes none so large.` };
  }
}

const nobodyReads =
  'Nobody reads the rules back for this agent: it has just started, or --redirected-by-others.';
