import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSecretData } from '../../../src/nmi/cluster/read-secret.ts';
import {
  parseAzureAssignedIdentity,
  parseAzureIdentity,
  parseAzureIdentityBinding,
  parseAzurePodIdentityException,
} from '../../../src/validate/kubernetes/crd-objects.ts';
import { parsePod } from '../../../src/validate/kubernetes/pod.ts';

const metadata = { name: 'web', namespace: 'shop', uid: 'u', creationTimestamp: '2026-01-02T03:04:05Z' };

describe('the identity objects', () => {
  it('keep what is of the right type and lose the rest', () => {
    const spec = {
      type: 1,
      clientID: 'c',
      tenantID: 5,
      clientPassword: { name: 's', namespace: 'shop', Name: 'S' },
      auxiliaryTenantIDs: ['t', 1],
      adEndpoint: 'https://x/',
      unknown: true,
    };
    expect(parseAzureIdentity({ metadata: { ...metadata, annotations: { a: 'b' } }, spec })).toEqual({
      metadata: { ...metadata, annotations: { a: 'b' } },
      spec: {
        type: 1,
        clientID: 'c',
        clientPassword: { name: 's', namespace: 'shop' },
        auxiliaryTenantIDs: ['t'],
        adEndpoint: 'https://x/',
      },
    });
    expect(parseAzureIdentityBinding({ metadata, spec: { azureIdentity: 'i', selector: 5 } })?.spec).toEqual({
      azureIdentity: 'i',
    });
    expect(parseAzurePodIdentityException({ metadata, spec: { podLabels: { a: 'b', c: 1 } } })?.spec).toEqual(
      {
        podLabels: { a: 'b' },
      },
    );
  });

  it('hold whole copies in an assignment, whose node is spelled in lower case', () => {
    const json = {
      metadata,
      spec: {
        azureIdentityRef: { metadata, spec: { clientID: 'c' } },
        azureBindingRef: { metadata, spec: { selector: 's' } },
        pod: 'p',
        podNamespace: 'shop',
        nodename: 'n1',
        nodeName: 'wrong',
      },
      status: { status: 'Assigned' },
    };
    expect(parseAzureAssignedIdentity(json)).toEqual({
      metadata,
      spec: {
        azureIdentityRef: { metadata, spec: { clientID: 'c' } },
        azureBindingRef: { metadata, spec: { selector: 's' } },
        pod: 'p',
        podNamespace: 'shop',
        nodename: 'n1',
      },
      status: { status: 'Assigned' },
    });
    expect(parseAzureAssignedIdentity({ metadata })?.status).toBeUndefined();
  });

  it('make no parser fall over, whatever they are', () => {
    const parsers = [
      parsePod,
      parseAzureIdentity,
      parseAzureIdentityBinding,
      parseAzurePodIdentityException,
      parseAzureAssignedIdentity,
    ];
    const like = fc.record({
      metadata: fc.oneof(fc.constant(metadata), fc.jsonValue()),
      spec: fc.jsonValue(),
      status: fc.jsonValue(),
    });
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), like), (json) => {
        for (const parse of parsers) {
          parse(json);
        }
        parseSecretData(json);
      }),
    );
  });
});
