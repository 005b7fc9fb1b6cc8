import { describe, expect, it } from 'vitest';
import { mapArmError } from '../../../src/arm/connection/map-arm-error.ts';
import { hintText } from '../../hint-text.ts';

const request = { doing: 'read AKS cluster demo', action: 'a/read', scope: '/s', caller: 'you' } as never;

describe('what an SDK call threw', () => {
  it.each([
    'Bearer token authentication is not permitted for non-TLS protected (non-https) URLs.',
    'Authentication is not permitted for non-TLS protected (non-https) URLs when allowInsecureConnection is false.',
  ])(
    'is a mistake of the settings, and no passing trouble, where a sign-in was to go over http: %s',
    (text) => {
      expect(mapArmError(new Error(text), request)).toMatchObject({
        code: 'InvalidUsage',
        message:
          'Cannot read AKS cluster demo: PODID_ARM_ENDPOINT is plain http, over which podid sends PODID_ARM_TOKEN and no other sign-in.',
        hint: hintText(/^\. \.\/demo\.env/),
      });
    },
  );

  it('is passing trouble where nothing is known of it', () => {
    expect(mapArmError(new Error('x'), request)).toMatchObject({ code: 'Unavailable' });
  });
});
