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

  it.each([
    [
      'before 1.6.0',
      { type: 0, ResourceID: '/r', ClientID: 'c', ClientPassword: { Name: 's', Namespace: 'n' } },
    ],
    [
      'in lower case',
      { type: 0, resourceid: '/r', clientid: 'c', clientpassword: { name: 's', namespace: 'n' } },
    ],
    [
      'beside the one of today',
      {
        Type: 5,
        type: 0,
        ResourceID: '/other',
        resourceID: '/r',
        clientID: 'c',
        clientPassword: { name: 's', Name: 'x', namespace: 'n' },
      },
    ],
    [
      'with a type as text',
      { type: '0', resourceID: '/r', clientID: 'c', clientPassword: { name: 's', namespace: 'n' } },
    ],
    [
      'with what files leave around ids',
      {
        type: ' 0\n',
        resourceID: ' /r\r\n',
        clientID: '\ufeffc\n',
        clientPassword: { name: 's', namespace: 'n' },
      },
    ],
  ])('are read as they were stored: %s', (_, spec) => {
    expect(parseAzureIdentity({ metadata, spec })?.spec).toEqual({
      type: 0,
      resourceID: '/r',
      clientID: 'c',
      clientPassword: { name: 's', namespace: 'n' },
    });
  });

  it('are read in any case by binding and exception, whose texts stay as they are', () => {
    const spec = { AzureIdentity: 'web', Selector: 'web ' };
    expect(parseAzureIdentityBinding({ metadata, spec })?.spec).toEqual({
      azureIdentity: 'web',
      selector: 'web ',
    });
    expect(parseAzurePodIdentityException({ metadata, spec: { PodLabels: { app: 'A' } } })?.spec).toEqual({
      podLabels: { app: 'A' },
    });
  });

  it.each([
    ['0', 0],
    ['1', 1],
    ['2', 2],
    [' 1\n', 1],
    [1, 1],
    [null, undefined],
    ['3', 3],
  ])('have the type that is written %j', (type, known) => {
    expect(parseAzureIdentity({ metadata, spec: { type } })?.spec.type).toBe(known);
  });

  it.each(['one', '0x1', '-1', '', '1.0', '1,2', {}, true])('have no known type where it is %j', (type) => {
    expect(parseAzureIdentity({ metadata, spec: { type } })?.spec.type).toBeNaN();
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
