import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const page = fileURLToPath(new URL('../docs/emulator.md', import.meta.url));

/** What docs/emulator.md has a reader type in its part on az: the sign-in, and what wants the extension. */
export function documentedLines() {
  const [, part = ''] = /^## az\n([\s\S]*?)^## /m.exec(readFileSync(page, 'utf8')) ?? [];
  const blocks = [...part.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block.trim().split('\n'));
  const [signIn = [], withExtension = []] = blocks;
  return { signIn, withExtension };
}

const web = '$(az identity show -g demo-rg -n web --query id -o tsv)';
const managedCluster = 'Microsoft.ContainerService/managedClusters';
const principal = '00000000-0000-4000-8000-0000000000c1';
const nodes = '-g MC_demo-rg_demo_westeurope -n aks-nodepool1-12345678-vmss';

/** Further lines, and what az must say to them. */
export const moreLines = [
  ['az account show --query name -o tsv', 'Emulated subscription'],
  ['az group list --query "[].name" -o tsv', 'demo-rg'],
  ['az provider list --query "[].namespace" -o tsv', 'Microsoft.ContainerService'],
  ['az provider register -n Microsoft.ContainerService', ''],
  [
    'az feature show --namespace Microsoft.ContainerService --name EnablePodIdentityPreview --query properties.state -o tsv',
    'Registered',
  ],
  ['az resource list --query "[].name" -o tsv', 'web'],
  ['az aks list --query "[].name" -o tsv', 'demo'],
  ['az aks get-upgrades -g demo-rg -n demo -o table', '1.33.5'],
  ['az aks get-credentials -g demo-rg -n demo -f -', 'current-context: demo'],
  ['az identity create -g demo-rg -n fresh --query name -o tsv', 'fresh'],
  ['az identity list -g demo-rg --query "[].name" -o tsv', 'fresh'],
  ['podid identity list -g demo-rg --query "[].name" -o tsv', 'fresh'],
  [
    `az role assignment create --role "Managed Identity Operator" --assignee-object-id ${principal} --assignee-principal-type ServicePrincipal --scope "${web}" --query scope -o tsv`,
    'userAssignedIdentities/web',
  ],
  [
    `az role assignment create --role Reader --assignee ${principal} --scope "${web}" --query scope -o tsv`,
    'userAssignedIdentities/web',
  ],
  [
    `az role assignment list --assignee ${principal} --all --query "[].roleDefinitionName" -o tsv`,
    'Managed Identity Operator',
  ],
  [
    'az role definition list --name "Managed Identity Operator" --query "[].name" -o tsv',
    'f1a07417-d97a-45cb-824c-7a7467783830',
  ],
  [
    'az identity federated-credential create -g demo-rg --identity-name web -n fic --issuer https://i.example --subject system:serviceaccount:a:b --query name -o tsv',
    'fic',
  ],
  [
    'az identity federated-credential list -g demo-rg --identity-name web --query "[].subject" -o tsv',
    'system:serviceaccount:a:b',
  ],
  ['az vmss list --query "[].name" -o tsv', 'aks-nodepool1-12345678-vmss'],
  [`az vmss identity assign ${nodes} --identities "${web}" --only-show-errors`, 'userAssignedIdentities/web'],
  [`az vmss identity remove ${nodes} --identities "${web}" --only-show-errors`, 'UserAssigned'],
  [
    'az aks update -g demo-rg -n demo --enable-oidc-issuer --query oidcIssuerProfile.issuerUrl -o tsv',
    'https://westeurope.oic.',
  ],
  ['az aks nodepool upgrade -g demo-rg --cluster-name demo -n nodepool1 --node-image-only', ''],
  [
    'az aks nodepool add -g demo-rg --cluster-name demo -n extra --node-count 1 --query provisioningState -o tsv',
    'Succeeded',
  ],
  ['az aks nodepool list -g demo-rg --cluster-name demo --query "[].name" -o tsv', 'extra'],
  ['az aks nodepool delete -g demo-rg --cluster-name demo -n extra', ''],
  [
    'az aks create -g demo-rg -n n1 --no-ssh-key --node-count 1 --query nodeResourceGroup -o tsv',
    'MC_demo-rg_n1_westeurope',
  ],
  ['podid node list -g demo-rg -c n1 --query "[].pool" -o tsv', 'nodepool1'],
  ['az aks stop -g demo-rg -n n1', ''],
  ['az aks show -g demo-rg -n n1 --query powerState.code -o tsv', 'Stopped'],
  ['az aks start -g demo-rg -n n1', ''],
  ['az aks delete -g demo-rg -n n1 --yes', ''],
  ['podid cluster list --query "[].name" -o tsv', 'demo'],
  ['az aks get-versions -l westeurope -o table', '1.33.5'],
  ['az aks rotate-certs -g demo-rg -n demo --yes', ''],
  [`az resource show -g demo-rg -n demo --resource-type ${managedCluster} --query name -o tsv`, 'demo'],
  [
    `az resource update -g demo-rg -n demo --resource-type ${managedCluster} --api-version 2025-10-01 --set properties.podIdentityProfile.enabled=false -o none`,
    '',
  ],
  ['podid status -g demo-rg -c demo -o json --query enabled', 'false'],
  ['az identity delete -g demo-rg -n fresh', ''],
  ['az logout', ''],
];
