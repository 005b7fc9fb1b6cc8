import { describe, expect, it } from 'vitest';
import { maskSecrets } from '../../../src/arm/connection/mask-secrets.ts';
import { token } from '../arm-server.ts';

describe('masking secrets', () => {
  it.each([
    ['many quotes', '\\"'],
    ['the beginnings of tokens', 'eyJaaaaa-'],
    ['names of secrets', '"token'],
    ['white space after a name', '"token" '],
  ])('takes time in line with the length of a text of %s', (_title, piece) => {
    // The least of several: a busy machine only ever takes longer.
    const milliseconds = (length: number) => {
      const text = piece.repeat(length / piece.length);
      const took = Array.from({ length: 5 }, () => {
        const startedMs = performance.now();
        maskSecrets(text);
        return performance.now() - startedMs;
      });
      return Math.min(...took);
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

describe('masking', () => {
  it.each([
    [`Bearer ${token}`, token],
    ['Authorization: Basic c2VjcmV0', 'c2VjcmV0'],
    ['https://x/y?api-version=1&t=9&s=SIGNATURE&h=HASH', 'SIGNATURE'],
    ['{"clientSecret": "s3\\"cret", "a":1}', 's3'],
    ['{"adminPassword":"s3cret"}', 's3cret'],
  ])('leaves no secret in %s', (line, secret) => {
    expect(maskSecrets(line)).not.toContain(secret);
    expect(maskSecrets(line)).toContain('***');
  });
});
