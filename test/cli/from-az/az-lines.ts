// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell variables, not JavaScript's
/** `kept`: the same az line; `leftOut`: nothing has to be typed; else the line, or why there is none. */
export type Expected = string | { readonly refused: string };

/** Lines by the shapes in which people write and copy them, each alone on stdin. */
export const azLines: readonly (readonly [string, Expected])[] = [
  [
    '$ az aks pod-identity add -g rg-shop --cluster-name aks-shop --namespace shop -n web --identity-resource-id $ID',
    'podid add -g rg-shop -c aks-shop --namespace shop --name web --identity-resource-id $ID',
  ],
  [
    '# az aks pod-identity add -g rg-shop --cluster-name aks-shop --namespace shop -n web --identity-resource-id $ID',
    { refused: 'there is no command of az in it.' },
  ],
  [
    'root@build-7:~# az aks pod-identity list -g rg-shop --cluster-name aks-shop',
    'podid list -g rg-shop -c aks-shop',
  ],
  [
    'anna@laptop:~/infra$ az aks pod-identity list -g rg-shop --cluster-name aks-shop -o table',
    'podid list -g rg-shop -c aks-shop -o table',
  ],
  [
    '(venv) anna@laptop:~$ az aks pod-identity list -g rg-shop --cluster-name aks-shop',
    'podid list -g rg-shop -c aks-shop',
  ],
  [
    'PS C:\\Users\\anna> az aks pod-identity list --resource-group rg-shop --cluster-name aks-shop',
    'podid list -g rg-shop -c aks-shop',
  ],
  [
    'PS> az aks pod-identity list --resource-group $rg --cluster-name $cluster',
    'podid list -g $rg -c $cluster',
  ],
  [
    'PS /home/anna> az aks pod-identity delete -g $rg --cluster-name $cluster --namespace shop --name web',
    'podid delete -g $rg -c $cluster --namespace shop --name web',
  ],
  [
    'C:\\Users\\anna>az aks pod-identity list -g rg-shop --cluster-name aks-shop',
    'podid list -g rg-shop -c aks-shop',
  ],
  ['C:\\> az.cmd aks pod-identity list -g %RG% --cluster-name %CLUSTER%', 'podid list -g %RG% -c %CLUSTER%'],
  [
    'sudo az aks pod-identity list -g rg-shop --cluster-name aks-shop',
    'sudo podid list -g rg-shop -c aks-shop',
  ],
  [
    'sudo -E az aks pod-identity delete -g rg-shop --cluster-name aks-shop --namespace shop --name web',
    'sudo -E podid delete -g rg-shop -c aks-shop --namespace shop --name web',
  ],
  ['az.cmd aks pod-identity list -g rg-shop --cluster-name aks-shop', 'podid list -g rg-shop -c aks-shop'],
  [
    '/usr/bin/az aks pod-identity list -g rg-shop --cluster-name aks-shop',
    'podid list -g rg-shop -c aks-shop',
  ],
  [
    '"C:\\Program Files\\Microsoft SDKs\\Azure\\CLI2\\wbin\\az.cmd" aks pod-identity list -g rg-shop --cluster-name aks-shop',
    'podid list -g rg-shop -c aks-shop',
  ],
  [
    'AZURE_CORE_OUTPUT=json az aks pod-identity list -g rg-shop --cluster-name aks-shop',
    'AZURE_CORE_OUTPUT=json podid list -g rg-shop -c aks-shop',
  ],
  [
    'time az aks pod-identity list -g rg-shop --cluster-name aks-shop',
    'time podid list -g rg-shop -c aks-shop',
  ],
  [
    'timeout 600 az aks pod-identity add -g rg-shop --cluster-name aks-shop --namespace shop -n web --identity-resource-id "$ID"',
    'timeout 600 podid add -g rg-shop -c aks-shop --namespace shop --name web --identity-resource-id "$ID"',
  ],
  [
    "az aks pod-identity list -g rg-shop --cluster-name aks-shop | jq -r '.podIdentityProfile.userAssignedIdentities[].name'",
    "podid list -g rg-shop -c aks-shop --raw-cluster | jq -r '.podIdentityProfile.userAssignedIdentities[].name'",
  ],
  [
    'az aks pod-identity list -g rg-shop --cluster-name aks-shop -o json > profile.json',
    'podid list -g rg-shop -c aks-shop -o json --raw-cluster > profile.json',
  ],
  [
    'az aks pod-identity list -g rg-shop --cluster-name aks-shop -o json >> "$LOG" 2>&1',
    'podid list -g rg-shop -c aks-shop -o json --raw-cluster >> "$LOG" 2>&1',
  ],
  [
    'az aks pod-identity delete -g rg-shop --cluster-name aks-shop --namespace shop --name web || true',
    'podid delete -g rg-shop -c aks-shop --namespace shop --name web || true',
  ],
  [
    'az aks pod-identity delete -g rg-shop --cluster-name aks-shop --namespace shop --name web 2>/dev/null',
    'podid delete -g rg-shop -c aks-shop --namespace shop --name web 2>/dev/null',
  ],
  [
    'az aks pod-identity delete -g rg-shop --cluster-name aks-shop --namespace shop --name web >/dev/null 2>&1 || true',
    'podid delete -g rg-shop -c aks-shop --namespace shop --name web >/dev/null 2>&1 || true',
  ],
  [
    'az aks pod-identity delete -g rg-shop --cluster-name aks-shop --namespace shop --name web --yes',
    'podid delete -g rg-shop -c aks-shop --namespace shop --name web',
  ],
  [
    'az aks pod-identity delete -g rg-shop --cluster-name aks-shop --namespace shop --name web -y',
    'podid delete -g rg-shop -c aks-shop --namespace shop --name web',
  ],
  [
    'PROFILE=$(az aks pod-identity list -g rg-shop --cluster-name aks-shop)',
    'PROFILE=$(podid list -g rg-shop -c aks-shop --raw-cluster)',
  ],
  [
    'PROFILE="$(az aks pod-identity list -g rg-shop --cluster-name aks-shop -o json)"',
    'PROFILE="$(podid list -g rg-shop -c aks-shop -o json --raw-cluster)"',
  ],
  [
    "export NAMES=$(az aks pod-identity list -g rg-shop --cluster-name aks-shop --query 'podIdentityProfile.userAssignedIdentities[].name' -o tsv)",
    "export NAMES=$(podid list -g rg-shop -c aks-shop --query 'podIdentityProfile.userAssignedIdentities[].name' -o tsv --raw-cluster)",
  ],
  [
    'NAMES=`az aks pod-identity list -g rg-shop --cluster-name aks-shop`',
    'NAMES=`podid list -g rg-shop -c aks-shop --raw-cluster`',
  ],
  [
    '$profile = az aks pod-identity list -g rg-shop --cluster-name aks-shop | ConvertFrom-Json',
    '$profile = podid list -g rg-shop -c aks-shop --raw-cluster | ConvertFrom-Json',
  ],
  [
    '$profile = (az aks pod-identity list -g rg-shop --cluster-name aks-shop | ConvertFrom-Json).podIdentityProfile',
    '$profile = (podid list -g rg-shop -c aks-shop --raw-cluster | ConvertFrom-Json).podIdentityProfile',
  ],
  [
    '[string]$profile = az aks pod-identity list -g $rg --cluster-name $cluster',
    '[string]$profile = podid list -g $rg -c $cluster --raw-cluster',
  ],
  [
    'az aks pod-identity list -g rg-shop --cluster-name aks-shop | Out-Null',
    'podid list -g rg-shop -c aks-shop --raw-cluster | Out-Null',
  ],
  [
    'for /f "tokens=*" %i in (\'az aks pod-identity list -g rg-shop --cluster-name aks-shop -o json\') do set PROFILE=%i',
    'for /f "tokens=*" %i in (\'podid list -g rg-shop -c aks-shop -o json --raw-cluster\') do set PROFILE=%i',
  ],
  [
    'az aks pod-identity add -g rg-shop --cluster-name aks-shop --namespace shop -n web --identity-resource-id $ID # pods of the shop',
    'podid add -g rg-shop -c aks-shop --namespace shop --name web --identity-resource-id $ID # pods of the shop',
  ],
  [
    'az aks pod-identity add -g <resource-group> --cluster-name <cluster-name> --namespace <namespace> --name <name> --identity-resource-id <identity resource id>',
    'podid add -g <resource-group> -c <cluster-name> --namespace <namespace> --name <name> --identity-resource-id <identity resource id>',
  ],
  [
    'az aks pod-identity add -g {rg} --cluster-name {cluster} --namespace shop --name web --identity-resource-id {id}',
    'podid add -g {rg} -c {cluster} --namespace shop --name web --identity-resource-id {id}',
  ],
  [
    'az aks pod-identity add -g YOUR_RG --cluster-name YOUR_CLUSTER --namespace my-ns --name my-id --identity-resource-id /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web',
    'podid add -g YOUR_RG -c YOUR_CLUSTER --namespace my-ns --name my-id --identity-resource-id /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web',
  ],
  [
    'az aks pod-identity add --res rg-shop --cluster aks-shop --namesp shop --nam web --identity-res $ID',
    { refused: '--nam may be --name or --namespace; az refuses it, too.' },
  ],
  [
    'az aks pod-identity add --resource-group=rg-shop --cluster-name=aks-shop --namespace=shop --name=web --identity-resource-id=$ID',
    'podid add -g rg-shop -c aks-shop --namespace shop --name web --identity-resource-id $ID',
  ],
  [
    'az aks pod-identity add -grg-shop --cluster-name aks-shop --namespace shop -nweb --identity-resource-id $ID',
    'podid add -g rg-shop -c aks-shop --namespace shop --name web --identity-resource-id $ID',
  ],
  [
    'az aks pod-identity add -g=rg-shop --cluster-name aks-shop --namespace shop -n=web --identity-resource-id $ID',
    'podid add -g rg-shop -c aks-shop --namespace shop --name web --identity-resource-id $ID',
  ],
  [
    'az aks pod-identity add -g \'rg shop\' --cluster-name "aks-shop" --namespace \'shop\' -n "web" --identity-resource-id "${ID}"',
    'podid add -g \'rg shop\' -c "aks-shop" --namespace \'shop\' --name "web" --identity-resource-id "${ID}"',
  ],
  [
    'az aks pod-identity add "--resource-group" rg-shop "--cluster-name=aks-shop" --namespace shop --identity-resource-id $ID',
    'podid add -g rg-shop -c "aks-shop" --namespace shop --identity-resource-id $ID',
  ],
  [
    'az aks pod-identity add -g rg-shop --cluster-name aks-shop --namespace shop --name web --identity-resource-id $(az identity show -g rg-shop -n web --query id -o tsv)',
    'podid add -g rg-shop -c aks-shop --namespace shop --name web --identity-resource-id $(az identity show -g rg-shop -n web --query id -o tsv)',
  ],
  [
    'az aks pod-identity add -g rg-shop --cluster-name aks-shop --namespace shop --name web --identity-resource-id $(terraform output -raw identity_id)',
    'podid add -g rg-shop -c aks-shop --namespace shop --name web --identity-resource-id $(terraform output -raw identity_id)',
  ],
  [
    'az aks pod-identity add -g $(RG) --cluster-name $(CLUSTER) --namespace $(NS) --name web --identity-resource-id $(ID)',
    'podid add -g $(RG) -c $(CLUSTER) --namespace $(NS) --name web --identity-resource-id $(ID)',
  ],
  [
    'az aks pod-identity add -g ${{ env.RG }} --cluster-name ${{ env.CLUSTER }} --namespace shop --name web --identity-resource-id ${{ env.ID }}',
    'podid add -g ${{ env.RG }} -c ${{ env.CLUSTER }} --namespace shop --name web --identity-resource-id ${{ env.ID }}',
  ],
  [
    'az aks pod-identity add -g "${RG:?}" --cluster-name "${CLUSTER:-aks-shop}" --namespace "$NS" --name "$NAME-$i" --identity-resource-id "$ID" --subscription "$SUB"',
    'podid add -g "${RG:?}" -c "${CLUSTER:-aks-shop}" --namespace "$NS" --name "$NAME-$i" --identity-resource-id "$ID" --subscription "$SUB"',
  ],
  [
    'az aks pod-identity add -g rg-shop --cluster-name aks-shop --namespace shop --name web --identity-resource-id $ID --only-show-errors --output none',
    'podid add -g rg-shop -c aks-shop --namespace shop --name web --identity-resource-id $ID --only-show-errors -o none',
  ],
  [
    'az aks pod-identity add -g rg-shop --cluster-name aks-shop --namespace shop --name web --identity-resource-id $ID --aks-custom-headers AKSHTTPCustomFeatures=Microsoft.ContainerService/EnablePodIdentityPreview',
    'podid add -g rg-shop -c aks-shop --namespace shop --name web --identity-resource-id $ID --aks-custom-headers AKSHTTPCustomFeatures=Microsoft.ContainerService/EnablePodIdentityPreview',
  ],
  [
    'az aks pod-identity add -g old-rg -g rg-shop --cluster-name aks-shop --namespace shop --identity-resource-id $ID',
    'podid add -g rg-shop -c aks-shop --namespace shop --identity-resource-id $ID',
  ],
  [
    'az aks pod-identity add -g rg-shop --cluster-name aks-shop --namespace shop --name "" --identity-resource-id $ID',
    'podid add -g rg-shop -c aks-shop --namespace shop --name "" --identity-resource-id $ID',
  ],
  [
    'az aks pod-identity add --namespace shop --identity-resource-id $ID --cluster-name aks-shop',
    'podid add --namespace shop --identity-resource-id $ID -c aks-shop',
  ],
  ['az aks pod-identity add --help', 'podid add --help'],
  [
    'az aks pod-identity exception add -g rg-shop --cluster-name aks-shop --namespace kube-system --pod-labels app.kubernetes.io/name=dataprotection-microsoft-kubernetes',
    'podid exception add -g rg-shop -c aks-shop --namespace kube-system --pod-labels app.kubernetes.io/name=dataprotection-microsoft-kubernetes',
  ],
  [
    'az aks pod-identity exception add -g rg-shop --cluster-name aks-shop --namespace shop --pod-labels app=web tier=front',
    'podid exception add -g rg-shop -c aks-shop --namespace shop --pod-labels app=web tier=front',
  ],
  [
    'az aks pod-identity exception add -g rg-shop --cluster-name aks-shop --namespace shop --pod-labels "app=web" --name legacy',
    'podid exception add -g rg-shop -c aks-shop --namespace shop --pod-labels "app=web" --name legacy',
  ],
  [
    'az aks pod-identity exception add -g rg-shop --cluster-name aks-shop --namespace shop --pod-labels a=b --pod-labels app=web',
    'podid exception add -g rg-shop -c aks-shop --namespace shop --pod-labels app=web',
  ],
  [
    'az aks pod-identity exception update -g rg-shop --cluster-name aks-shop --namespace shop -n legacy --pod-labels app=web',
    'podid exception update -g rg-shop -c aks-shop --namespace shop --name legacy --pod-labels app=web',
  ],
  [
    'az aks pod-identity exception delete -g rg-shop --cluster-name aks-shop --namespace shop -n legacy',
    'podid exception delete -g rg-shop -c aks-shop --namespace shop --name legacy',
  ],
  [
    'az aks pod-identity exception list -g rg-shop --cluster-name aks-shop -o yamlc',
    'podid exception list -g rg-shop -c aks-shop -o yamlc',
  ],
  [
    'az aks pod-identity list -g rg-shop --cluster-name aks-shop && echo done',
    'podid list -g rg-shop -c aks-shop && echo done',
  ],
  [
    'echo before; az aks pod-identity list -g rg-shop --cluster-name aks-shop; echo after',
    'echo before; podid list -g rg-shop -c aks-shop; echo after',
  ],
  [
    'if az aks pod-identity list -g rg-shop --cluster-name aks-shop >/dev/null; then echo yes; fi',
    'if podid list -g rg-shop -c aks-shop >/dev/null; then echo yes; fi',
  ],
  [
    'for ns in shop cart; do az aks pod-identity add -g rg-shop --cluster-name aks-shop --namespace $ns -n web --identity-resource-id $ID; done',
    'for ns in shop cart; do podid add -g rg-shop -c aks-shop --namespace $ns --name web --identity-resource-id $ID; done',
  ],
  [
    'while read -r ns name; do az aks pod-identity delete -g rg-shop --cluster-name aks-shop --namespace "$ns" --name "$name"; done < names.txt',
    'while read -r ns name; do podid delete -g rg-shop -c aks-shop --namespace "$ns" --name "$name"; done < names.txt',
  ],
  [
    'set -e; az aks pod-identity list -g rg-shop --cluster-name aks-shop | grep -q web || exit 1',
    'set -e; podid list -g rg-shop -c aks-shop --raw-cluster | grep -q web || exit 1',
  ],
  [
    'foreach ($ns in $namespaces) { az aks pod-identity add -g $rg --cluster-name $cluster --namespace $ns -n web --identity-resource-id $id }',
    'foreach ($ns in $namespaces) { podid add -g $rg -c $cluster --namespace $ns --name web --identity-resource-id $id }',
  ],
  [
    'if ($enabled) { az aks pod-identity list -g $rg --cluster-name $cluster | Out-Null }',
    'if ($enabled) { podid list -g $rg -c $cluster --raw-cluster | Out-Null }',
  ],
  ['& az aks pod-identity list -g $rg --cluster-name $cluster', '& podid list -g $rg -c $cluster'],
  ['call az aks pod-identity list -g %RG% --cluster-name %CLUSTER%', 'call podid list -g %RG% -c %CLUSTER%'],
  ['@az aks pod-identity list -g %RG% --cluster-name %CLUSTER%', '@podid list -g %RG% -c %CLUSTER%'],
  [
    'if errorlevel 1 (az aks pod-identity list -g %RG% --cluster-name %CLUSTER%)',
    'if errorlevel 1 (podid list -g %RG% -c %CLUSTER%)',
  ],
  ['az aks update -g rg-shop -n aks-shop --enable-pod-identity', 'podid enable -g rg-shop -c aks-shop'],
  [
    'az aks update -g rg-shop -n aks-shop --enable-pod-identity --enable-pod-identity-with-kubenet',
    'podid enable -g rg-shop -c aks-shop --enable-pod-identity-with-kubenet',
  ],
  ['az aks update -g rg-shop -n aks-shop --disable-pod-identity', 'podid disable -g rg-shop -c aks-shop'],
  [
    'az aks update -g rg-shop --cluster-name aks-shop --disable-pod-identity',
    'podid disable -g rg-shop -c aks-shop',
  ],
  [
    'az aks update -g rg-shop -n aks-shop --enable-managed-identity --enable-pod-identity --yes',
    'podid cluster update -g rg-shop -c aks-shop --yes --enable-managed-identity && podid enable -g rg-shop -c aks-shop',
  ],
  [
    'az aks update -g rg-shop -n aks-shop --enable-managed-identity --yes 2>/dev/null || true',
    'podid cluster update -g rg-shop -c aks-shop --yes --enable-managed-identity 2>/dev/null || true',
  ],
  [
    'az aks update -g rg-shop -n aks-shop --enable-managed-identity --enable-pod-identity --yes || exit 1',
    'podid cluster update -g rg-shop -c aks-shop --yes --enable-managed-identity && podid enable -g rg-shop -c aks-shop || exit 1',
  ],
  [
    'false || az aks update -g rg-shop -n aks-shop --enable-managed-identity --enable-pod-identity --yes',
    'false || { podid cluster update -g rg-shop -c aks-shop --yes --enable-managed-identity && podid enable -g rg-shop -c aks-shop; }',
  ],
  [
    'az aks update -g rg-shop -n aks-shop --enable-managed-identity --enable-pod-identity --yes > update.log',
    '{ podid cluster update -g rg-shop -c aks-shop --yes --enable-managed-identity -o none && podid enable -g rg-shop -c aks-shop --raw-cluster; } > update.log',
  ],
  [
    'sudo az aks update -g rg-shop -n aks-shop --enable-managed-identity --enable-pod-identity --yes',
    'sudo podid cluster update -g rg-shop -c aks-shop --yes --enable-managed-identity && sudo podid enable -g rg-shop -c aks-shop',
  ],
  [
    'sudo az aks update -g rg-shop -n aks-shop --enable-managed-identity --enable-pod-identity --yes > update.log',
    { refused: 'It becomes several commands, which cannot stand here: write it in a line of its own.' },
  ],
  [
    'STATE=$(az aks update -g rg-shop -n aks-shop --enable-managed-identity --enable-pod-identity --yes --query provisioningState -o tsv)',
    'STATE=$(podid cluster update -g rg-shop -c aks-shop --yes --enable-managed-identity -o none && podid enable -g rg-shop -c aks-shop --query provisioningState -o tsv --raw-cluster)',
  ],
  [
    '$state = az aks update -g $rg -n $cluster --enable-managed-identity --enable-pod-identity --yes',
    '$state = & { podid cluster update -g $rg -c $cluster --yes --enable-managed-identity -o none; if ($?) { podid enable -g $rg -c $cluster --raw-cluster } }',
  ],
  [
    'az aks update -g $rg -n $cluster --enable-managed-identity --enable-pod-identity --yes | Out-Null',
    '& { podid cluster update -g $rg -c $cluster --yes --enable-managed-identity -o none; if ($?) { podid enable -g $rg -c $cluster --raw-cluster } } | Out-Null',
  ],
  [
    'az aks update -g %RG% -n %CLUSTER% --enable-managed-identity --enable-pod-identity --yes || exit /b 1',
    '(podid cluster update -g %RG% -c %CLUSTER% --yes --enable-managed-identity && podid enable -g %RG% -c %CLUSTER%) || exit /b 1',
  ],
  [
    'az aks update -g rg-shop -n aks-shop --tags team=shop --enable-pod-identity',
    'az aks update -g rg-shop -n aks-shop --tags team=shop && podid enable -g rg-shop -c aks-shop',
  ],
  [
    'az aks update -g rg-shop -n aks-shop --enable-pod-identity $EXTRA',
    { refused: '--enable-pod-identity takes no value, so $EXTRA behind it is one word too many.' },
  ],
  [
    'az aks update -g rg-shop -n aks-shop --enable-pod-identity-w',
    { refused: '--enable-pod-identity-with-kubenet alone does nothing; it goes with --enable-pod-identity.' },
  ],
  [
    'az aks update -g rg-shop -n aks-shop --enable-pod',
    {
      refused:
        '--enable-pod may be --enable-pod-identity or --enable-pod-identity-with-kubenet or --enable-pod-security-policy; az refuses it, too.',
    },
  ],
  ['az aks update -g rg-shop -n aks-shop --disable-pod-i -y', 'podid disable -g rg-shop -c aks-shop --yes'],
  [
    'az aks update -g rg-shop -n aks-shop --disable-pod',
    {
      refused:
        '--disable-pod may be --disable-pod-identity or --disable-pod-security-policy; az refuses it, too.',
    },
  ],
  [
    'az aks update -g rg-shop -n aks-shop --attach-acr shopregistry',
    { refused: 'Nothing in it is about pod identity: it stays az.' },
  ],
  [
    'az aks update --enable-pod-identity',
    { refused: 'az aks update needs --name, which this command does not have.' },
  ],
  [
    'az aks update -g rg-shop --disable-pod-identity',
    { refused: 'az aks update needs --name, which this command does not have.' },
  ],
  [
    'az aks create -g rg-shop -n aks-shop --enable-pod-identity --network-plugin azure --node-count 2 --generate-ssh-keys',
    'az aks create -g rg-shop -n aks-shop --network-plugin azure --node-count 2 --generate-ssh-keys && podid enable -g rg-shop -c aks-shop',
  ],
  [
    'az aks create -g rg-shop -n aks-shop --enable-pod-identity --network-plugin azure --no-wait',
    'az aks create -g rg-shop -n aks-shop --network-plugin azure && podid enable -g rg-shop -c aks-shop',
  ],
  [
    'az aks create -g rg-shop -n aks-shop --service-principal $APP --client-secret $SECRET --enable-pod-identity',
    {
      refused:
        'Pod identity needs a cluster with a managed identity, so az refuses --enable-pod-identity beside --service-principal. Leave --service-principal and --client-secret out.',
    },
  ],
  ['az aks create -g rg-shop -n aks-shop --service-principal $APP --client-secret $SECRET', 'kept'],
  [
    'az aks create -g rg-shop --enable-pod-identity',
    { refused: 'az aks create needs --name, which this command does not have.' },
  ],
  [
    'CLUSTER_ID=$(az aks create -g rg-shop -n aks-shop --enable-pod-identity --query id -o tsv)',
    'CLUSTER_ID=$(az aks create -g rg-shop -n aks-shop -o none && podid enable -g rg-shop -c aks-shop --query id -o tsv --raw-cluster)',
  ],
  [
    'az role assignment create --role "Managed Identity Operator" --assignee $CLUSTER_CLIENT_ID --scope $IDENTITY_ID',
    'leftOut',
  ],
  [
    'az role assignment create --role "Managed Identity Operator" --assignee $KUBELET_ID --scope /subscriptions/$SUB/resourcegroups/$NODE_RG || true',
    ': || true',
  ],
  [
    'az role assignment create --role f1a07417-d97a-45cb-824c-7a7467783830 --assignee-object-id $P --assignee-principal-type ServicePrincipal --scope $IDENTITY_ID',
    'leftOut',
  ],
  [
    'az role assignment create --role "Virtual Machine Contributor" --assignee $CLUSTER_CLIENT_ID --scope $NODES_ID',
    'kept',
  ],
  ['az role assignment create --role Reader --assignee $CLIENT_ID --scope $SCOPE', 'kept'],
  [
    'az role assignment delete --role "Managed Identity Operator" --assignee $CLIENT_ID --scope $IDENTITY_ID',
    'az role assignment delete --role "Managed Identity Operator" --assignee "$(podid cluster show --query identity.principalId -o tsv)" --scope $IDENTITY_ID',
  ],
  ['az role assignment delete --ids $ASSIGNMENT_ID', 'kept'],
  ['az role assignment list --assignee $CLIENT_ID --all -o table', 'kept'],
  ['az feature register --namespace Microsoft.ContainerService -n EnablePodIdentityPreview', 'kept'],
  ['az feature register --namespace Microsoft.ContainerService --name MigrateToMSIClusterPreview', 'kept'],
  [
    'az feature register --namespace Microsoft.ContainerService --name AKS-AzureKeyVaultSecretsProvider',
    'kept',
  ],
  [
    'az feature list -o table --query "[?contains(name, \'Microsoft.ContainerService/EnablePodIdentityPreview\')].{Name:name,State:properties.state}"',
    'kept',
  ],
  ['az provider register -n Microsoft.ContainerService', 'kept'],
  ['az extension add --name aks-preview', 'leftOut'],
  ['az extension add -n aks-preview --upgrade --yes', 'leftOut'],
  [
    'az extension update --name aks-preview && az aks update -g rg-shop -n aks-shop --enable-pod-identity',
    ': && podid enable -g rg-shop -c aks-shop',
  ],
  ['az extension remove --name aks-preview', 'kept'],
  [
    'az extension add --name k8s-extension',
    { refused: 'az extension add has no equivalent in podid and is not part of working with pod identity.' },
  ],
  ['az identity create -g rg-shop -n web -o json', 'kept'],
  ['IDENTITY_ID=$(az identity show -g rg-shop -n web --query id -o tsv)', 'kept'],
  ['az identity list -g rg-shop --query "[].{name:name, id:id}" -o table', 'kept'],
  ['az identity delete -g rg-shop -n web', 'kept'],
  ['az account set --subscription "Shop Production"', 'kept'],
  ['az account show --query id -o tsv', 'kept'],
  ['az login --service-principal -u $APP -p $SECRET --tenant $TENANT', 'kept'],
  ['az keyvault set-policy -n kv-shop --secret-permissions get list --spn $CLIENT_ID', 'kept'],
  ['az keyvault secret show --vault-name kv-shop --name db', 'kept'],
  ['az aks get-credentials -g rg-shop -n aks-shop --overwrite-existing --admin', 'kept'],
  ['az aks show -g rg-shop -n aks-shop --query identityProfile.kubeletidentity.clientId -o tsv', 'kept'],
  ['az aks command invoke -g rg-shop -n aks-shop --command "kubectl get azureidentity -A"', 'kept'],
  ['az aks nodepool list -g rg-shop --cluster-name aks-shop -o table', 'kept'],
  ['az vmss list -g $NODE_RG --query "[].name" -o tsv', 'kept'],
  ["az vmss update-instances -g $NODE_RG -n $VMSS --instance-ids '*'", 'kept'],
  [
    'az vmss identity assign -g $NODE_RG -n $VMSS --identities $ID',
    'podid node assign --node-resource-group $NODE_RG --vmss $VMSS --identities $ID',
  ],
  [
    'az vmss identity remove -g $NODE_RG -n $VMSS --identities $ID $OTHER',
    'podid node unassign --node-resource-group $NODE_RG --vmss $VMSS --identities $ID $OTHER',
  ],
  [
    'az vmss identity show -g $NODE_RG -n $VMSS',
    'podid node list --node-resource-group $NODE_RG --vmss $VMSS',
  ],
  [
    'az vm identity assign -g MC_rg-shop_aks-shop_westeurope -n aks-agent-0 --identities web',
    'podid node assign --node-resource-group MC_rg-shop_aks-shop_westeurope --vm aks-agent-0 --identities "$(az identity show -g MC_rg-shop_aks-shop_westeurope -n web --query id -o tsv)"',
  ],
  ['az vm identity assign -g $NODE_RG -n vm1', 'kept'],
  [
    'az vm identity assign -g %NODE_RG% -n vm1 --identities web',
    { refused: 'podid takes identities by their whole ids: write the id, which az identity show prints.' },
  ],
  [
    'az vmss identity assign -g $NODE_RG --identities $ID',
    { refused: 'az vmss identity assign needs --name, which this command does not have.' },
  ],
  ['az storage account create -n shop -g rg-shop', 'kept'],
  [
    'az webapp up -n shop',
    { refused: 'az webapp up has no equivalent in podid and is not part of working with pod identity.' },
  ],
  ['az aks pod-identity', { refused: 'az aks pod-identity is not a command of az.' }],
  [
    'az aks pod-identity show -g rg-shop --cluster-name aks-shop -n web',
    { refused: 'az aks pod-identity show is not a command of az.' },
  ],
  [
    'az aks pod-identity add-exception -g rg-shop --cluster-name aks-shop',
    { refused: 'az aks pod-identity add-exception is not a command of az.' },
  ],
  [
    'az aks pod-identity add -g rg-shop --cluster-name aks-shop --namespace shop web --identity-resource-id $ID',
    { refused: '--namespace takes one value, so web behind it is one word too many.' },
  ],
  [
    'az aks pod-identity add -g rg-shop --cluster-name aks-shop --namespace shop --identity-resource-id',
    { refused: '--identity-resource-id needs a value.' },
  ],
  [
    'az aks pod-identity add "$@"',
    { refused: 'What $@ stands for cannot be seen: write the words out behind az.' },
  ],
  [
    'az aks pod-identity add -g rg-shop --cluster-name aks-shop --namespace shop --identity-resource-id $ID "${ARGS[@]}"',
    {
      refused:
        'What "${ARGS[@]}" stands for cannot be seen: write the words out behind --identity-resource-id.',
    },
  ],
  [
    'az aks pod-identity add @args',
    { refused: 'What @args stands for cannot be seen: write the words out behind az.' },
  ],
  [
    'az aks pod-identity exception add -g rg-shop --cluster-name aks-shop --namespace shop --pod-labels @labels.txt',
    { refused: 'What @labels.txt stands for cannot be seen: write the words out behind --pod-labels.' },
  ],
  [
    'az aks pod-identity exception add -g rg-shop --cluster-name aks-shop --namespace shop --pod-labels "${LABELS[@]}"',
    { refused: 'What "${LABELS[@]}" stands for cannot be seen: write the words out behind --pod-labels.' },
  ],
  [
    'az aks pod-identity add -g rg-shop --cluster-name aks-shop --namespace shop --identity-resource-id $ID --name',
    { refused: '--name needs a value.' },
  ],
  [
    'az aks pod-identity list -g rg-shop',
    { refused: 'az aks pod-identity list needs --cluster-name, which this command does not have.' },
  ],
  ['az aks pod-identity list --cluster-name aks-shop', 'podid list -c aks-shop'],
  [
    'az aks pod-identity delete -g rg-shop --cluster-name aks-shop --name web',
    { refused: 'az aks pod-identity delete needs --namespace, which this command does not have.' },
  ],
  [
    'az aks pod-identity add -g rg-shop --cluster-name aks-shop --namespace shop --na web --identity-resource-id $ID',
    { refused: '--na may be --name or --namespace; az refuses it, too.' },
  ],
  [
    'az aks pod-identity add -g rg-shop --cluster-name aks-shop --namespace shop --identity-resource-id $ID --no-wait',
    { refused: 'az aks pod-identity add with --no-wait cannot be translated as a whole.' },
  ],
  [
    'az --debug aks pod-identity list -g rg-shop --cluster-name aks-shop',
    { refused: 'az takes its flags behind the words of the command.' },
  ],
  ['kubectl get pods', { refused: 'there is no command of az in it.' }],
  ['az', { refused: 'az is not a complete command.' }],
  ['az aks', { refused: 'az aks is not a complete command.' }],
  [
    'az aks pod-identity list -g "rg-shop --cluster-name aks-shop',
    { refused: 'it cannot be read as a shell takes it: unterminated double quote.' },
  ],
  ["bash -c 'az aks pod-identity list -g rg --cluster-name c'", "bash -c 'podid list -g rg -c c'"],
  [
    'xargs -n1 az aks pod-identity delete -g rg --cluster-name c --namespace n --name < names',
    {
      refused:
        'the az command in it stands in a text, or another program runs it: translate that command alone.',
    },
  ],
  [
    'az aks pod-identity exception add -g rg --cluster-name c --namespace n --pod-labels',
    {
      refused: 'An exception without labels excepts no pod, and podid makes none: give --pod-labels a label.',
    },
  ],
  ['az role assignment create --role Managed\\ Identity\\ Operator --assignee $A --scope $ID', 'leftOut'],
  [
    'az aks pod-identity add -g rg --cluster-name c --namespace n --identity-resource-id "$(az aks pod-identity list -g rg --cluster-name c --query a -o tsv)"',
    'podid add -g rg -c c --namespace n --identity-resource-id "$(podid list -g rg -c c --query a -o tsv --raw-cluster)"',
  ],
  [
    '[[ $(az aks pod-identity list -g rg --cluster-name c -o tsv) == *web* ]] || exit 1',
    '[[ $(podid list -g rg -c c -o tsv --raw-cluster) == *web* ]] || exit 1',
  ],
  [
    'until az aks pod-identity add -g rg --cluster-name c --namespace n --identity-resource-id $ID; do sleep 5; done',
    'until podid add -g rg -c c --namespace n --identity-resource-id $ID; do sleep 5; done',
  ],
  [
    'az aks pod-identity list -g rg --cluster-name c > out.json && type out.json',
    'podid list -g rg -c c --raw-cluster > out.json && type out.json',
  ],
  [
    'az aks pod-identity add --% -g rg --cluster-name c --namespace n --identity-resource-id x',
    { refused: 'az aks pod-identity add with --% cannot be translated as a whole.' },
  ],
  [
    'az aks update -n c -g rg --enable-pod-identity true',
    { refused: '--enable-pod-identity takes no value, so true behind it is one word too many.' },
  ],
  [
    'az aks update $FLAGS -g rg -n c --enable-pod-identity',
    { refused: 'What $FLAGS stands for cannot be seen: write the words out behind az.' },
  ],
  [
    'az aks create "${ARGS[@]}" --enable-pod-identity',
    { refused: 'What ${ARGS[@]} stands for cannot be seen: write the words out behind az.' },
  ],
  [
    'az aks pod-identity list "${ARGS[@]}" -o table',
    { refused: 'What ${ARGS[@]} stands for cannot be seen: write the words out behind az.' },
  ],
  [
    'PS> az aks pod-identity add @params --namespace a --name b',
    { refused: 'What @params stands for cannot be seen: write the words out behind az.' },
  ],
  [
    'C:\\> az aks update %FLAGS% -g rg -n c --disable-pod-identity',
    { refused: 'What %FLAGS% stands for cannot be seen: write the words out behind az.' },
  ],
  [
    'az vmss identity assign $X -g nodes -n pool1 --identities $ID',
    { refused: 'What $X stands for cannot be seen: write the words out behind az.' },
  ],
  [
    'az aks pod-identity exception "$VERB" -g rg --cluster-name c',
    { refused: 'What $VERB stands for cannot be seen: write the words out behind az.' },
  ],
  [
    'az aks $1 list -g rg --cluster-name c',
    { refused: 'What $1 stands for cannot be seen: write the words out behind az.' },
  ],
  [
    'az aks update –g rg –n c --disable-pod-identity',
    {
      refused: '–g begins with a long dash, as word processors make it; a flag begins with "-" or "--".',
    },
  ],
  [
    'az aks update -g rg -n c –-disable-pod-identity --yes --enable-pod-identity',
    {
      refused:
        '–-disable-pod-identity begins with a long dash, as word processors make it; a flag begins with "-" or "--".',
    },
  ],
  [
    'az aks pod-identity exception add -g rg --cluster-name c --namespace n --pod-labels app=a –n x',
    {
      refused: '–n begins with a long dash, as word processors make it; a flag begins with "-" or "--".',
    },
  ],
  [
    'az aks pod-identity list -g “rg” --cluster-name c',
    {
      refused: `“rg” has the quotes of a word processor, which a shell takes for letters: write " or '.`,
    },
  ],
  ['PS> az aks pod-identity list -g “rg” --cluster-name $c', 'podid list -g “rg” -c $c'],
  [
    'az aks update -g rg -n c1 --cluster-name c2 --disable-pod-identity',
    { refused: '--name and --cluster-name both name the cluster: write --name alone.' },
  ],
  ['AZ AKS Pod-Identity LIST -g rg --cluster-name c', 'podid list -g rg -c c'],
  [
    '$AZ aks pod-identity list -g rg --cluster-name c',
    {
      refused:
        'the az command in it stands in a text, or another program runs it: translate that command alone.',
    },
  ],
  [
    'az identity list -g rg --query "[].id" -o tsv | xargs -I{} az aks pod-identity add -g rg --cluster-name c --namespace n --identity-resource-id {}',
    'az identity list -g rg --query "[].id" -o tsv | xargs -I{} podid add -g rg -c c --namespace n --identity-resource-id {}',
  ],
  ['watch -n 5 az aks pod-identity list -g rg --cluster-name c', 'watch -n 5 podid list -g rg -c c'],
  [
    'retry 5 az aks pod-identity delete -g rg --cluster-name c --namespace n -n web',
    'retry 5 podid delete -g rg -c c --namespace n --name web',
  ],
  ['- run: az aks pod-identity list -g rg --cluster-name c', '- run: podid list -g rg -c c'],
  [
    'script: az aks update -g rg -n c --disable-pod-identity --enable-oidc-issuer',
    'script: az aks update -g rg -n c --enable-oidc-issuer && podid disable -g rg -c c',
  ],
  ['RUN az aks pod-identity list -g rg --cluster-name c', 'RUN podid list -g rg -c c'],
  [
    'docker run mcr.microsoft.com/azure-cli az aks pod-identity list -g rg --cluster-name c',
    {
      refused:
        'the az command in it stands in a text, or another program runs it: translate that command alone.',
    },
  ],
  [
    'az aks pod-identity list -g rg\u00a0--cluster-name c',
    {
      refused:
        'rg\u00a0--cluster-name holds a space that is none to a shell, such as a no-break space of a web page: type a plain one.',
    },
  ],
  ['PS> az aks pod-identity list -g rg\u00a0--cluster-name $c', 'podid list -g rg -c $c'],
  [
    'az aks pod-identity list -g rg --cluster-name caf\ufffd',
    { refused: 'a letter in it is not UTF-8: save it as UTF-8.' },
  ],
  [
    '{ az aks pod-identity list -g rg --cluster-name c; } > out.json 2>&1',
    '{ podid list -g rg -c c --raw-cluster; } > out.json 2>&1',
  ],
  [
    'for c in a b; do az aks pod-identity list -g rg --cluster-name $c; done >> all.json',
    'for c in a b; do podid list -g rg -c $c --raw-cluster; done >> all.json',
  ],
  [
    'if true; then az aks pod-identity list -g rg --cluster-name c; fi > /dev/null',
    'if true; then podid list -g rg -c c; fi > /dev/null',
  ],
  [
    '(az aks pod-identity list -g rg --cluster-name c) | jq .',
    '(podid list -g rg -c c --raw-cluster) | jq .',
  ],
  ['az aks pod-identity list -g rg --cluster-name c -o Table', 'podid list -g rg -c c -o table'],
  ['az aks pod-identity list -g rg --cluster-name c --output "TSV"', 'podid list -g rg -c c -o tsv'],
  ['echo y | az aks update -g rg -n c --disable-pod-identity', 'podid disable -g rg -c c --yes'],
  ['yes | az aks update -g rg -n c --disable-pod-identity -y', 'podid disable -g rg -c c --yes'],
  ["printf 'y\\n' | az aks update -g rg -n c --enable-pod-identity", 'podid enable -g rg -c c'],
  [
    'yes yes | sudo az aks pod-identity delete -g rg --cluster-name c --namespace n -n web || true',
    'sudo podid delete -g rg -c c --namespace n --name web || true',
  ],
  [
    'echo Y | az aks update -g rg -n c --enable-managed-identity --enable-pod-identity',
    'podid cluster update -g rg -c c --yes --enable-managed-identity && podid enable -g rg -c c',
  ],
  [
    'X=$(echo y | az aks update -g rg -n c --disable-pod-identity)',
    'X=$(podid disable -g rg -c c --yes --raw-cluster)',
  ],
  ['"y" | az aks update -g $rg -n $env:C --disable-pod-identity', 'podid disable -g $rg -c $env:C --yes'],
  ['echo y| az aks update -g %RG% -n %C% --disable-pod-identity', 'podid disable -g %RG% -c %C% --yes'],
  [
    'echo y | az aks update -g rg -n c --disable-pod-identity | tee out.json',
    'podid disable -g rg -c c --yes --raw-cluster | tee out.json',
  ],
  [
    'yes | sudo az aks pod-identity delete -g rg --cluster-name c --namespace n -n web | jq .id',
    'sudo podid delete -g rg -c c --namespace n --name web --raw-cluster | jq .id',
  ],
  ['az aks update -g rg -n c --disable-pod-identity <<< y', 'podid disable -g rg -c c --yes'],
  [
    "az aks update -g rg -n c --disable-pod-identity <<<'yes' >o",
    'podid disable -g rg -c c --yes --raw-cluster >o',
  ],
  ['az aks update -g rg -n c --disable-pod-identity <<< "$ANSWER"', 'podid disable -g rg -c c <<< "$ANSWER"'],
  [
    "'y' | az aks update -g $rg -n $env:C --disable-pod-identity | Tee-Object x",
    'podid disable -g $rg -c $env:C --yes --raw-cluster | Tee-Object x',
  ],
  [
    'echo "$ANSWER" | az aks update -g rg -n c --disable-pod-identity',
    'echo "$ANSWER" | podid disable -g rg -c c',
  ],
  [
    "trap 'az aks pod-identity delete -g rg --cluster-name c --namespace n -n web' EXIT",
    "trap 'podid delete -g rg -c c --namespace n --name web' EXIT",
  ],
  [
    "sh -c 'az aks update -g rg -n c --enable-managed-identity --enable-pod-identity --yes'",
    "sh -c 'podid cluster update -g rg -c c --yes --enable-managed-identity && podid enable -g rg -c c'",
  ],
  [
    'bash -ec "az aks pod-identity list -g $RG --cluster-name $C" > out.json',
    'bash -ec "podid list -g $RG -c $C --raw-cluster" > out.json',
  ],
  ["eval 'az aks pod-identity list -g rg --cluster-name c'", "eval 'podid list -g rg -c c'"],
  ...[
    'sh -c "echo \\"a\\"; az aks pod-identity list -g rg --cluster-name c"',
    'docker run --rm mcr.microsoft.com/azure-cli az aks pod-identity list -g rg --cluster-name c',
    'ssh host az aks pod-identity list -g rg --cluster-name c',
    'eval az aks pod-identity list -g rg --cluster-name "$C"',
  ].map((line): [string, Expected] => [
    line,
    {
      refused:
        'the az command in it stands in a text, or another program runs it: translate that command alone.',
    },
  ]),
];
