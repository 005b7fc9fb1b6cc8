import { keptAnnotations } from '../../domain/exchange/kept-annotations.ts';
import {
  assignedAtAnnotation,
  bindingLabel,
  podUidAnnotation,
} from '../../domain/kubernetes/identity-resources.ts';
import { anyCase, type JsonShape } from '../json-shape.ts';

/*
 * What an agent keeps of the objects that it watches: the members that the parsers beside this file read, and of the metadata
 * what it decides by. An object may be 1.5 MB large, and whoever may write one chooses what of it is.
 */

const named = {
  name: 'always',
  namespace: 'always',
  uid: 'always',
  resourceVersion: 'always',
  creationTimestamp: 'always',
} as const;

export const keptOfPods: JsonShape = {
  metadata: {
    ...named,
    labels: 'kept',
    ownerReferences: { controller: 'kept', kind: 'kept', name: 'kept', uid: 'kept' },
  },
  spec: { nodeName: 'always', hostNetwork: 'always', serviceAccountName: 'always' },
  status: { phase: 'always', startTime: 'always', podIP: 'always', podIPs: { ip: 'always' } },
};

export const keptOfIdentities: JsonShape = {
  metadata: { ...named, annotations: Object.fromEntries(keptAnnotations.map((name) => [name, 'kept'])) },
  spec: {
    [anyCase]: true,
    type: 'kept',
    resourceID: 'kept',
    clientID: 'kept',
    clientPassword: { [anyCase]: true, name: 'kept', namespace: 'kept' },
    tenantID: 'kept',
    auxiliaryTenantIDs: 'kept',
    adEndpoint: 'kept',
  },
};

export const keptOfBindings: JsonShape = {
  metadata: named,
  spec: { [anyCase]: true, azureIdentity: 'kept', selector: 'kept' },
};

export const keptOfExceptions: JsonShape = { metadata: named, spec: { [anyCase]: true, podLabels: 'kept' } };

export const keptOfAssignments: JsonShape = {
  metadata: { ...named, annotations: { [podUidAnnotation]: 'kept', [assignedAtAnnotation]: 'kept' } },
  spec: {
    azureIdentityRef: keptOfIdentities,
    azureBindingRef: { metadata: named, spec: { [anyCase]: true, selector: 'kept' } },
    pod: 'kept',
    podNamespace: 'kept',
    nodename: 'kept',
  },
  status: { status: 'kept' },
};

/** Nodes, as a controller reads them. */
export const keptOfNodes: JsonShape = { metadata: named, spec: { providerID: 'always' } };

/** Pods, as far as a controller decides by them. */
export const keptOfLabelledPods: JsonShape = {
  metadata: { ...named, labels: { [bindingLabel]: 'always' } },
  spec: { nodeName: 'always' },
  status: { phase: 'always' },
};

/** Assignments, with what only their owner reads. */
export const keptOfOwnAssignments: JsonShape = {
  metadata: {
    ...named,
    deletionTimestamp: 'always',
    finalizers: 'kept',
    labels: { nodename: 'always' },
    annotations: { [podUidAnnotation]: 'always', [assignedAtAnnotation]: 'always' },
  },
  spec: {
    azureIdentityRef: keptOfIdentities,
    azureBindingRef: keptOfBindings,
    pod: 'always',
    podNamespace: 'always',
    nodename: 'always',
  },
  status: { status: 'always' },
};
