import type { Clock } from '../../domain/time/clock.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { createNetwork } from '../../network/network.ts';
import type { AzSubscription } from './az-profile.ts';
import type { AzureSettings } from './azure-settings.ts';
import { chooseCloud } from './clouds.ts';

/** What flags and environment say, unchecked. */
export interface AzureChoice {
  /** `--cloud` or `PODID_CLOUD`. */
  readonly cloud?: string | undefined;
  /** `--auth`. */
  readonly auth?: string | undefined;
  /** `--tenant`. */
  readonly tenant?: string | undefined;
  /** Id or name of the subscription that is worked on. */
  readonly subscription?: string | undefined;
  readonly debug?: ((text: string) => void) | undefined;
  readonly verbose?: ((text: string) => void) | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** `podid/<version>`. */
  readonly userAgent: string;
  /** See AzureSettings. */
  readonly requestTimeoutMs?: number;
  readonly readRetries?: { readonly count: number; readonly firstMs: number };
}

/** @throws PodidError InvalidUsage */
export async function readAzureSettings(choice: AzureChoice): Promise<AzureSettings> {
  const { environment } = choice;
  const token = filled(environment['PODID_ARM_TOKEN']);
  const endpoint = filled(environment['PODID_ARM_ENDPOINT']);
  const apiVersion = filled(environment['PODID_ARM_API_VERSION']);
  // A token given by hand needs neither a tenant nor a guess at the cloud.
  const entry = token === undefined ? await subscriptionOfAz(choice) : undefined;
  const tenantId = filled(choice.tenant);
  return {
    cloud: chooseCloud(choice.cloud, entry?.environmentName),
    environment,
    network: createNetwork(environment),
    userAgent: choice.userAgent,
    clock: choice.clock,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(token === undefined ? {} : { token }),
    ...(apiVersion === undefined ? {} : { apiVersion: checkApiVersion(apiVersion) }),
    ...(choice.auth === undefined ? {} : { auth: checkAuth(choice.auth) }),
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(entry?.tenantId === undefined ? {} : { profileTenantId: entry.tenantId }),
    ...(choice.debug === undefined ? {} : { debug: choice.debug }),
    ...(choice.verbose === undefined ? {} : { verbose: choice.verbose }),
    ...(choice.requestTimeoutMs === undefined ? {} : { requestTimeoutMs: choice.requestTimeoutMs }),
    ...(choice.readRetries === undefined ? {} : { readRetries: choice.readRetries }),
  };
}

async function subscriptionOfAz({
  environment,
  subscription,
}: AzureChoice): Promise<AzSubscription | undefined> {
  const { readAzProfile, subscriptionIn } = await import('./az-profile.ts');
  return subscriptionIn(await readAzProfile(environment), subscription);
}

function checkApiVersion(apiVersion: string): string {
  if (/^\d{4}-\d\d-\d\d(?:-[a-z]+)?$/.test(apiVersion)) {
    return apiVersion;
  }
  throw new PodidError('InvalidUsage', 'PODID_ARM_API_VERSION must look like 2026-04-01.');
}

function checkAuth(auth: string): 'managed-identity' {
  if (auth === 'managed-identity') {
    return auth;
  }
  throw new PodidError('InvalidUsage', `--auth ${auth} is not known.`, {
    hint: advice`--auth managed-identity`,
  });
}

function filled(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
