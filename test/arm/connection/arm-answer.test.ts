import { describe, expect, it } from 'vitest';
import { azureRetryAfterMs } from '../../../src/arm/connection/arm-answer.ts';

describe('Retry-After', () => {
  it.each([
    [{ 'retry-after': '3' }, 3_000],
    [{ 'retry-after-ms': '40', 'retry-after': '3' }, 40],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:10 GMT' }, 9_000],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '-1' }, undefined],
    [{}, undefined],
  ])('of %o is %s ms', (headers: Record<string, string>, expected) => {
    expect(azureRetryAfterMs({ get: (name) => headers[name] }, 1_000)).toBe(expected);
  });
});
