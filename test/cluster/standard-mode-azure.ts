import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IssuedTokens } from '../../src/emulator/imds/imds-ledger.ts';
import type { AddonPart } from '../../src/emulator/world.ts';

/** What `programs/azure-of-machines.ts` tells of itself. */
export interface MachineWorld {
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly clientId: string;
  readonly secret: string;
  /** Names of identities by the ids of machines in lower case. */
  readonly carried: Readonly<Record<string, readonly string[]>>;
  readonly issued: readonly IssuedTokens[];
  /** What Azure has taken away with the add-on so far. */
  readonly taken: readonly AddonPart[];
}

/** The OIDC issuer of the real cluster. */
export interface KnownIssuer {
  readonly issuer: string;
  /** Public keys of the cluster, as JWKs. */
  readonly keys: readonly Readonly<Record<string, string>>[];
  /** Of a service account whose tokens are taken for the word of `clientId`. */
  readonly subject?: string;
}

export interface AzureFiles {
  /** A certificate for 10.1.0.1, which is its own authority. */
  readonly certificate: string;
  readonly key: string;
  /** Names the endpoints, as AKS writes it onto nodes of a cloud of one's own. */
  readonly cloud: string;
  /** They all are in here. */
  readonly folder: string;
  remove(): void;
}

/** The files by which pods and administrators reach an Azure on 10.1.0.1. */
export function writeAzureFiles(): AzureFiles {
  const folder = mkdtempSync(join(tmpdir(), 'podid-azure-'));
  const [certificate, key, cloud] = ['ca.pem', 'key.pem', 'cloud.json'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  execFileSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...[
        '-subj',
        '/CN=10.1.0.1',
        '-addext',
        'subjectAltName=IP:10.1.0.1',
        '-keyout',
        key,
        '-out',
        certificate,
      ],
    ],
    { stdio: 'ignore' },
  );
  const endpoint = 'https://10.1.0.1/';
  writeFileSync(
    cloud,
    JSON.stringify({ resourceManagerEndpoint: endpoint, activeDirectoryEndpoint: endpoint }),
  );
  return { certificate, key, cloud, folder, remove: () => rmSync(folder, { recursive: true }) };
}
