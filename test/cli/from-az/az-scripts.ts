/** Whole scripts, and what is printed for them. */
export const azScripts: readonly {
  readonly what: string;
  readonly script: string;
  readonly becomes: string;
  readonly notes?: readonly string[];
}[] = [
  {
    what: 'for bash',
    script: `#!/usr/bin/env bash
set -euo pipefail

# Names of the shop
RG=rg-shop
CLUSTER=aks-shop

az account set --subscription "$SUB"
az extension add --name aks-preview
az feature register --namespace Microsoft.ContainerService --name EnablePodIdentityPreview
if ! az aks show -g "$RG" -n "$CLUSTER" >/dev/null 2>&1; then
  az extension update --name aks-preview
  az aks create \\
    --resource-group "$RG" \\
    --name "$CLUSTER" \\
    --enable-pod-identity \\
    --network-plugin azure \\
    --generate-ssh-keys
fi
IDENTITY_ID=$(az identity show -g "$RG" -n web --query id -o tsv)
NODE_RG="$(az aks show -g "$RG" -n "$CLUSTER" --query nodeResourceGroup -o tsv)"
az role assignment create --role "Managed Identity Operator" \\
  --assignee "$CLUSTER_CLIENT_ID" --scope "$IDENTITY_ID"
for ns in shop cart; do
    az aks pod-identity add -g "$RG" \\
        --cluster-name "$CLUSTER" \\
        --namespace "$ns" \\
        --name web \\
        --identity-resource-id "$IDENTITY_ID"
done
echo "run az aks pod-identity list by hand"; az aks pod-identity exception add -g "$RG" --cluster-name "$CLUSTER" --namespace kube-system --pod-labels app=backup
COUNT=$(az aks pod-identity list -g "$RG" --cluster-name "$CLUSTER" | jq '.podIdentityProfile.userAssignedIdentities | length')
cat <<EOF
az aks pod-identity list
EOF
az role assignment delete --role "Managed Identity Operator" --assignee "$CLIENT_ID" --scope "$IDENTITY_ID"
az vmss identity assign -g "$NODE_RG" -n pool1 --identities "$IDENTITY_ID"
kubectl get pods -n shop
`,
    becomes: `#!/usr/bin/env bash
set -euo pipefail

# Names of the shop
RG=rg-shop
CLUSTER=aks-shop

az account set --subscription "$SUB"
# podid: Nothing to type: podid needs neither az nor its extension.
# az extension add --name aks-preview
az feature register --namespace Microsoft.ContainerService --name EnablePodIdentityPreview
if ! az aks show -g "$RG" -n "$CLUSTER" >/dev/null 2>&1; then
  # Left out: az extension update --name aks-preview
  :
  # podid: az creates the cluster; podid then turns pod identity on.
  az aks create \\
    --resource-group "$RG" \\
    --name "$CLUSTER" \\
    --network-plugin azure \\
    --generate-ssh-keys && podid enable -g "$RG" -c "$CLUSTER"
fi
IDENTITY_ID=$(az identity show -g "$RG" -n web --query id -o tsv)
NODE_RG="$(az aks show -g "$RG" -n "$CLUSTER" --query nodeResourceGroup -o tsv)"
# podid: Nothing to type for the add-on: podid add gives the role Managed Identity Operator to the cluster's control plane, on the one identity. podid-mic and upstream's MIC need it for their own principal; for them it stays az.
# az role assignment create --role "Managed Identity Operator" \\
#   --assignee "$CLUSTER_CLIENT_ID" --scope "$IDENTITY_ID"
for ns in shop cart; do
    # podid: It prints the entries alone; --raw-cluster prints the whole cluster, as az does.
    podid add \\
        -g "$RG" \\
        -c "$CLUSTER" \\
        --namespace "$ns" \\
        --name web \\
        --identity-resource-id "$IDENTITY_ID"
done
# podid: podid makes a name for the exception from its labels and says it.
echo "run az aks pod-identity list by hand"; podid exception add -g "$RG" -c "$CLUSTER" --namespace kube-system --pod-labels app=backup
# podid: What reads the result expects the whole cluster, which --raw-cluster prints as az does.
COUNT=$(podid list -g "$RG" -c "$CLUSTER" --raw-cluster | jq '.podIdentityProfile.userAssignedIdentities | length')
cat <<EOF
az aks pod-identity list
EOF
# podid: Corrected: the role Managed Identity Operator belongs to the cluster's control plane, not to the application's identity, which the command named.
# podid: Run it before the managed identity is deleted; podid delete --revoke-role does both in one go.
az role assignment delete --role "Managed Identity Operator" --assignee "$(podid cluster show -g "$RG" -c "$CLUSTER" --query identity.principalId -o tsv)" --scope "$IDENTITY_ID"
# podid: Without --vm and --vmss it does the same on every Linux pool of the cluster.
podid node assign -g "$RG" -c "$CLUSTER" --node-resource-group "$NODE_RG" --vmss pool1 --identities "$IDENTITY_ID"
kubectl get pods -n shop
`,
    notes: [
      '6 of 14 az commands translated, 3 left out, 5 stay az.',
      'Line 31: an az command that stands in a text, or that another program runs, stays as it is.',
      'Line 34: an az command that stands in a text, or that another program runs, stays as it is.',
    ],
  },
  {
    what: 'for PowerShell',
    script: `# names
$rg = "rg-shop"
$cluster = 'aks-shop'
<# az aks pod-identity list #>
az aks update \`
    --resource-group $rg \`
    --name $cluster \`
    --enable-managed-identity --enable-pod-identity --yes
if ($LASTEXITCODE -ne 0) { throw "az aks pod-identity failed" }
foreach ($ns in @('shop', 'cart')) {
    az aks pod-identity add --resource-group $rg --cluster-name $cluster \`
        --namespace $ns --name "web-$ns" --identity-resource-id $(az identity show -g $rg -n web --query id -o tsv)
}
$json = az aks pod-identity list -g $rg --cluster-name $cluster | ConvertFrom-Json
az extension add --name aks-preview
$x = @"
az aks pod-identity list
"@
az aks pod-identity delete -g $rg --cluster-name $cluster --namespace shop --name web 2>$null
`,
    becomes: `# names
$rg = "rg-shop"
$cluster = 'aks-shop'
<# az aks pod-identity list #>
# podid: Several commands: each does its part and the next waits for it.
# podid: Unlike az it leaves entries that are there already as they are.
podid cluster update \`
    -g $rg \`
    -c $cluster \`
    --yes \`
    --enable-managed-identity; if ($?) { podid enable -g $rg -c $cluster }
if ($LASTEXITCODE -ne 0) { throw "az aks pod-identity failed" }
foreach ($ns in @('shop', 'cart')) {
    # podid: It prints the entries alone; --raw-cluster prints the whole cluster, as az does.
    podid add \`
        -g $rg \`
        -c $cluster \`
        --namespace $ns \`
        --name "web-$ns" \`
        --identity-resource-id $(az identity show -g $rg -n web --query id -o tsv)
}
# podid: What reads the result expects the whole cluster, which --raw-cluster prints as az does.
$json = podid list -g $rg -c $cluster --raw-cluster | ConvertFrom-Json
# podid: Nothing to type: podid needs neither az nor its extension.
# az extension add --name aks-preview
$x = @"
az aks pod-identity list
"@
# podid: Unlike az it ends with 4 when there is no such entry; --ignore-not-found makes that 0.
podid delete -g $rg -c $cluster --namespace shop --name web 2>$null
`,
    notes: [
      '4 of 6 az commands translated, 1 left out, 1 stay az.',
      'Line 4: an az command that stands in a text, or that another program runs, stays as it is.',
      'Line 9: an az command that stands in a text, or that another program runs, stays as it is.',
      'Line 17: an az command that stands in a text, or that another program runs, stays as it is.',
    ],
  },
  {
    what: 'for cmd',
    script: `@echo off
rem az aks pod-identity list
set RG=rg-shop
set CLUSTER=aks-shop
call az aks pod-identity add ^
  --resource-group %RG% ^
  --cluster-name %CLUSTER% ^
  --namespace shop --name web --identity-resource-id "%ID%"
call az extension add --name aks-preview
for /f "delims=" %%i in ('az aks pod-identity list -g %RG% --cluster-name %CLUSTER%') do set OUT=%%i
if errorlevel 1 (
  call az aks pod-identity delete -g %RG% --cluster-name %CLUSTER% --namespace shop --name web >nul 2>&1 || exit /b 1
) else az aks update -g %RG% -n %CLUSTER% --disable-pod-identity --yes
`,
    becomes: `@echo off
rem az aks pod-identity list
set RG=rg-shop
set CLUSTER=aks-shop
rem podid: It prints the entries alone; --raw-cluster prints the whole cluster, as az does.
call podid add ^
  -g %RG% ^
  -c %CLUSTER% ^
  --namespace shop ^
  --name web ^
  --identity-resource-id "%ID%"
rem podid: Nothing to type: podid needs neither az nor its extension.
rem Left out: az extension add --name aks-preview
call ver >nul
rem podid: What reads the result expects the whole cluster, which --raw-cluster prints as az does.
for /f "delims=" %%i in ('podid list -g %RG% -c %CLUSTER% --raw-cluster') do set OUT=%%i
if errorlevel 1 (
  rem podid: Unlike az it ends with 4 when there is no such entry; --ignore-not-found makes that 0.
  call podid delete -g %RG% -c %CLUSTER% --namespace shop --name web >nul 2>&1 || exit /b 1
) else podid disable -g %RG% -c %CLUSTER% --yes
`,
    notes: ['4 of 5 az commands translated, 1 left out.'],
  },
  {
    what: 'copied from a terminal',
    script: `$ az aks update -g rg-shop -n aks-shop --enable-pod-identity
{
  "name": "aks-shop"
}
$ az aks pod-identity add -g rg-shop --cluster-name aks-shop \\
> --namespace shop --name web \\
> --identity-resource-id "$ID"
$ kubectl get pods
NAME   READY
web    1/1
`,
    becomes: `# podid: Unlike az it leaves entries that are there already as they are.
podid enable -g rg-shop -c aks-shop
# {
#   "name": "aks-shop"
# }
# podid: It prints the entries alone; --raw-cluster prints the whole cluster, as az does.
podid add \\
-g rg-shop \\
-c aks-shop \\
--namespace shop \\
--name web \\
--identity-resource-id "$ID"
kubectl get pods
# NAME   READY
# web    1/1
`,
    notes: ['2 of 2 az commands translated.'],
  },
  {
    what: 'copied from PowerShell',
    script: `PS C:\\Users\\anna> $id = az identity show -g rg-shop -n web --query id -o tsv
PS C:\\Users\\anna> az aks pod-identity add -g rg-shop --cluster-name aks-shop \`
>> --namespace shop --name web \`
>> --identity-resource-id $id
The behavior of this command has been altered by the following extension: aks-preview
PS C:\\Users\\anna> az aks pod-identity exception delete -g rg-shop --cluster-name aks-shop --namespace shop -n legacy
`,
    becomes: `$id = az identity show -g rg-shop -n web --query id -o tsv
# podid: It prints the entries alone; --raw-cluster prints the whole cluster, as az does.
podid add \`
-g rg-shop \`
-c aks-shop \`
--namespace shop \`
--name web \`
--identity-resource-id $id
# The behavior of this command has been altered by the following extension: aks-preview
# podid: Unlike az it ends with 4 when there is no such entry; --ignore-not-found makes that 0.
podid exception delete -g rg-shop -c aks-shop --namespace shop --name legacy
`,
    notes: ['2 of 3 az commands translated, 1 stay az.'],
  },
  {
    what: 'whose az stands in variables, functions and texts, which are named',
    script: `AZ=az
run() { az "$@"; }
az aks $MODE list -g rg --cluster-name c
"\${AZ}" aks pod-identity list -g rg --cluster-name c
run_az aks update -g rg -n c \\
  --enable-pod-identity
az aks pod-identity list -g rg --cluster-name c
`,
    becomes: `AZ=az
run() { az "$@"; }
az aks $MODE list -g rg --cluster-name c
"\${AZ}" aks pod-identity list -g rg --cluster-name c
run_az aks update -g rg -n c \\
  --enable-pod-identity
# podid: It prints the entries alone; --raw-cluster prints the whole cluster, as az does.
podid list -g rg -c c
`,
    notes: [
      'Line 2: What $@ stands for cannot be seen: write the words out behind az. It stays az.',
      'Line 3: What $MODE stands for cannot be seen: write the words out behind az. It stays az.',
      '1 of 3 az commands translated, 2 stay az.',
      'Line 4: an az command that stands in a text, or that another program runs, stays as it is.',
      'Line 5: an az command that stands in a text, or that another program runs, stays as it is.',
    ],
  },
  {
    what: 'in the fences of Markdown',
    script: '```bash\naz aks pod-identity delete -g rg --cluster-name c --namespace n -n web\n```\n',
    becomes:
      '```bash\n# podid: It prints the entries alone; --raw-cluster prints the whole cluster, as az does.\n# podid: Unlike az it ends with 4 when there is no such entry; --ignore-not-found makes that 0.\npodid delete -g rg -c c --namespace n --name web\n```\n',
  },
  {
    what: 'of a Makefile',
    script:
      'list:\n\t@az aks pod-identity list -g $(RG) --cluster-name $(C)\n\t-az aks update -g $(RG) -n $(C) --disable-pod-identity --yes\n',
    becomes:
      'list:\n\t# podid: It prints the entries alone; --raw-cluster prints the whole cluster, as az does.\n\t@podid list -g $(RG) -c $(C)\n\t-podid disable -g $(RG) -c $(C) --yes\n',
  },
];
