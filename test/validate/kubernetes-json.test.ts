import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSecretData } from '../../src/nmi/cluster/read-secret.ts';
import {
  parseAzureAssignedIdentity,
  parseAzureIdentity,
  parseAzureIdentityBinding,
  parseAzurePodIdentityException,
} from '../../src/validate/kubernetes/crd-objects.ts';
import { parsePod } from '../../src/validate/kubernetes/pod.ts';
import { parseList, parseWatchEvent } from '../../src/validate/kubernetes/watch-event.ts';

const metadata = { name: 'web', namespace: 'shop', uid: 'u', creationTimestamp: '2026-01-02T03:04:05Z' };

describe('a pod', () => {
  it('has what the agent looks at, every address once', () => {
    const json = {
      metadata: { ...metadata, labels: { app: 'x', bad: 1 } },
      spec: { nodeName: 'n1', hostNetwork: true },
      status: {
        phase: 'Running',
        podIP: '10.0.0.1',
        podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }, 'x', {}],
      },
    };
    expect(parsePod(json)).toEqual({
      uid: 'u',
      name: 'web',
      namespace: 'shop',
      labels: { app: 'x' },
      ips: ['10.0.0.1', 'fd00::1'],
      hostNetwork: true,
      nodeName: 'n1',
      phase: 'Running',
      createdMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    });
  });

  it('may lack everything but its names', () => {
    expect(parsePod({ metadata })).toMatchObject({
      labels: {},
      ips: [],
      hostNetwork: false,
      phase: '',
      nodeName: '',
    });
    expect(parsePod({ metadata: { ...metadata, creationTimestamp: 'soon' } })?.createdMs).toBe(0);
    expect(parsePod({ metadata: { name: 'web', namespace: 'shop' } })).toBeUndefined();
  });
});

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

describe('a secret', () => {
  it('is decoded key by key', () => {
    expect(parseSecretData({ data: { a: Buffer.from('x').toString('base64'), b: 1 } })).toEqual({
      a: Uint8Array.of(120),
    });
    expect(parseSecretData({})).toEqual({});
  });
});

describe('an answer of the API server', () => {
  it('is a list, even an empty one written as null, or refused', () => {
    expect(parseList({ metadata: { resourceVersion: '5' }, items: null })).toEqual({
      items: [],
      resourceVersion: '5',
    });
    for (const json of [
      {},
      null,
      [],
      { items: [] },
      { metadata: { resourceVersion: '5' } },
      { metadata: { resourceVersion: '5' }, items: {} },
    ]) {
      expect(() => parseList(json)).toThrow(/no list/);
    }
  });

  it('is an event of a watch, or refused', () => {
    const object = { metadata: { resourceVersion: '7' } };
    expect(parseWatchEvent({ type: 'BOOKMARK', object })).toEqual({
      type: 'BOOKMARK',
      object,
      resourceVersion: '7',
    });
    expect(parseWatchEvent({ type: 'ERROR', object: { code: 410 } })).toEqual({ type: 'ERROR', code: 410 });
    expect(parseWatchEvent({ type: 'ERROR' })).toEqual({ type: 'ERROR', code: 500 });
    for (const line of [{}, 5, { type: 'ADDED' }, { type: 'OTHER', object }]) {
      expect(() => parseWatchEvent(line)).toThrow(/no event/);
    }
  });
});
