import { fileSchemaUrl } from '../../domain/entries/file-schema.ts';
import { fileApiVersion, fileKind } from '../../domain/entries/pod-identities-file.ts';
import { longestExceptionName, longestIdentityName } from '../flags/kubernetes-names.ts';

const dnsLabel = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const labelText = '[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?';

const podNamespace = {
  description: 'The Kubernetes namespace of the pods.',
  type: 'string',
  pattern: `^${dnsLabel}$`,
  maxLength: 63,
};

function name(description: string, maxLength: number) {
  return { description, type: 'string', pattern: `^${dnsLabel}(\\.${dnsLabel})*$`, maxLength };
}

/**
 * The JSON schema (2020-12) of the file of `plan`, `apply` and `export`, for editors. podid itself reads the
 * file by `parsePodIdentitiesFiles`, which knows places and reports more; a test holds the two together.
 */
export const podIdentitiesSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: fileSchemaUrl,
  title: 'Pod identities of an AKS cluster, for podid plan, apply and export',
  type: 'object',
  required: ['apiVersion', 'kind'],
  additionalProperties: false,
  properties: {
    apiVersion: { const: fileApiVersion },
    kind: { const: fileKind },
    cluster: {
      description: 'The cluster that the file is for; flags of the command win.',
      type: 'object',
      additionalProperties: false,
      properties: {
        subscription: {
          description: 'Id or name of the subscription.',
          type: 'string',
          minLength: 1,
          maxLength: 255,
        },
        resourceGroup: { type: 'string', pattern: '^[-\\w().\\p{L}\\p{N}]{0,89}[-\\w()\\p{L}\\p{N}]$' },
        name: { type: 'string', pattern: '^[A-Za-z0-9]([-\\w]{0,61}[A-Za-z0-9])?$' },
      },
    },
    identities: {
      description: 'Absent: identities are left alone. Empty: apply --prune deletes them all.',
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'namespace', 'identityResourceId'],
        additionalProperties: false,
        properties: {
          name: name('The name of the pod identity.', longestIdentityName),
          namespace: podNamespace,
          identityResourceId: {
            description: 'The full ARM id of the managed identity.',
            type: 'string',
            pattern: '^/[^/\\s]+/[^/\\s]+/[^/\\s]+/[^/\\s]+/[^/\\s]+/[^/\\s]+/[^/\\s]+/[-\\w.]+$',
            examples: [
              '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web',
            ],
          },
          bindingSelector: {
            description:
              'The value of the label aadpodidbinding on the pods; the name when absent, and needed where that has more than 63 characters.',
            type: 'string',
            pattern: `^${labelText}$`,
            maxLength: 63,
          },
        },
      },
    },
    exceptions: {
      description: 'Absent: exceptions are left alone. Empty: apply --prune deletes them all.',
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'namespace', 'podLabels'],
        additionalProperties: false,
        properties: {
          name: name('The name of the exception.', longestExceptionName),
          namespace: podNamespace,
          podLabels: {
            description: 'Pods of the namespace with these labels are answered as their node would be.',
            type: 'object',
            additionalProperties: { type: 'string', pattern: `^(${labelText})?$`, maxLength: 63 },
          },
        },
      },
    },
  },
} as const;
