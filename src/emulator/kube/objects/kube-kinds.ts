import { isMap, type KubeObject } from './kube-object.ts';

/** A structural schema as in a CRD's `openAPIV3Schema`, as far as pruning and validation here read it. */
export interface StructuralSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly additionalProperties?: StructuralSchema | boolean;
  readonly items?: StructuralSchema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly nullable?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
}

export interface KubeKind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Whether `status` is written through `/status` alone. */
  readonly statusSubresource: boolean;
  /** Set for custom resources: what it does not name is pruned. */
  readonly schema?: StructuralSchema;
  /** What a CRD has shown of its objects. */
  readonly columns?: readonly PrinterColumn[];
  /** What kubectl takes in place of the plural, and the lists that a kind is on, as a CRD names them. */
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

export interface PrinterColumn {
  readonly name: string;
  /** `date` is shown as an age. */
  readonly type: string;
  /** `.spec.clientID`; no more of JSONPath is read here. */
  readonly jsonPath: string;
  /** Above zero: with `-o wide` alone. */
  readonly priority?: number;
}

/** Key of a kind in the store: `azureidentities.aadpodidentity.k8s.io`, `pods.`. */
export function kindKey(kind: { readonly plural: string; readonly group: string }): string {
  return `${kind.plural}.${kind.group}`;
}

export function apiVersionOf(kind: KubeKind): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

export const crdKind = builtin('apiextensions.k8s.io', 'CustomResourceDefinition', false, true);
export const namespaceKind = builtin('', 'Namespace', false, true);

/** What the server knows without a CRD: what podid touches, and what kubectl makes by commands of its own. */
export const builtinKinds: readonly KubeKind[] = [
  namespaceKind,
  builtin('', 'Node', false, true),
  builtin('', 'Pod', true, true),
  builtin('', 'Secret', true),
  builtin('', 'ConfigMap', true),
  builtin('', 'ServiceAccount', true),
  builtin('', 'Event', true),
  { ...builtin('', 'Endpoints', true), plural: 'endpoints' },
  builtin('', 'LimitRange', true),
  builtin('', 'PersistentVolumeClaim', true, true),
  builtin('', 'ReplicationController', true, true),
  builtin('', 'ResourceQuota', true, true),
  builtin('', 'Service', true, true),
  crdKind,
  builtin('apps', 'DaemonSet', true, true),
  builtin('apps', 'Deployment', true, true),
  builtin('apps', 'ReplicaSet', true, true),
  builtin('apps', 'StatefulSet', true, true),
  { ...builtin('autoscaling', 'HorizontalPodAutoscaler', true, true), version: 'v2' },
  builtin('batch', 'CronJob', true, true),
  builtin('batch', 'Job', true, true),
  builtin('coordination.k8s.io', 'Lease', true),
  { ...builtin('networking.k8s.io', 'Ingress', true, true), plural: 'ingresses' },
  { ...builtin('networking.k8s.io', 'NetworkPolicy', true), plural: 'networkpolicies' },
  builtin('policy', 'PodDisruptionBudget', true, true),
  builtin('rbac.authorization.k8s.io', 'ClusterRole', false),
  builtin('rbac.authorization.k8s.io', 'ClusterRoleBinding', false),
  builtin('rbac.authorization.k8s.io', 'Role', true),
  builtin('rbac.authorization.k8s.io', 'RoleBinding', true),
  { ...builtin('scheduling.k8s.io', 'PriorityClass', false), plural: 'priorityclasses' },
  {
    ...builtin('admissionregistration.k8s.io', 'ValidatingAdmissionPolicy', false, true),
    plural: 'validatingadmissionpolicies',
  },
  builtin('admissionregistration.k8s.io', 'ValidatingAdmissionPolicyBinding', false),
  builtin('admissionregistration.k8s.io', 'MutatingWebhookConfiguration', false),
];

function builtin(group: string, kind: string, namespaced: boolean, statusSubresource = false): KubeKind {
  const singular = kind.toLowerCase();
  return { group, version: 'v1', plural: `${singular}s`, singular, kind, namespaced, statusSubresource };
}

/** The kinds that one CustomResourceDefinition adds, one for each served version. */
export function kindsOfCrd(crd: KubeObject): readonly KubeKind[] {
  const spec = crd.spec as CrdSpec | undefined;
  if (!isMap(spec) || !isMap(spec.names)) {
    return [];
  }
  const versions = (spec.versions ?? []).filter((version) => version.served);
  return versions.map((version) => ({
    group: spec.group,
    version: version.name,
    plural: spec.names.plural,
    singular: spec.names.singular ?? spec.names.kind.toLowerCase(),
    kind: spec.names.kind,
    namespaced: spec.scope === 'Namespaced',
    statusSubresource: version.subresources?.status !== undefined,
    schema: version.schema?.openAPIV3Schema ?? {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
    },
    ...(version.additionalPrinterColumns ? { columns: version.additionalPrinterColumns } : {}),
    ...(spec.names.shortNames ? { shortNames: spec.names.shortNames } : {}),
    ...(spec.names.categories ? { categories: spec.names.categories } : {}),
  }));
}

interface CrdSpec {
  readonly group: string;
  readonly scope: string;
  readonly names: {
    readonly plural: string;
    readonly singular?: string;
    readonly kind: string;
    readonly shortNames?: readonly string[];
    readonly categories?: readonly string[];
  };
  readonly versions?: readonly {
    readonly name: string;
    readonly served: boolean;
    readonly subresources?: { readonly status?: unknown };
    readonly additionalPrinterColumns?: readonly PrinterColumn[];
    readonly schema?: { readonly openAPIV3Schema?: StructuralSchema };
  }[];
}
