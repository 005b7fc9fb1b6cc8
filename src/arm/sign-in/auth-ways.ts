import { advice, joinHints, othersText } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';

/** The ways to sign in, as `--auth` names them, with what messages call them. */
export const authWays = {
  environment: 'environment',
  'workload-identity': 'workload identity',
  pipelines: 'Azure Pipelines',
  az: 'az',
  azd: 'azd',
  'managed-identity': 'managed identity',
  browser: 'browser',
  'device-code': 'device code',
} as const;

export type AuthWay = keyof typeof authWays;

/** Without `--auth` and AZURE_TOKEN_CREDENTIALS. No IMDS is probed, and nobody is asked. */
const usual: readonly AuthWay[] = ['environment', 'workload-identity', 'pipelines', 'az', 'azd'];

/**
 * What AZURE_TOKEN_CREDENTIALS stands for, in small letters, as the Azure SDKs define it (`DefaultAzureCredential`),
 * as far as podid has the way.
 */
const byVariable: Readonly<Record<string, readonly AuthWay[]>> = {
  dev: ['az', 'azd'],
  prod: ['environment', 'workload-identity', 'managed-identity'],
  environmentcredential: ['environment'],
  workloadidentitycredential: ['workload-identity'],
  managedidentitycredential: ['managed-identity'],
  azureclicredential: ['az'],
  azuredeveloperclicredential: ['azd'],
  interactivebrowsercredential: ['browser'],
};

/**
 * What the SDK of one language or another takes besides, in small letters: of .NET, which knows most, with the name that
 * its betas had for the broker, and of Java.
 */
const othersWays = [
  'visualstudiocredential',
  'visualstudiocodecredential',
  'azurepowershellcredential',
  'brokercredential',
  'brokerauthenticationcredential',
  'intellijcredential',
];

/**
 * The ways to try, in their order.
 *
 * @param auth `--auth` or PODID_AUTH; wins over the variable
 * @param variable AZURE_TOKEN_CREDENTIALS
 * @throws PodidError InvalidUsage
 */
export function chooseAuthWays(auth: string | undefined, variable: string | undefined): readonly AuthWay[] {
  if (auth !== undefined) {
    return [checkAuth(auth)];
  }
  const wanted = (variable ?? '').trim();
  if (wanted === '') {
    return usual;
  }
  const ways = Object.hasOwn(byVariable, wanted.toLowerCase()) ? byVariable[wanted.toLowerCase()] : undefined;
  if (ways === undefined) {
    const why = othersWays.includes(wanted.toLowerCase())
      ? 'a sign-in of the Azure SDKs that podid does not have'
      : 'and the Azure SDKs know no such value';
    throw new PodidError('InvalidUsage', `AZURE_TOKEN_CREDENTIALS is ${JSON.stringify(wanted)}, ${why}.`, {
      hint: advice`Set it to dev, prod, EnvironmentCredential, WorkloadIdentityCredential, ManagedIdentityCredential, AzureCliCredential, AzureDeveloperCliCredential or InteractiveBrowserCredential, or choose by --auth, which wins over it.`,
    });
  }
  return ways;
}

function checkAuth(auth: string): AuthWay {
  const way = auth.toLowerCase();
  if (Object.hasOwn(authWays, way)) {
    return way as AuthWay;
  }
  const known = Object.keys(authWays).map((way) => advice`${othersText(way)}`);
  throw new PodidError('InvalidUsage', `--auth ${auth} is not known.`, {
    hint: advice`--auth takes ${joinHints(known, ', ')}.`,
  });
}
