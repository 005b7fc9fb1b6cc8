/*
 * The first versions whose WorkloadIdentityCredential works, by the product that Azure's libraries name in their
 * User-Agent (AKS docs, "workload-identity-overview", 2026-06-26).
 */
const minimums: Readonly<Record<string, string>> = {
  'azsdk-net-Identity': '1.9.0',
  'azsdk-cpp-identity': '1.6.0',
  'azsdk-go-azidentity': '1.3.0',
  'azsdk-java-azure-identity': '1.9.0',
  'azsdk-js-identity': '3.2.0',
  'azsdk-python-identity': '1.13.0',
};

/** What cannot do it in any version: scripts, and the libraries before Azure's present ones. */
const without: ReadonlySet<string> = new Set([
  'curl',
  'Wget',
  'go-autorest',
  'go-autorest/adal',
  'msrest',
  'msrest_azure',
  'ms-rest-js',
  '@azure/ms-rest-js',
  'AZURECLI',
]);

/** Its ManagedIdentityCredential asks the node whatever is in the environment; those of the others take the exchange. */
export const goSdk = 'azsdk-go-azidentity';

/** `none`: no version of it takes Workload Identity. Undefined: podid does not know which does. */
export function sdkMinimum(sdk: string): string | 'none' | undefined {
  return without.has(sdk) ? 'none' : Object.hasOwn(minimums, sdk) ? minimums[sdk] : undefined;
}

/** Whether a version is at least another: `v1.10.0-beta.1` is 1.10.0 here. What is no version is not. */
export function isAtLeast(version: string, minimum: string): boolean {
  const own = numbersOf(version);
  const least = numbersOf(minimum) ?? [];
  if (own === undefined) {
    return false;
  }
  const at = least.findIndex((number, index) => number !== (own[index] ?? 0));
  return at < 0 || (own[at] ?? 0) > (least[at] ?? 0);
}

function numbersOf(version: string): readonly number[] | undefined {
  const found = /^v?(\d{1,6})(?:\.(\d{1,6}))?(?:\.(\d{1,6}))?/.exec(version);
  return found?.slice(1).map((part) => Number(part ?? 0));
}
