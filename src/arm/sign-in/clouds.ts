import { advice, command, joinHints, othersText } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';

/** Where one of Azure's clouds is reached (the `cloud` list of az's own core). */
export interface AzureCloud {
  readonly name: CloudName | 'AzureStackCloud';
  /** Base URL of Azure Resource Manager, without a slash at the end. */
  readonly armEndpoint: string;
  /** The scope that a token for ARM is asked with. */
  readonly armScope: string;
  /** Entra's authority. */
  readonly authorityHost: string;
}

export type CloudName = 'AzureCloud' | 'AzureUSGovernment' | 'AzureChinaCloud';

export const clouds: Readonly<Record<CloudName, AzureCloud>> = {
  AzureCloud: {
    name: 'AzureCloud',
    armEndpoint: 'https://management.azure.com',
    armScope: 'https://management.azure.com/.default',
    authorityHost: 'https://login.microsoftonline.com',
  },
  AzureUSGovernment: {
    name: 'AzureUSGovernment',
    armEndpoint: 'https://management.usgovcloudapi.net',
    armScope: 'https://management.usgovcloudapi.net/.default',
    authorityHost: 'https://login.microsoftonline.us',
  },
  AzureChinaCloud: {
    name: 'AzureChinaCloud',
    armEndpoint: 'https://management.chinacloudapi.cn',
    armScope: 'https://management.chinacloudapi.cn/.default',
    authorityHost: 'https://login.chinacloudapi.cn',
  },
};

/**
 * The cloud to talk to: the one asked for, else that of the subscription, else the public one.
 *
 * @param asked `--cloud` or `PODID_CLOUD`
 * @param environmentName of the subscription in az's profile
 * @param endpoint `PODID_ARM_ENDPOINT`, which leads to a cloud that podid does not know by name
 * @throws PodidError InvalidUsage when a name is unknown, or both are given and differ
 */
export function chooseCloud(
  asked: string | undefined,
  environmentName: string | undefined,
  endpoint?: string,
): AzureCloud {
  const wanted = asked === undefined ? undefined : cloudNamed(asked);
  if (asked !== undefined && wanted === undefined) {
    throw new PodidError('InvalidUsage', `--cloud ${asked} is not a cloud that podid knows.`, {
      hint: advice`--cloud takes ${joinHints(
        Object.keys(clouds).map((name) => advice`${othersText(name)}`),
        ', ',
      )}.`,
      details: [{ flag: '--cloud', message: `${asked} is unknown.` }],
    });
  }
  const signedIn = environmentName === undefined ? undefined : cloudNamed(environmentName);
  if (wanted !== undefined && signedIn !== undefined && wanted !== signedIn) {
    throw new PodidError(
      'InvalidUsage',
      `--cloud ${wanted.name} contradicts the subscription, which is in ${signedIn.name}.`,
      { hint: advice`Leave out --cloud, or use ${command('--cloud', signedIn.name)}.` },
    );
  }
  if (wanted === undefined && signedIn === undefined && environmentName && endpoint === undefined) {
    throw new PodidError(
      'InvalidUsage',
      `The subscription is in cloud ${environmentName}, which podid does not know.`,
      {
        hint: advice`${command('export', 'PODID_ARM_ENDPOINT=https://HOST', 'AZURE_AUTHORITY_HOST=https://HOST')}  # what has both: ${command('az cloud show --query endpoints')}; or choose a known one: ${command('--cloud AzureCloud')}`,
      },
    );
  }
  return wanted ?? signedIn ?? clouds.AzureCloud;
}

function cloudNamed(name: string): AzureCloud | undefined {
  return Object.values(clouds).find((cloud) => cloud.name.toLowerCase() === name.toLowerCase());
}
