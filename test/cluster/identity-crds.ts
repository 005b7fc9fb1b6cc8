import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { ApiServer } from './api-server.ts';

const shipped = new URL('../../deploy/crds', import.meta.url).pathname;

/**
 * Installs the four definitions as they are shipped; before there are any, ones of the same names.
 *
 * @param spare a file to write those to
 */
export async function installIdentityCrds(api: ApiServer, spare: string): Promise<void> {
  const isShipped = existsSync(shipped);
  if (!isShipped) await writeFile(spare, JSON.stringify(definitions));
  const path = isShipped ? shipped : spare;
  api.kubectl('apply', '--server-side', '-f', path);
  const names = definitions.items.map(({ metadata }) => `crd/${metadata.name}`);
  api.kubectl('wait', '--for=condition=Established', '--timeout=60s', ...names);
}

const definitions = {
  apiVersion: 'v1',
  kind: 'List',
  items: [
    definition('AzureIdentity', 'azureidentities'),
    definition('AzureIdentityBinding', 'azureidentitybindings'),
    definition('AzurePodIdentityException', 'azurepodidentityexceptions'),
    definition('AzureAssignedIdentity', 'azureassignedidentities'),
  ],
};

function definition(kind: string, plural: string) {
  const group = 'aadpodidentity.k8s.io';
  const any = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      annotations: { 'api-approved.kubernetes.io': 'unapproved' },
    },
    spec: {
      group,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: any } }],
    },
  };
}
