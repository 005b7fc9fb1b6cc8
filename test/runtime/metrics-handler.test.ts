import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createMetricsHandler } from '../../src/runtime/metrics-handler.ts';

function handlerAt(text: () => Promise<string>) {
  const now = { ms: 0 };
  const never = () => undefined;
  const metrics = {
    text,
    contentType: 'text/plain',
    counter: () => never,
    gauge: never,
    histogram: () => never,
  };
  const handle = createMetricsHandler(metrics, { monotonic: () => now.ms });
  const ask = async () => {
    let answered = '';
    const response = {
      writeHead: () => response,
      end: (body: Buffer) => {
        answered = String(body);
      },
    };
    await handle({ url: '/metrics' } as IncomingMessage, response as unknown as ServerResponse);
    return answered;
  };
  return { ask, now };
}

describe('the numbers for Prometheus', () => {
  it('are put together once a second, for all who ask', async () => {
    let made = 0;
    const { ask, now } = handlerAt(async () => `made ${++made}`);
    expect(await Promise.all(Array.from({ length: 100 }, ask))).toEqual(Array(100).fill('made 1'));
    now.ms = 999;
    expect(await ask()).toBe('made 1');
    now.ms = 1000;
    expect(await ask()).toBe('made 2');
  });

  it('are tried again at once where that failed', async () => {
    let tries = 0;
    const { ask } = handlerAt(async () => {
      tries += 1;
      if (tries === 1) {
        throw new Error('no');
      }
      return 'there';
    });
    await expect(ask()).rejects.toThrow('no');
    expect(await ask()).toBe('there');
  });
});
