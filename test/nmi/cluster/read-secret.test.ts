import { describe, expect, it } from 'vitest';
import { parseSecretData } from '../../../src/nmi/cluster/read-secret.ts';

describe('a secret', () => {
  it('is decoded key by key', () => {
    expect(parseSecretData({ data: { a: Buffer.from('x').toString('base64'), b: 1 } })).toEqual({
      a: Uint8Array.of(120),
    });
    expect(parseSecretData({})).toEqual({});
  });
});
