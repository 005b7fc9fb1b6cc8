import type { JsonObject } from '../../src/emulator/exact-json.ts';
import type { BundledPrograms } from '../node/bundled-programs.ts';
import { namespaceObject } from './identity-objects.ts';
import { type OneNode, startOneNode } from './one-node.ts';
import {
  type AzureFiles,
  type KnownIssuer,
  type MachineWorld,
  writeAzureFiles,
} from './standard-mode-azure.ts';

/** Values by which the image of the run is installed. */
export const ownImage = ['podid.image.repository=docker.io/podid/podid', 'podid.image.tag=test'];

/** A cluster of one node whose Azure is whole, on 10.1.0.1: ARM, Entra and the metadata service. */
export interface AzureNode {
  readonly cluster: OneNode;
  readonly files: AzureFiles;
  azure(): MachineWorld;
  /** By which podid on the node reaches that Azure, as the application that Azure knows. */
  environment(): Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export interface AzureNodeOptions {
  readonly programs: BundledPrograms;
  /** An archive. */
  readonly image: string;
  /** Of the emulator. */
  readonly scenario: string;
  /** Merged into the scenario, as `PUT /_podid/world` takes it. */
  readonly seed?: JsonObject;
  /** A service account of the cluster that may sign in as the application, `NAMESPACE:NAME`. */
  readonly account?: string;
}

/**
 * With the namespace `shop` and the authority of that Azure in the ConfigMap `private-cloud`. Azure's cluster has the OIDC
 * issuer of this one.
 */
export async function startAzureNode(options: AzureNodeOptions): Promise<AzureNode> {
  const { programs, image, scenario, seed, account } = options;
  const files = writeAzureFiles();
  const { certificate, key } = files;
  const cluster = await startOneNode(programs, {
    program: 'azure-of-machines',
    options: { certificate, key, scenario, seed },
  });
  cluster.importImage(image);
  const ca = `--from-file=ca.crt=${certificate}`;
  cluster.kubectl('create', 'configmap', 'private-cloud', '-n', 'kube-system', ca);
  cluster.apply(namespaceObject('shop'));
  tellIssuer(cluster, account);
  const azure = (): MachineWorld =>
    JSON.parse(cluster.onNode('curl', '-sS', '-m', '10', 'http://10.1.0.1:8099/'));
  return {
    cluster,
    files,
    azure,
    environment() {
      const { tenantId, subscriptionId, clientId, secret } = azure();
      return {
        PODID_ARM_ENDPOINT: 'https://10.1.0.1',
        AZURE_AUTHORITY_HOST: 'https://10.1.0.1',
        AZURE_SUBSCRIPTION_ID: subscriptionId,
        AZURE_TENANT_ID: tenantId,
        AZURE_CLIENT_ID: clientId,
        AZURE_CLIENT_SECRET: secret,
        NODE_EXTRA_CA_CERTS: certificate,
      };
    },
    async stop() {
      await cluster.stop();
      files.remove();
    },
  };
}

/** Azure reads it from the issuer's address, which is not to be had from there. */
function tellIssuer(cluster: OneNode, account: string | undefined): void {
  const published = (path: string) => JSON.parse(cluster.kubectl('get', '--raw', path));
  const { issuer } = published('/.well-known/openid-configuration');
  const { keys } = published('/openid/v1/jwks');
  const subject = account && `system:serviceaccount:${account}`;
  const known: KnownIssuer = { issuer, keys, ...(subject ? { subject } : {}) };
  const send = ['-fsS', '-m', '10', '--data', JSON.stringify(known), 'http://10.1.0.1:8099/issuer'];
  cluster.onNode('curl', ...send);
}
