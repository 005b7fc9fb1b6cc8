import { isPodidError } from '../../errors/podid-error.ts';
import { isRecord } from '../../validate/json-record.ts';
import type { ArmConnection } from '../connection/arm-connection.ts';

/** What the SDK's models were made from, and what podid was tried with. */
export const pinnedClusterApiVersion = '2026-04-01';

/** The first stable version whose clusters have an eTag. */
const oldest = '2024-09-01';

/** Codes by which ARM says that the place does not speak an api-version. */
const unknownVersionCodes = ['NoRegisteredProviderFound', 'InvalidApiVersionParameter'];

export interface ClusterApiVersion {
  /** For the next request; the same for GET and PUT. */
  current(): string;
  /**
   * Runs a read, and once more with the newest version the place lists when it does not speak the pinned one.
   *
   * @throws what `run` throws
   */
  settle<Result>(
    subscriptionId: string,
    signal: AbortSignal,
    run: (version: string) => Promise<Result>,
  ): Promise<Result>;
}

/** @param override `PODID_ARM_API_VERSION`; then nothing is looked up */
export function clusterApiVersion(
  connection: ArmConnection,
  override: string | undefined,
): ClusterApiVersion {
  let version = override ?? pinnedClusterApiVersion;
  return {
    current: () => version,
    async settle(subscriptionId, signal, run) {
      try {
        return await run(version);
      } catch (error) {
        const listed =
          override === undefined && isUnknownVersion(error)
            ? await newestListed(connection, subscriptionId, signal)
            : undefined;
        if (listed === undefined || listed === version) {
          throw error;
        }
        connection.verbose(`Azure does not know api-version ${version} here; using ${listed}.`);
        version = listed;
        return run(version);
      }
    },
  };
}

function isUnknownVersion(error: unknown): boolean {
  return (
    isPodidError(error) && error.details.some((detail) => unknownVersionCodes.includes(detail.code ?? ''))
  );
}

async function newestListed(
  connection: ArmConnection,
  subscriptionId: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const scope = `/subscriptions/${subscriptionId}/providers/Microsoft.ContainerService`;
  const about = {
    doing: 'list the api-versions of Microsoft.ContainerService',
    action: 'Microsoft.Resources/subscriptions/providers/read',
    scope,
    caller: connection.caller,
  };
  const answer = await connection.send(
    { method: 'GET', url: `${scope}?api-version=2021-04-01`, about },
    signal,
    'reads',
  );
  if (answer.status !== 200) {
    return undefined;
  }
  return stableVersions(JSON.parse(answer.text)).sort().at(-1);
}

function stableVersions(provider: unknown): string[] {
  const types =
    isRecord(provider) && Array.isArray(provider['resourceTypes']) ? provider['resourceTypes'] : [];
  const clusters = types
    .filter(isRecord)
    .find((type) => String(type['resourceType']).toLowerCase() === 'managedclusters');
  const versions = Array.isArray(clusters?.['apiVersions']) ? clusters['apiVersions'] : [];
  return versions.filter(
    (version): version is string => /^\d{4}-\d\d-\d\d$/.test(String(version)) && version >= oldest,
  );
}
