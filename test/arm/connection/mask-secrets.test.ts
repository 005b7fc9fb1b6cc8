import { describe, expect, it } from 'vitest';
import { maskSecrets } from '../../../src/arm/connection/mask-secrets.ts';

describe('masking secrets', () => {
  it.each([
    ['many quotes', '\\"'],
    ['the beginnings of tokens', 'eyJaaaaa-'],
    ['names of secrets', '"token'],
    ['white space after a name', '"token" '],
  ])('takes time in line with the length of a text of %s', (_title, piece) => {
    const milliseconds = (length: number) => {
      const text = piece.repeat(length / piece.length);
      const startedMs = performance.now();
      maskSecrets(text);
      return performance.now() - startedMs;
    };
    milliseconds(10_000);
    // Four times the length in sixteen times the time would be its square.
    expect(milliseconds(800_000)).toBeLessThan(10 * milliseconds(200_000) + 200);
  });

  it('finds a password in JSON and in JSON within JSON', () => {
    const inner = JSON.stringify({ adminPassword: 'pa55word' });
    expect(maskSecrets(inner)).not.toContain('pa55word');
    expect(maskSecrets(JSON.stringify({ message: inner }))).not.toContain('pa55word');
  });
});
