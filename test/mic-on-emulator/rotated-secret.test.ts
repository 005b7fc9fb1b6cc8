import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { createAzureAccess } from '../../src/mic/azure/azure-access.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const [, , subscriptionId = '', , resourceGroup = ''] = scaleSetId('nodepool1').split('/');
const group = { kind: 'vmss', subscriptionId, resourceGroup } as const;

describe('rule 25: rotated secret unseen', () => {
  it('a secret that Entra refuses is read again at once, and the request goes on with the new one', async () => {
    await using emulator = await startEmulator({ scenario: 'node-pools', tls: true });
    const folder = mkdtempSync(join(tmpdir(), 'podid-rotated-'));
    try {
      const [file, cloud] = [join(folder, 'azure.json'), join(folder, 'cloud.json')];
      const endpoint = `${emulator.url}/`;
      const endpoints = { resourceManagerEndpoint: endpoint, activeDirectoryEndpoint: endpoint };
      writeFileSync(cloud, JSON.stringify(endpoints));
      const [application] = emulator.world.applications.values();
      const write = (aadClientSecret: string | undefined) => {
        const principal = {
          cloud: 'AzureStackCloud',
          tenantId: application?.tenantId,
          aadClientId: application?.appId,
          aadClientSecret,
        };
        writeFileSync(file, JSON.stringify(principal));
      };
      write('an-old-one');
      const requests: string[] = [];
      const azure = await createAzureAccess({
        variables: {
          AZURE_ENVIRONMENT_FILEPATH: cloud,
          REQUESTS_CA_BUNDLE: emulator.environment['NODE_EXTRA_CA_CERTS'],
        },
        file,
        userAgent: 'x',
        clock: systemClock(),
        logger: quiet,
        onRequest: (_operation, outcome) => void requests.push(outcome),
      });
      const signal = new AbortController().signal;
      const refused = await azure.list(group, signal).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: 'NotSignedIn' });
      write(application?.secret);
      expect((await azure.list(group, signal)).length).toBeGreaterThan(0);
      expect(requests).toEqual(['failed', 'ok']);
      expect(azure.trouble).toBeUndefined();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
