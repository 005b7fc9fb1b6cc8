import { describe, expect, it } from 'vitest';
import { emulatedPodid } from './emulated-podid.ts';

/** A machine of which nothing is set up, and no token of the emulator's. */
const nobody = { PATH: '/nowhere', HOME: '/nowhere', AZURE_CONFIG_DIR: '/nowhere', PODID_ARM_TOKEN: '' };

const sentences = [
  ['environment', 'environment: Neither AZURE_CLIENT_SECRET nor AZURE_CLIENT_CERTIFICATE_PATH is set.'],
  ['workload-identity', 'workload identity: AZURE_FEDERATED_TOKEN_FILE is not set.'],
  [
    'pipelines',
    'Azure Pipelines: AZURESUBSCRIPTION_SERVICE_CONNECTION_ID and SYSTEM_ACCESSTOKEN are not both set.',
  ],
  ['az', 'az: az is not installed.'],
  ['azd', 'azd: azd is not installed.'],
] as const;

describe('the way to sign in', () => {
  it.each(sentences)('may be %s, by flag and by variable', async (way, sentence) => {
    await using podid = await emulatedPodid();
    const other = way === 'az' ? 'azd' : 'az';
    for (const [line, variables] of [
      [`list --auth ${way}`, {}],
      ['list', { PODID_AUTH: way }],
      [`list --auth ${way}`, { PODID_AUTH: other }],
    ] as const) {
      const ran = await podid.run(line, { ...nobody, ...variables });
      expect(ran.exitCode, ran.stderr).toBe(3);
      expect(ran.stderr).toContain(`No sign-in to Azure was found. ${sentence}`);
    }
  });

  it.each([
    ['list --auth powershell', {}, '--auth'],
    ['list', { PODID_AUTH: 'powershell' }, 'PODID_AUTH'],
    ['identity list', { PODID_AUTH: 'powershell' }, 'PODID_AUTH'],
    ['list --mode cluster', { PODID_AUTH: 'powershell' }, 'PODID_AUTH'],
    ['node list', { PODID_AUTH: 'powershell' }, 'PODID_AUTH'],
  ])('is refused where there is no such way: %s, %j', async (line, variables, named) => {
    await using podid = await emulatedPodid();
    const ran = await podid.run(line, { ...nobody, ...variables });
    expect(ran.exitCode, ran.stderr).toBe(2);
    expect(ran.stderr).toContain(`${named}: "powershell" is not one of environment, `);
  });

  it.each([
    ['list --auth az', {}, '--auth az changes nothing'],
    ['list', { PODID_AUTH: 'az' }, 'PODID_AUTH az changes nothing'],
    ['list --auth azd', { PODID_AUTH: 'az' }, '--auth azd changes nothing'],
    ['list --tenant contoso.example', {}, '--tenant contoso.example changes nothing'],
    [
      'node list --auth az --tenant contoso.example',
      {},
      '--auth az and --tenant contoso.example changes nothing',
    ],
    ['identity list --auth az', {}, '--auth az changes nothing'],
    ['exchange status --auth az', {}, '--auth az changes nothing'],
  ] as const)(
    'is not passed over in silence for a token that is given by hand: %s, %j',
    async (line, variables, said) => {
      await using podid = await emulatedPodid({ scenario: 'in-use' });
      const ran = await podid.run(line, variables);
      expect(ran.exitCode, ran.stderr).toBe(0);
      expect(ran.stderr).toContain(`warning: PODID_ARM_TOKEN is set and is sent as it is: ${said}.`);
      expect(ran.stderr).toContain('unset PODID_ARM_TOKEN');
      expect((await podid.run('list')).stderr).not.toContain('PODID_ARM_TOKEN');
    },
  );
});
