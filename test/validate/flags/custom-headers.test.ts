import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCustomHeaders } from '../../../src/validate/flags/custom-headers.ts';
import { UsageFaults } from '../../../src/validate/usage-faults.ts';
import { faultsOf } from '../faults-of.ts';

describe('custom headers', () => {
  const read = (...texts: string[]) => parseCustomHeaders(new UsageFaults(), texts);

  it('are read as az reads them, and may hold = in a value', () => {
    const feature = 'Microsoft.ContainerService/EnablePodIdentityPreview';
    expect(read(`AKSHTTPCustomFeatures=${feature},X-A=b=c=`, 'Y=')).toEqual({
      AKSHTTPCustomFeatures: feature,
      'X-A': 'b=c=',
      Y: '',
    });
  });

  it.each([
    'nothing',
    '=v',
    'a b=c',
    'ä=b',
    'a\r\nEvil: x=b',
    'a=b\r\nEvil: x',
    'a=b\n',
    'a=\0',
    'a=ü',
    'a=1,A=2',
    'Authorization=Bearer x',
    'User-Agent=x',
    'Accept=x',
    'accept-encoding=x',
    'HOST=x',
    'If-Match=*',
    'if-none-match=*',
    'Content-Length=3',
    'content-type=x',
    'Transfer-Encoding=chunked',
    'a=1,,b=2',
    '',
  ])('refuse %j', (text) => {
    expect(faultsOf((faults) => parseCustomHeaders(faults, [text]))).toHaveLength(1);
  });

  it('never let a line break through', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'grapheme' }), (name, value) => {
        const faults = new UsageFaults();
        const headers = parseCustomHeaders(faults, [`${name}=${value}`]);
        if (faults.any) {
          return;
        }
        for (const [key, text] of Object.entries(headers)) {
          expect(() => new Headers([[key, text]])).not.toThrow();
        }
        expect(JSON.stringify(headers)).not.toMatch(/\\[rn]/);
      }),
    );
  });
});
