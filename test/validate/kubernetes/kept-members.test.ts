import { describe, expect, it } from 'vitest';
import { JsonCutter } from '../../../src/k8s/client/cut-json.ts';
import {
  parseAzureAssignedIdentity,
  parseAzureIdentity,
  parseAzureIdentityBinding,
  parseAzurePodIdentityException,
} from '../../../src/validate/kubernetes/crd-objects.ts';
import {
  keptOfAssignments,
  keptOfBindings,
  keptOfExceptions,
  keptOfIdentities,
  keptOfNodes,
  keptOfOwnAssignments,
} from '../../../src/validate/kubernetes/kept-members.ts';
import { parseLiveAssignment } from '../../../src/validate/kubernetes/live-assignment.ts';
import { parseNode } from '../../../src/validate/kubernetes/node.ts';

const metadata = {
  name: 'web',
  namespace: 'shop',
  uid: 'u',
  resourceVersion: '7',
  creationTimestamp: '2026-01-01T00:00:00Z',
};
const identity = {
  metadata: {
    ...metadata,
    annotations: {
      'aadpodidentity.k8s.io/Behavior': 'namespaced',
      'podid.io/token-source': 'exchange',
      'podid.io/tenant-id': '00000000-0000-4000-8000-00000000000a',
    },
  },
  spec: {
    type: 1,
    resourceID: '/r',
    clientID: 'c',
    clientPassword: { name: 'n', namespace: 's' },
    tenantID: 't',
    auxiliaryTenantIDs: ['t2'],
    adEndpoint: 'https://x/',
  },
};
const binding = { metadata, spec: { azureIdentity: 'web', selector: 'web' } };

const owned = {
  metadata: {
    ...metadata,
    finalizers: ['f'],
    deletionTimestamp: '2026-01-01T00:00:00Z',
    labels: { nodename: 'n1' },
    annotations: { 'podid.io/pod-uid': 'u1' },
  },
  spec: {
    azureIdentityRef: identity,
    azureBindingRef: binding,
    pod: 'web-0',
    podNamespace: 'shop',
    nodename: 'n1',
  },
  status: { status: 'Created' },
};

describe('of what an agent or the controller decides by, nothing is left out of', () => {
  it.each([
    ['an AzureIdentity', keptOfIdentities, parseAzureIdentity, identity],
    [
      'an AzureIdentity of before 1.6.0',
      keptOfIdentities,
      parseAzureIdentity,
      { metadata, spec: { type: '0', ResourceID: '/r', ClientID: 'c', ClientPassword: { Name: 'n' } } },
    ],
    [
      'an AzureIdentityBinding of before 1.6.0',
      keptOfBindings,
      parseAzureIdentityBinding,
      { metadata, spec: { AzureIdentity: 'web', Selector: 'web' } },
    ],
    ['an AzureIdentityBinding', keptOfBindings, parseAzureIdentityBinding, binding],
    [
      'an AzurePodIdentityException',
      keptOfExceptions,
      parseAzurePodIdentityException,
      { metadata, spec: { podLabels: { app: 'a' } } },
    ],
    [
      'an AzureAssignedIdentity',
      keptOfAssignments,
      parseAzureAssignedIdentity,
      {
        metadata: {
          ...metadata,
          annotations: { 'podid.io/pod-uid': 'u1', 'podid.io/assigned-at': '2026-01-01T00:00:00Z' },
        },
        spec: {
          azureIdentityRef: identity,
          azureBindingRef: { metadata, spec: { selector: 'web' } },
          pod: 'web-0',
          podNamespace: 'shop',
          nodename: 'n1',
        },
        status: { status: 'Assigned' },
      },
    ],
    ['an AzureAssignedIdentity of its owner', keptOfOwnAssignments, parseLiveAssignment, owned],
    ['a node', keptOfNodes, parseNode, { metadata, spec: { providerID: 'azure:///x' } }],
  ])('%s', (_kind, shape, parse, object) => {
    const whole = { ...object, metadata: { ...object.metadata, managedFields: [{ manager: 'kubectl' }] } };
    const [cut] = new JsonCutter({ shape, mostBytes: 10_000 }).push(Buffer.from(JSON.stringify(whole)));
    expect(JSON.stringify(cut?.json)).not.toContain('kubectl');
    expect(parse(cut?.json)).toEqual(parse(object));
  });
});
