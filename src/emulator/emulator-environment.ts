import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { textAt } from './exact-json.ts';
import type { World } from './world.ts';

export interface EnvironmentFacts {
  /** Where Azure is: plain http, or https with `--tls`. */
  readonly url: string;
  readonly armToken: string;
  readonly key: string;
  readonly files: WrittenFiles;
}

export interface WrittenFiles {
  readonly kubeconfig: string;
  /** The authority's certificate; with `--tls` alone, since a kubeconfig holds its own copy. */
  readonly ca?: string;
}

/** Writes what the environment names into the emulator's private folder. */
export async function writeFiles(home: string, kubeconfig: string, ca?: string): Promise<WrittenFiles> {
  await chmod(home, 0o700);
  const path = join(home, 'kubeconfig');
  await writeFile(path, kubeconfig, { mode: 0o600 });
  if (ca === undefined) {
    return { kubeconfig: path };
  }
  await writeFile(join(home, 'ca.pem'), ca);
  return { kubeconfig: path, ca: join(home, 'ca.pem') };
}

/** What points clients here. Plain http goes with a ready-made token; over TLS the SDK signs in as the application. */
export function environmentOf(
  world: World,
  { url, armToken, key, files }: EnvironmentFacts,
): Record<string, string> {
  const [cluster] = world.clusters.values();
  const [, , subscription = '', , group = ''] = (textAt(cluster?.document, 'id') ?? '').split('/');
  const [application] = world.applications.values();
  const signIn: Record<string, string> =
    files.ca === undefined || application === undefined
      ? { PODID_ARM_TOKEN: armToken }
      : {
          NODE_EXTRA_CA_CERTS: files.ca,
          AZURE_TENANT_ID: application.tenantId,
          AZURE_CLIENT_ID: application.appId,
          AZURE_CLIENT_SECRET: application.secret,
        };
  return {
    PODID_ARM_ENDPOINT: url,
    PODID_EMULATOR_KEY: key,
    ...signIn,
    AZURE_AUTHORITY_HOST: url,
    // Clients of the metadata service speak plain http, which it answers whatever the rest does.
    AZURE_POD_IDENTITY_AUTHORITY_HOST: url.replace(/^https:/, 'http:'),
    AZURE_SUBSCRIPTION_ID: subscription,
    PODID_RESOURCE_GROUP: group,
    PODID_CLUSTER_NAME: textAt(cluster?.document, 'name') ?? '',
    KUBECONFIG: files.kubeconfig,
  };
}
