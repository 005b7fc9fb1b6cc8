/** What a field holds: a scalar, or a message by its own fields. */
export type FieldType = 'text' | 'bytes' | 'flag' | 'number' | 'nothing' | Message;

export interface Field {
  /** As in JSON. */
  readonly name: string;
  readonly type: FieldType;
  readonly many?: 'list' | 'map';
}

/** Fields by their number. Numbers never change: those of Kubernetes' `generated.proto`. */
export type Message = Readonly<Record<number, Field>>;

const one = (name: string, type: FieldType = 'text'): Field => ({ name, type });
const list = (name: string, type: FieldType = 'text'): Field => ({ name, type, many: 'list' });
const map = (name: string, type: FieldType = 'text'): Field => ({ name, type, many: 'map' });

const ownerReference: Message = {
  1: one('kind'),
  3: one('name'),
  4: one('uid'),
  5: one('apiVersion'),
  6: one('controller', 'flag'),
  7: one('blockOwnerDeletion', 'flag'),
};

/** Without what the server alone writes; its creation time is sent empty. */
const objectMeta: Message = {
  1: one('name'),
  2: one('generateName'),
  3: one('namespace'),
  4: one('selfLink'),
  5: one('uid'),
  6: one('resourceVersion'),
  7: one('generation', 'number'),
  8: one('creationTimestamp', 'nothing'),
  11: map('labels'),
  12: map('annotations'),
  13: list('ownerReferences', ownerReference),
  14: list('finalizers'),
};

const metadata = one('metadata', objectMeta);

const objectReference: Message = {
  1: one('kind'),
  2: one('namespace'),
  3: one('name'),
  4: one('uid'),
  5: one('apiVersion'),
  6: one('resourceVersion'),
  7: one('fieldPath'),
};

const policyRule: Message = {
  1: list('verbs'),
  2: list('apiGroups'),
  3: list('resources'),
  4: list('resourceNames'),
  5: list('nonResourceURLs'),
};

const subject: Message = { 1: one('kind'), 2: one('apiGroup'), 3: one('name'), 4: one('namespace') };
const binding: Message = {
  1: metadata,
  2: list('subjects', subject),
  3: one('roleRef', { 1: one('apiGroup'), 2: one('kind'), 3: one('name') }),
};

const selectorRequirement: Message = { 1: one('key'), 2: one('operator'), 3: list('values') };
const labelSelector: Message = {
  1: map('matchLabels'),
  2: list('matchExpressions', selectorRequirement),
};

const accessReview: Message = {
  1: metadata,
  2: one('spec', {
    1: one('resourceAttributes', {
      1: one('namespace'),
      2: one('verb'),
      3: one('group'),
      4: one('version'),
      5: one('resource'),
      6: one('subresource'),
      7: one('name'),
    }),
    2: one('nonResourceAttributes', { 1: one('path'), 2: one('verb') }),
  }),
  3: one('status', 'nothing'),
};

/**
 * The kinds that kubectl's own commands (`create namespace`, `create configmap`, `auth can-i` and so on) send
 * as protobuf, by `apiVersion/kind`, as far as no pod is in them.
 */
export const kubeMessages: Readonly<Record<string, Message>> = {
  'v1/Namespace': { 1: metadata, 2: one('spec', { 1: list('finalizers') }), 3: one('status', 'nothing') },
  'v1/ConfigMap': { 1: metadata, 2: map('data'), 3: map('binaryData', 'bytes'), 4: one('immutable', 'flag') },
  'v1/Secret': {
    1: metadata,
    2: map('data', 'bytes'),
    3: one('type'),
    4: map('stringData'),
    5: one('immutable', 'flag'),
  },
  'v1/ServiceAccount': {
    1: metadata,
    2: list('secrets', objectReference),
    3: list('imagePullSecrets', { 1: one('name') }),
    4: one('automountServiceAccountToken', 'flag'),
  },
  'rbac.authorization.k8s.io/v1/Role': { 1: metadata, 2: list('rules', policyRule) },
  'rbac.authorization.k8s.io/v1/ClusterRole': {
    1: metadata,
    2: list('rules', policyRule),
    3: one('aggregationRule', { 1: list('clusterRoleSelectors', labelSelector) }),
  },
  'rbac.authorization.k8s.io/v1/RoleBinding': binding,
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': binding,
  'authorization.k8s.io/v1/SelfSubjectAccessReview': accessReview,
};

/** Around every message: `runtime.Unknown`. */
export const envelope: Message = {
  1: one('typeMeta', { 1: one('apiVersion'), 2: one('kind') }),
  2: one('raw', 'bytes'),
  3: one('contentEncoding'),
  4: one('contentType'),
};
