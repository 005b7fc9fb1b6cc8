import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { translateScript } from '../../src/cli/from-az/translate-script.ts';

const cluster = '-g g --cluster-name c';
const [both, one] = ['-g g -c c', '--namespace n --name x'];
const entries = `az aks pod-identity list ${cluster}`;
const id = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/x';
const operator = '--role "Managed Identity Operator" --assignee x --scope /subscriptions/s';
const stay = [
  ...['az identity create -g g -n x', 'az role assignment create --role Reader --assignee x --scope /s'],
  'az feature register --namespace Microsoft.ContainerService -n EnablePodIdentityPreview',
  ...['az provider register -n Microsoft.ContainerService', 'az account set -s x'],
  'az keyvault set-policy -n k --spn x --secret-permissions get',
  ...['az group create -n g -l westeurope', 'az aks show -g g -n c', 'az aks get-credentials -g g -n c'],
  ...['az aks command invoke -g g -n c --command x', 'az aks nodepool list -g g --cluster-name c'],
  ...['az vmss list -g g', 'az vmss update-instances -g g -n v --instance-ids 1'],
].map((line) => [line, line] as const);

/** By the beginning of the first cell: lines of its kind, and what they become. */
const documented: Readonly<Record<string, readonly (readonly [string, string | RegExp])[]>> = {
  '`az aks pod-identity add': [
    [
      `az aks pod-identity add ${cluster} ${one} --identity-resource-id ${id}`,
      `podid add ${both} ${one} --identity-resource-id ${id}`,
    ],
  ],
  '`az aks pod-identity delete': [
    [`az aks pod-identity delete ${cluster} ${one}`, `podid delete ${both} ${one}`],
    [entries, `podid list ${both}`],
  ],
  '`az aks pod-identity list --query': [
    [
      `${entries} --query podIdentityProfile.userAssignedIdentities`,
      `podid list ${both} --query podIdentityProfile.userAssignedIdentities --raw-cluster`,
    ],
  ],
  '`az aks pod-identity list … ': [
    [
      `${entries} | jq -r '.podIdentityProfile.userAssignedIdentities[].name'`,
      `podid list ${both} --raw-cluster | jq -r '.podIdentityProfile.userAssignedIdentities[].name'`,
    ],
  ],
  '`az aks pod-identity exception': [
    ...['add', 'update'].map(
      (verb) =>
        [
          `az aks pod-identity exception ${verb} ${cluster} ${one} --pod-labels a=b`,
          `podid exception ${verb} ${both} ${one} --pod-labels a=b`,
        ] as const,
    ),
    [`az aks pod-identity exception delete ${cluster} ${one}`, `podid exception delete ${both} ${one}`],
    [`az aks pod-identity exception list ${cluster}`, `podid exception list ${both}`],
    [
      `az aks pod-identity exception add ${cluster} --namespace n --pod-labels a=b`,
      `podid exception add ${both} --namespace n --pod-labels a=b`,
    ],
  ],
  '`az aks update --enable-pod-identity': [
    ['az aks update -g g -n c --enable-pod-identity', `podid enable ${both}`],
    [
      'az aks update -g g -n c --enable-pod-identity --enable-pod-identity-with-kubenet',
      `podid enable ${both} --enable-pod-identity-with-kubenet`,
    ],
  ],
  '`az aks update --disable-pod-identity': [
    ['az aks update -g g -n c --disable-pod-identity', `podid disable ${both}`],
  ],
  '`az aks update --enable-managed-identity': [
    [
      `az aks update -g g -n c --enable-managed-identity --assign-identity ${id} --enable-pod-identity`,
      `podid cluster update ${both} --enable-managed-identity --assign-identity ${id} && podid enable ${both}`,
    ],
  ],
  '`az aks update` with': [
    [
      'az aks update -g g -n c --enable-oidc-issuer --enable-pod-identity',
      `az aks update -g g -n c --enable-oidc-issuer && podid enable ${both}`,
    ],
  ],
  '`az aks create': [
    [
      'az aks create -g g -n c --enable-pod-identity --no-wait',
      `az aks create -g g -n c && podid enable ${both}`,
    ],
  ],
  '`az vmss identity': [
    ['az vmss identity assign -g MC -n v --identities x', /^podid node assign .*--vmss v --identities /],
    ['az vmss identity remove -g MC -n v --identities x', /^podid node unassign .*--vmss v --identities /],
    ['az vmss identity show -g MC -n v', 'podid node list --node-resource-group MC --vmss v'],
    ['az vm identity assign -g MC -n v --identities x', /^podid node assign .*--vm v --identities /],
    ['az vmss identity assign -g MC -n v', 'az vmss identity assign -g MC -n v'],
  ],
  '`az role assignment create': [[`az role assignment create ${operator}`, '']],
  '`az role assignment delete': [
    [
      `az role assignment delete ${operator}`,
      /^az role assignment delete .*--assignee "\$\(podid cluster show /,
    ],
  ],
  '`az extension add`': [
    ['az extension add --name aks-preview', ''],
    ['az extension update --name aks-preview', ''],
  ],
  '`az identity`': stay,
  '`--resource-group`': [
    ['az aks pod-identity list --resource-group g --cluster-name c', `podid list ${both}`],
    ['az aks update -g g --name c --disable-pod-identity', `podid disable ${both}`],
  ],
  '`--query`': [
    [`X=$(${entries})`, `X=$(podid list ${both} --raw-cluster)`],
    [`${entries} > all.json`, `podid list ${both} --raw-cluster > all.json`],
  ],
  '`--if-match`': [
    ['az aks update -g g -n c --enable-pod-identity --if-match x', `podid enable ${both}`],
    ['az aks update -g g -n c --enable-pod-identity --if-none-match x', `podid enable ${both}`],
  ],
  '`--yes`': [[`az aks pod-identity delete ${cluster} ${one} --yes`, `podid delete ${both} ${one}`]],
  'a flag that is abbreviated': [['az aks pod-identity list -g g --cluster c', `podid list ${both}`]],
  'a flag that is repeated': [['az aks pod-identity list -g f -g g --cluster-name c', `podid list ${both}`]],
};

const page = readFileSync(new URL('../../docs/from-az.md', import.meta.url), 'utf8');
const [, section = ''] = page.split(/^## What becomes of which command$/m);
const rows = (section.split(/^## /m)[0] ?? '')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (?:az|flag of az) \|/.test(line))
  .map((line) => line.slice(2));

describe('each row of the tables in docs/from-az.md', () => {
  it.each(rows)('is what podid from-az makes: %.60s', (row) => {
    const lines = Object.entries(documented).find(([beginning]) => row.startsWith(beginning))?.[1] ?? [];
    expect(lines.length, 'lines of this row').toBeGreaterThan(0);
    for (const [line, expected] of lines) {
      const { text, faults } = translateScript(line);
      expect([line, ...faults]).toEqual([line]);
      expect(text).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
    }
  });

  it('is there for all that is typed here', () => {
    const left = Object.keys(documented).filter((each) => !rows.some((row) => row.startsWith(each)));
    expect(left).toEqual([]);
  });
});
