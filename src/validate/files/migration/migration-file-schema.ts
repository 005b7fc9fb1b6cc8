import { fileApiVersion } from '../../../domain/entries/pod-identities-file.ts';
import { routes } from '../../../domain/migrate/blockers/blocker.ts';
import { migrationFileKind } from '../../../domain/migrate/migration-file.ts';

const name = { type: 'string', minLength: 1, maxLength: 253 };
const podNamespace = { type: 'string', pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', maxLength: 63 };
const hash = { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' };
const guid = '^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$';

/**
 * The JSON schema (2020-12) of the file of `podid migrate plan --out`, for editors. podid itself reads the file by
 * `parseMigrationFile`; a test holds the two together.
 */
export const migrationFileSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'How the workloads of an AKS cluster leave pod identity, by podid migrate plan',
  type: 'object',
  required: ['apiVersion', 'kind', 'cluster', 'readFrom', 'workloads'],
  additionalProperties: false,
  properties: {
    apiVersion: { const: fileApiVersion },
    kind: { const: migrationFileKind },
    cluster: {
      type: 'object',
      required: ['subscription', 'resourceGroup', 'name'],
      additionalProperties: false,
      properties: { subscription: name, resourceGroup: name, name },
    },
    issuer: {
      description: "Of the cluster's service-account tokens, to the letter.",
      type: 'string',
      pattern: '^https?://',
    },
    readFrom: { description: 'Hash of the issuer and of all workloads.', ...hash },
    workloads: {
      type: 'array',
      items: {
        type: 'object',
        required: ['kind', 'namespace', 'name', 'route', 'serviceAccount', 'identities', 'state', 'readFrom'],
        additionalProperties: false,
        properties: {
          kind: { type: 'string', pattern: '^[A-Z][A-Za-z0-9]{0,62}$' },
          namespace: podNamespace,
          name,
          route: { enum: routes },
          serviceAccount: { description: 'The account that the identities are to trust.', ...name },
          newServiceAccount: { description: 'The account is to be made.', const: true },
          identities: {
            type: 'array',
            items: {
              type: 'object',
              required: ['namespace', 'name'],
              additionalProperties: false,
              properties: { namespace: podNamespace, name, clientId: { type: 'string', pattern: guid } },
            },
          },
          state: {
            description: 'When the file was written.',
            type: 'string',
            pattern: '^[a-z-]+(\\([A-Za-z]+\\))?$',
          },
          readFrom: { description: 'Hash of all that decided.', ...hash },
        },
      },
    },
  },
} as const;
