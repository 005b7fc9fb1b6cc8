import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { askForToken } from '../../../src/workflows/agent/ask-for-token.ts';

/** Time passes only while somebody pauses; an alarm does not ring before its time. */
function sleeper() {
  let now = 0;
  return {
    now: () => now,
    monotonic: () => now,
    random: () => 0.5,
    async sleep(ms: number, signal: AbortSignal) {
      if (ms > 1000) {
        return once(signal, 'abort').then(() => signal.throwIfAborted());
      }
      now += ms;
    },
  };
}

describe('asking for a token', () => {
  it('is no storm where the answer says to come again at once', async () => {
    const clock = sleeper();
    const busy = new PodidError('Unavailable', 'Busy.', { retryAfterMs: 0 });
    let asked = 0;
    const service = {
      token: () => {
        asked += 1;
        // Without a pause it would ask until a person ends it, since no time passes.
        return Promise.reject(asked > 100 ? new PodidError('TokenRefused', 'A storm.') : busy);
      },
    };
    const question = { endpoint: 'http://127.0.0.1:1', resource: 'r' };
    const options = {
      clock,
      report: { progress: () => undefined },
      timeoutMs: 10_000,
      subject: true,
      signal: new AbortController().signal,
    };
    await expect(askForToken(service, question, options as never)).rejects.toMatchObject({
      code: 'Unavailable',
    });
    expect(asked).toBeLessThanOrEqual(20);
  });
});
