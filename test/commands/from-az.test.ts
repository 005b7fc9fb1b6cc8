// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell variables, not JavaScript's
import { describe, expect, it } from 'vitest';
import { lastError, run } from '../cli/fake-context.ts';

/** Every az invocation of the AKS page on pod-managed identities, and what becomes of it. */
const documentation: readonly (readonly [string, string])[] = [
  ['az extension add --name aks-preview', ''],
  ['az extension update --name aks-preview', ''],
  [
    'az feature register --namespace "Microsoft.ContainerService" --name "EnablePodIdentityPreview"',
    'az feature register --namespace "Microsoft.ContainerService" --name "EnablePodIdentityPreview"',
  ],
  [
    'az feature show --namespace "Microsoft.ContainerService" --name "EnablePodIdentityPreview"',
    'az feature show --namespace "Microsoft.ContainerService" --name "EnablePodIdentityPreview"',
  ],
  [
    'az feature unregister --namespace "Microsoft.ContainerService" --name "EnablePodIdentityPreview"',
    'az feature unregister --namespace "Microsoft.ContainerService" --name "EnablePodIdentityPreview"',
  ],
  [
    'az provider register --namespace Microsoft.ContainerService',
    'az provider register --namespace Microsoft.ContainerService',
  ],
  [
    'az group create --name myResourceGroup --location eastus',
    'az group create --name myResourceGroup --location eastus',
  ],
  [
    'az aks create \\\n    --resource-group myResourceGroup \\\n    --name myAKSCluster \\\n    --enable-pod-identity \\\n    --network-plugin azure \\\n    --generate-ssh-keys',
    'az aks create --resource-group myResourceGroup --name myAKSCluster --network-plugin azure --generate-ssh-keys && podid enable -g myResourceGroup -c myAKSCluster',
  ],
  [
    'az aks create -g myResourceGroup -n myAKSCluster --enable-pod-identity --enable-pod-identity-with-kubenet',
    'az aks create -g myResourceGroup -n myAKSCluster && podid enable -g myResourceGroup -c myAKSCluster --enable-pod-identity-with-kubenet',
  ],
  [
    'az aks create \\\n    --resource-group $MY_RESOURCE_GROUP \\\n    --name $MY_CLUSTER \\\n    --enable-pod-identity \\\n    --enable-pod-identity-with-kubenet \\\n    --generate-ssh-keys',
    'az aks create --resource-group $MY_RESOURCE_GROUP --name $MY_CLUSTER --generate-ssh-keys && podid enable -g $MY_RESOURCE_GROUP -c $MY_CLUSTER --enable-pod-identity-with-kubenet',
  ],
  [
    'az aks get-credentials --resource-group myResourceGroup --name myAKSCluster',
    'az aks get-credentials --resource-group myResourceGroup --name myAKSCluster',
  ],
  [
    'az aks update --resource-group $MY_RESOURCE_GROUP --name $MY_CLUSTER --enable-pod-identity',
    'podid enable -g $MY_RESOURCE_GROUP -c $MY_CLUSTER',
  ],
  [
    'az aks update -g $MY_RESOURCE_GROUP -n $MY_CLUSTER --enable-pod-identity --enable-pod-identity-with-kubenet',
    'podid enable -g $MY_RESOURCE_GROUP -c $MY_CLUSTER --enable-pod-identity-with-kubenet',
  ],
  [
    'az identity create --resource-group ${IDENTITY_RESOURCE_GROUP} --name ${IDENTITY_NAME}',
    'az identity create --resource-group ${IDENTITY_RESOURCE_GROUP} --name ${IDENTITY_NAME}',
  ],
  [
    'az identity show --resource-group ${IDENTITY_RESOURCE_GROUP} --name ${IDENTITY_NAME} --query clientId -o tsv',
    'az identity show --resource-group ${IDENTITY_RESOURCE_GROUP} --name ${IDENTITY_NAME} --query clientId -o tsv',
  ],
  [
    'az identity show --resource-group ${IDENTITY_RESOURCE_GROUP} --name ${IDENTITY_NAME} --query id -o tsv',
    'az identity show --resource-group ${IDENTITY_RESOURCE_GROUP} --name ${IDENTITY_NAME} --query id -o tsv',
  ],
  [
    'az aks show --resource-group myResourceGroup --name myAKSCluster --query nodeResourceGroup -o tsv',
    'az aks show --resource-group myResourceGroup --name myAKSCluster --query nodeResourceGroup -o tsv',
  ],
  [
    'az group show --name $NODE_GROUP -o tsv --query "id"',
    'az group show --name $NODE_GROUP -o tsv --query "id"',
  ],
  [
    'az role assignment create --role "Virtual Machine Contributor" --assignee "$IDENTITY_CLIENT_ID" --scope $NODES_RESOURCE_ID',
    'az role assignment create --role "Virtual Machine Contributor" --assignee "$IDENTITY_CLIENT_ID" --scope $NODES_RESOURCE_ID',
  ],
  [
    'az aks pod-identity add --resource-group myResourceGroup --cluster-name myAKSCluster --namespace ${POD_IDENTITY_NAMESPACE}  --name ${POD_IDENTITY_NAME} --identity-resource-id ${IDENTITY_RESOURCE_ID}',
    'podid add -g myResourceGroup -c myAKSCluster --namespace ${POD_IDENTITY_NAMESPACE} --name ${POD_IDENTITY_NAME} --identity-resource-id ${IDENTITY_RESOURCE_ID}',
  ],
  ...[1, 2].map(
    (number) =>
      [
        `az aks pod-identity add --resource-group myResourceGroup --cluster-name myAKSCluster --namespace \${POD_IDENTITY_NAMESPACE} --name \${POD_IDENTITY_NAME_${number}} --identity-resource-id \${IDENTITY_RESOURCE_ID_${number}} --binding-selector myMultiIdentitySelector`,
        `podid add -g myResourceGroup -c myAKSCluster --namespace \${POD_IDENTITY_NAMESPACE} --name \${POD_IDENTITY_NAME_${number}} --identity-resource-id \${IDENTITY_RESOURCE_ID_${number}} --binding-selector myMultiIdentitySelector`,
      ] as const,
  ),
  [
    'az aks pod-identity delete --name ${POD_IDENTITY_NAME} --namespace ${POD_IDENTITY_NAMESPACE} --resource-group myResourceGroup --cluster-name myAKSCluster',
    'podid delete --name ${POD_IDENTITY_NAME} --namespace ${POD_IDENTITY_NAMESPACE} -g myResourceGroup -c myAKSCluster',
  ],
  [
    'az aks update --resource-group myResourceGroup --name myAKSCluster --disable-pod-identity',
    'podid disable -g myResourceGroup -c myAKSCluster',
  ],
  [
    'az identity delete \\\n    --resource-group ${IDENTITY_RESOURCE_GROUP} \\\n    --name ${IDENTITY_NAME}',
    'az identity delete --resource-group ${IDENTITY_RESOURCE_GROUP} --name ${IDENTITY_NAME}',
  ],
  [
    'az role assignment delete \\\n    --role "Managed Identity Operator" \\\n    --assignee "$IDENTITY_CLIENT_ID" \\\n    --scope "$IDENTITY_RESOURCE_ID"',
    'az role assignment delete --role "Managed Identity Operator" --assignee "$(podid cluster show --query identity.principalId -o tsv)" --scope "$IDENTITY_RESOURCE_ID"',
  ],
];

const translate = (line: string) => run(['from-az', line]);

describe('podid from-az', () => {
  it.each(documentation)('translates %j of the AKS documentation', async (az, line) => {
    const ran = await translate(az);
    expect(ran, ran.stderr).toMatchObject({ exitCode: 0, requests: [] });
    expect(ran.stdout).toBe(line === '' ? '' : `${line}\n`);
    expect(ran.stderr).not.toBe('');
  });

  it('says that the documentation revokes the role of the wrong principal', async () => {
    const ran = await translate(documentation.at(-1)?.[0] ?? '');
    expect(ran.stderr).toMatch(/Corrected: .*control plane, not to the application's identity/);
    expect(ran.stderr).toContain('podid delete --revoke-role');
  });

  it.each([
    [
      'az aks pod-identity exception add -g rg --cluster-name c --namespace ns -n ex --pod-labels app=web tier="a b"',
      'podid exception add -g rg -c c --namespace ns --name ex --pod-labels app=web tier="a b"',
    ],
    [
      'az aks pod-identity exception update -grg --cluster-name=c --namespace ns -n ex --pod-labels a=b',
      'podid exception update -g rg -c c --namespace ns --name ex --pod-labels a=b',
    ],
    [
      'az aks pod-identity exception list -g rg --cluster-name c -o jsonc',
      'podid exception list -g rg -c c -o jsonc',
    ],
    [
      "az aks pod-identity list -g rg --cluster-name c --query 'podIdentityProfile.userAssignedIdentities[].name' -o tsv",
      "podid list -g rg -c c --query 'podIdentityProfile.userAssignedIdentities[].name' -o tsv --raw-cluster",
    ],
    [
      'az aks pod-identity delete -g rg --cluster-name c --namespace ns -n x --aks-custom-headers A=b --subscription s',
      'podid delete -g rg -c c --namespace ns --name x --aks-custom-headers A=b --subscription s',
    ],
    [
      'az aks update -g rg -n c --enable-managed-identity --assign-identity $ID --yes',
      'podid cluster update -g rg -c c --yes --enable-managed-identity --assign-identity $ID',
    ],
    [
      'az aks update -g rg -n c --enable-managed-identity --enable-pod-identity -y',
      'podid cluster update -g rg -c c --yes --enable-managed-identity && podid enable -g rg -c c',
    ],
    [
      'az aks update -g rg -n c --tags a=b c=d --enable-pod-identity --if-match tag',
      'az aks update -g rg -n c --if-match tag --tags a=b c=d && podid enable -g rg -c c',
    ],
    ['az aks update -g rg -n c --disable-pod-identity --yes', 'podid disable -g rg -c c --yes'],
    [
      'az role assignment delete --role f1a07417-d97a-45cb-824c-7a7467783830 --assignee-object-id x --scope s',
      'az role assignment delete --role f1a07417-d97a-45cb-824c-7a7467783830 --assignee-object-id "$(podid cluster show --query identity.principalId -o tsv)" --scope s',
    ],
    [
      'az role assignment delete --role Reader --assignee x --scope s',
      'az role assignment delete --role Reader --assignee x --scope s',
    ],
    [
      'az aks pod-identity add -g rg --cluster-name c --namespace ns --identity-resource-id "$(az identity show -g rg -n \'my id\' --query id -o tsv)"',
      'podid add -g rg -c c --namespace ns --identity-resource-id "$(az identity show -g rg -n \'my id\' --query id -o tsv)"',
    ],
    [
      'az vmss identity assign -g $NODE_RESOURCE_GROUP -n aks-nodepool1-12345678-vmss --identities $IDENTITY_RESOURCE_ID',
      'podid node assign --node-resource-group $NODE_RESOURCE_GROUP --vmss aks-nodepool1-12345678-vmss --identities $IDENTITY_RESOURCE_ID',
    ],
    [
      'az vm identity assign -g rg --name vm1 --identities "$ONE" $TWO -o none',
      'podid node assign --node-resource-group rg --vm vm1 --identities "$ONE" $TWO -o none',
    ],
    [
      'az vm identity remove -g rg -n vm1 --identities reader $TWO',
      'podid node unassign --node-resource-group rg --vm vm1 --identities "$(az identity show -g rg -n reader --query id -o tsv)" $TWO',
    ],
    ['az vmss identity show -g rg -n set1', 'podid node list --node-resource-group rg --vmss set1'],
    ['az vm identity assign -g rg -n vm1', 'az vm identity assign -g rg -n vm1'],
    [
      'az vmss identity remove -g rg -n set1 --identities [system]',
      'az vmss identity remove -g rg -n set1 --identities [system]',
    ],
    ['az feature register --name Other', 'az feature register --name Other'],
  ])('translates %s', async (az, line) => {
    const ran = await translate(az);
    expect(ran.stdout, ran.stderr).toBe(`${line}\n`);
    expect(ran.exitCode).toBe(0);
  });

  it.each([
    ['kubectl get pods', 'there is no command of az in it'],
    ['', 'AZ-COMMAND'],
    ['az', 'complete command'],
    ['az vm create -n x', 'no equivalent'],
    ['az vm identity assign -g rg -n vm1 --identities $A --role Owner --scope s', '--role, --scope'],
    ['az vm identity frobnicate -g rg', 'is not a command of az'],
    ['az aks scale -g rg -n c --node-count 3', 'no equivalent'],
    ['az aks pod-identity show -n x', 'not a command of az'],
    ['az aks pod-identity add --no-wait --frobnicate x', '--no-wait, --frobnicate'],
    ['az aks update -g rg -n c --tags a=b', 'stays az'],
    ['az aks update -g rg -n c', 'Nothing in it'],
    ['az aks update -g rg -n c --enable-pod-identity-with-kubenet', 'alone does nothing'],
    ['az aks update -g rg -n c --enable-pod-identity --disable-pod-identity', 'exclude each other'],
    ['az extension add --name other', 'no equivalent'],
    ['az group create -n "a', 'cannot be read as a shell takes it'],
    ['az webapp up && az functionapp list', 'az webapp up has no equivalent'],
  ])('refuses %j with exit 2 and an empty stdout', async (az, text) => {
    const ran = await translate(az);
    expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ran.stderr).toContain(text);
  });

  it.each([[['from-az']], [['from-az', '-']]])('%j reads a script from stdin', async (words) => {
    const script = '# pods\naz aks pod-identity list -g rg --cluster-name c -o none\n';
    const ran = await run(words, { context: { readStdin: async () => script } });
    expect(ran, ran.stderr).toMatchObject({ exitCode: 0, requests: [] });
    expect(ran.stdout).toMatch(/^# pods\n# podid: .*\npodid list -g rg -c c -o none\n$/);
    expect(ran.stderr).toContain('1 of 1 az commands translated.');
  });

  it('says what it wants where nothing comes', async () => {
    const ran = await run('from-az', { context: { readStdin: async () => '' } });
    expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ran.stderr).toContain('AZ-COMMAND is missing: an az command in quotes, or a script on stdin');
    const asked = await run('from-az', {
      context: { interactive: true, readStdin: () => Promise.reject(new Error('read')) },
    });
    expect(asked.exitCode).toBe(2);
  });

  it('wants quotes around the command', async () => {
    const ran = await run('from-az az aks pod-identity list', { json: true });
    expect(ran.exitCode).toBe(2);
    expect(lastError(ran).code).toBe('InvalidUsage');
  });
});
