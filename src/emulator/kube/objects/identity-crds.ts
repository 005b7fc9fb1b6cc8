import type { PrinterColumn, StructuralSchema } from './kube-kinds.ts';
import type { KubeObject } from './kube-object.ts';

/**
 * The four CustomResourceDefinitions of `aadpodidentity.k8s.io/v1` with the fields that upstream's have:
 * types alone, nothing required, upstream's columns, no status subresource, `nodename` in lower case, and vestigial `metadata`
 * objects whose contents are pruned.
 */
export function identityCrds(): readonly KubeObject[] {
  return [
    crd('AzureIdentity', 'azureidentities', identitySpec, statusWith({ availableReplicas: int32 }), [
      column('Type', '.spec.type'),
      column('ClientID', '.spec.clientID'),
    ]),
    crd(
      'AzureIdentityBinding',
      'azureidentitybindings',
      bindingSpec,
      statusWith({ availableReplicas: int32 }),
      [column('AzureIdentity', '.spec.azureIdentity'), column('Selector', '.spec.selector')],
    ),
    crd(
      'AzureAssignedIdentity',
      'azureassignedidentities',
      assignedSpec,
      statusWith({ availableReplicas: int32, status: string }),
    ),
    crd(
      'AzurePodIdentityException',
      'azurepodidentityexceptions',
      exceptionSpec,
      statusWith({ status: string }),
    ),
  ];
}

const string: StructuralSchema = { type: 'string' };
const int32: StructuralSchema = { type: 'integer' };
const emptyObject: StructuralSchema = { type: 'object' };

function object(properties: Readonly<Record<string, StructuralSchema>>): StructuralSchema {
  return { type: 'object', properties };
}

function embedded(spec: StructuralSchema, status: StructuralSchema): StructuralSchema {
  return {
    ...object({ apiVersion: string, kind: string, metadata: emptyObject, spec, status }),
    'x-kubernetes-embedded-resource': true,
  };
}

function statusWith(properties: Readonly<Record<string, StructuralSchema>>): StructuralSchema {
  return object({ metadata: emptyObject, ...properties });
}

const identitySpec = object({
  metadata: emptyObject,
  type: int32,
  resourceID: string,
  clientID: string,
  clientPassword: object({ name: string, namespace: string }),
  tenantID: string,
  auxiliaryTenantIDs: { type: 'array', items: string, nullable: true },
  adResourceID: string,
  adEndpoint: string,
  replicas: { ...int32, nullable: true },
});

const bindingSpec = object({ metadata: emptyObject, azureIdentity: string, selector: string, weight: int32 });

const assignedSpec = object({
  metadata: emptyObject,
  azureIdentityRef: embedded(identitySpec, statusWith({ availableReplicas: int32 })),
  azureBindingRef: embedded(bindingSpec, statusWith({ availableReplicas: int32 })),
  pod: string,
  podNamespace: string,
  nodename: string,
  replicas: { ...int32, nullable: true },
});

const exceptionSpec = object({
  metadata: emptyObject,
  podLabels: { type: 'object', additionalProperties: string },
});

function column(name: string, jsonPath: string): PrinterColumn {
  return { name, type: 'string', jsonPath };
}

function crd(
  kind: string,
  plural: string,
  spec: StructuralSchema,
  status: StructuralSchema,
  columns?: readonly PrinterColumn[],
): KubeObject {
  const group = 'aadpodidentity.k8s.io';
  const age = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };
  const schema = object({ apiVersion: string, kind: string, metadata: emptyObject, spec, status });
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      annotations: { 'api-approved.kubernetes.io': 'unapproved' },
    },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: schema },
          ...(columns ? { additionalPrinterColumns: [...columns, age] } : {}),
        },
      ],
    },
    status: establishedStatus(),
  };
}

/** What clients wait for in a new CustomResourceDefinition. */
export function establishedStatus() {
  const condition = (type: string) => ({
    type,
    status: 'True',
    reason: type,
    message: 'as the emulator has it',
  });
  return { conditions: [condition('NamesAccepted'), condition('Established')] };
}
