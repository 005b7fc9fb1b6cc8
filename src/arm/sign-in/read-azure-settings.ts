import type { Clock } from '../../domain/time/clock.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { createNetwork } from '../../network/network.ts';
import { chooseAuthWays } from './auth-ways.ts';
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
  /** See AzureSettings. */
  readonly prompt?: ((text: string) => void) | undefined;
  readonly note?: ((text: string) => void) | undefined;
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
    cloud: chooseCloud(choice.cloud, entry?.environmentName, endpoint),
    environment,
    network: createNetwork(environment),
    userAgent: choice.userAgent,
    clock: choice.clock,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(token === undefined ? {} : { token }),
    ...(apiVersion === undefined ? {} : { apiVersion: checkApiVersion(apiVersion) }),
    ways: chooseAuthWays(filled(choice.auth), environment['AZURE_TOKEN_CREDENTIALS']),
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(entry === undefined ? {} : { profile: entry }),
    ...(choice.prompt === undefined ? {} : { prompt: choice.prompt }),
    ...(choice.note === undefined ? {} : { note: onceEach(choice.note) }),
    ...(choice.debug === undefined ? {} : { debug: choice.debug }),
    ...(choice.verbose === undefined ? {} : { verbose: choice.verbose }),
    ...(choice.requestTimeoutMs === undefined ? {} : { requestTimeoutMs: choice.requestTimeoutMs }),
    ...(choice.readRetries === undefined ? {} : { readRetries: choice.readRetries }),
  };
}

/** Each sign-in of a command, to Azure or to its cluster's API, would say the same. */
function onceEach(report: (text: string) => void): (text: string) => void {
  const reported = new Set<string>();
  return (text) => {
    if (!reported.has(text)) {
      reported.add(text);
      report(text);
    }
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

function filled(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
