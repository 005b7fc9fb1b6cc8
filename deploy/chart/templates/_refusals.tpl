{{/* Every value that cannot be accepted, in one message. */}}
{{- define "podid.refusals" -}}
{{- $faults := list -}}
{{- $values := .Values -}}
{{- $mic := include "podid.micOfRelease" . -}}
{{- if and $mic (not (include "podid.isStandard" .)) -}}
{{- $faults = append $faults (printf "This release runs in standard mode, whether its values say so or not: Deployment %s/%s is MIC, which the upgrade would remove. Set operationMode to standard, and podid's own controller takes its place. For managed mode put the identities on the nodes (podid node assign), see that each binding is in the namespace of its pods, take MIC away (kubectl delete deployment --namespace %s %s), and upgrade again." .Release.Namespace $mic .Release.Namespace $mic) -}}
{{- end -}}
{{- if include "podid.isStandard" . -}}
{{- $faults = concat $faults (include "podid.controllerRefusals" . | fromJsonArray) -}}
{{- end -}}
{{- $faults = concat $faults (include "podid.identityRefusals" . | fromJsonArray) -}}
{{- $faults = concat $faults (include "podid.agentValueRefusals" . | fromJsonArray) -}}
{{- if eq ($values.enabled | toString | lower) "false" -}}
{{- $faults = append $faults "enabled is read in the condition of a parent chart alone: as its dependency's `condition: podid.enabled`. Without one podid is installed all the same. Remove the value, or add the condition." -}}
{{- end -}}
{{- $taken := include "podid.takenNames" . -}}
{{- if $taken -}}
{{- $faults = append $faults (printf "%s by the name that fullnameOverride or nameOverride gives to podid's, with another selector, which nobody can change. Use another name: fullnameOverride: podid." $taken) -}}
{{- end -}}
{{- $beside := include "podid.agentBeside" . -}}
{{- if and $beside (not (include "podid.isOn" $values.podid.alongside)) -}}
{{- $faults = append $faults (printf "DaemonSet %s is an agent of aad-pod-identity or of the AKS add-on, and two agents cannot use the same ports. To run podid in front of it, on ports of its own: --set podid.alongside=true. To put podid in the place of aad-pod-identity: podid nmi install --force" $beside) -}}
{{- end -}}
{{- $definitions := include "podid.definitionsOfRelease" . -}}
{{- if $definitions -}}
{{- $faults = append $faults (printf "This release owns definitions of the identity kinds, or may hold them in its record, so that the upgrade would delete them, and with them every AzureIdentity, binding and exception of the cluster. Tell Helm (3.2 or later) to keep them, and upgrade again: kubectl annotate crd --overwrite %s helm.sh/resource-policy=keep; or let podid take the release over, which leaves them where they are: podid nmi install --namespace %s --force" $definitions .Release.Namespace) -}}
{{- end -}}
{{- $namespaces := include "podid.namespacesOfRelease" . -}}
{{- if $namespaces -}}
{{- $faults = append $faults (printf "This release owns namespaces, which the upgrade would delete with everything in them. Tell Helm (3.2 or later) to keep them, and upgrade again: kubectl annotate namespace --overwrite %s helm.sh/resource-policy=keep" $namespaces) -}}
{{- end -}}
{{- $lost := include "podid.identitiesLost" . -}}
{{- if $lost -}}
{{- $faults = append $faults (printf "This release owns identities and bindings that the values do not name, and the change of charts would delete them: %s. Give the values that the release has: helm get values %s --namespace %s --output yaml > values.yaml, and --values values.yaml; or tell Helm to keep each, with the annotation helm.sh/resource-policy=keep." $lost .Release.Name .Release.Namespace) -}}
{{- end -}}
{{- if and $values.image.repository (not (has $values.image.repository (list "mcr.microsoft.com/oss/azure/aad-pod-identity" "mcr.microsoft.com/k8s/aad-pod-identity"))) $values.podid.image.repository (eq $values.podid.image.repository (first (splitList "@" (include "podid.releasedImage" .)))) -}}
{{- $faults = append $faults (printf "image.repository %s holds upstream's images, which are not podid's. Copy podid's image to your registry and set podid.image.repository to it." $values.image.repository) -}}
{{- end -}}
{{- if not $values.podid.image.repository -}}
{{- $faults = append $faults "podid.image.repository is not set: it names the registry and repository from which nodes pull podid's image. Name a release's, or build the image and push it to a registry of yours, and give that: --set podid.image.repository=REGISTRY/podid (docs/install.md#the-image)." -}}
{{- end -}}
{{- if include "podid.isOn" $values.rbac.pspEnabled -}}
{{- $faults = append $faults "rbac.pspEnabled asks for a PodSecurityPolicy, which left Kubernetes in 1.25. Remove the value; the namespace of the agent needs the label pod-security.kubernetes.io/enforce: privileged where Pod Security is enforced." -}}
{{- end -}}
{{- if and $values.podid.secretNamespaces (not (include "podid.isOn" $values.rbac.allowAccessToSecrets)) -}}
{{- $faults = append $faults "podid.secretNamespaces lists where secrets may be read, but rbac.allowAccessToSecrets is not true. Set it, or leave the list empty." -}}
{{- end -}}
{{- if and $values.podid.eventNamespaces (include "podid.isStandard" .) -}}
{{- $faults = append $faults "podid.eventNamespaces is for managed mode: in standard mode the controller writes the Events of pods, in every namespace. Leave the list empty." -}}
{{- end -}}
{{- range $values.podid.secretsOfOtherNamespaces -}}
{{- if not (regexMatch "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?:[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$" .) -}}
{{- $faults = append $faults (printf "podid.secretsOfOtherNamespaces lists pairs of namespaces IDENTITIES:SECRETS, as capz-system:default; %s is not one." .) -}}
{{- end -}}
{{- end -}}
{{- if and $values.podid.secretsOfOtherNamespaces (not (include "podid.isOn" $values.rbac.allowAccessToSecrets)) -}}
{{- $faults = append $faults "podid.secretsOfOtherNamespaces lists whose secrets may be named, but rbac.allowAccessToSecrets is not true. Set it, or leave the list empty." -}}
{{- end -}}
{{- if $values.podid.secretNamespaces -}}
{{- $missing := list -}}
{{- range $values.podid.secretsOfOtherNamespaces -}}
{{- if and (contains ":" .) (not (has (last (splitList ":" .)) $values.podid.secretNamespaces)) -}}{{- $missing = append $missing . -}}{{- end -}}
{{- end -}}
{{- if $missing -}}
{{- $faults = append $faults (printf "podid.secretNamespaces does not list the namespace of the secrets of these pairs, so the agent could not read them: %s." (join ", " $missing)) -}}
{{- end -}}
{{- end -}}
{{- $withSecret := include "podid.identitiesWithSecret" . -}}
{{- if and $withSecret (kindIs "invalid" $values.rbac.allowAccessToSecrets) -}}
{{- $faults = append $faults (printf "Identities of type 1 or 2 sign in with a secret (%s), and upstream's chart let its agent read every secret of the cluster. Set rbac.allowAccessToSecrets to true, best with their namespaces in podid.secretNamespaces, or to false if they are not used any more." $withSecret) -}}
{{- end -}}
{{- $folder := dir $values.nmi.kubeletConfig -}}
{{- if or (not (hasPrefix "/" $values.nmi.kubeletConfig)) (eq $folder "/") (contains ".." $values.nmi.kubeletConfig) -}}
{{- $faults = append $faults (printf "nmi.kubeletConfig %s must be an absolute path to a file in a folder of its own, since that folder is mounted." $values.nmi.kubeletConfig) -}}
{{- end -}}
{{- if and $values.podid.startupTaint.enabled (semverCompare "<1.30.0-0" .Capabilities.KubeVersion.Version) -}}
{{- $faults = append $faults (printf "podid.startupTaint needs Kubernetes 1.30 or later (this is %s): only there can an admission policy confine the right to change nodes to the agent's own node and to that one taint." .Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- if and $values.podid.podMonitor.enabled $values.podid.serviceMonitor.enabled -}}
{{- $faults = append $faults "podid.podMonitor and podid.serviceMonitor would have each agent read twice. Enable one of them." -}}
{{- end -}}
{{- if and $values.podid.networkPolicy.enabled (not $values.podid.networkPolicy.namespaces) -}}
{{- $faults = append $faults "podid.networkPolicy.enabled needs podid.networkPolicy.namespaces: a NetworkPolicy binds the pods that ask, in their namespaces, and not the agent, which is on the host network." -}}
{{- end -}}
{{- if and $values.podid.podDisruptionBudget.enabled (not (include "podid.isStandard" .)) -}}
{{- $faults = append $faults "podid.podDisruptionBudget makes no sense in managed mode: draining a node does not evict pods of a DaemonSet, and a budget would only stand in the way of whoever does." -}}
{{- end -}}
{{- if and $values.podid.ciliumLocalRedirectPolicy.enabled $values.podid.bootGuard.enabled -}}
{{- $faults = append $faults "podid.bootGuard loads rules of netfilter, past which Cilium routes where podid.ciliumLocalRedirectPolicy is needed. Enable one of them." -}}
{{- end -}}
{{- if $faults -}}
{{- fail (printf "\n%s" (join "\n" $faults)) -}}
{{- end -}}
{{- end -}}

{{/* What podid-nmi would refuse when it starts, or for want of which it would never be found ready, as a list in JSON. */}}
{{- define "podid.agentValueRefusals" -}}
{{- $nmi := .Values.nmi -}}
{{- $numbers := dict "nmi.logVerbosity" (list $nmi.logVerbosity 0 10) "nmi.probePort" (list $nmi.probePort 1 65535) "nmi.prometheusPort" (list $nmi.prometheusPort 1 65535) "nmi.ipTableUpdateTimeIntervalInSeconds" (list $nmi.ipTableUpdateTimeIntervalInSeconds 1 3600) "nmi.retryAttemptsForCreated" (list $nmi.retryAttemptsForCreated 0 1000) "nmi.retryAttemptsForAssigned" (list $nmi.retryAttemptsForAssigned 0 1000) "nmi.findIdentityRetryIntervalInSeconds" (list $nmi.findIdentityRetryIntervalInSeconds 0 3600) "podid.holdSeconds" (list .Values.podid.holdSeconds 0 50) -}}
{{- $faults := include "podid.numberFaults" $numbers | fromJsonArray -}}
{{- $ports := dict "nmi.probePort" (include "podid.probePort" .) "nmi.prometheusPort" (include "podid.metricsPort" .) -}}
{{- if eq (get $ports "nmi.probePort") (get $ports "nmi.prometheusPort") -}}
{{- $faults = append $faults (printf "nmi.probePort and nmi.prometheusPort are both %s: each needs a port of its own." (get $ports "nmi.probePort")) -}}
{{- end -}}
{{- range $name, $port := $ports -}}
{{- if eq $port (include "podid.port" $) -}}
{{- $faults = append $faults (printf "%s is %s, on which the agent answers pods: it needs a port of its own." $name $port) -}}
{{- end -}}
{{- end -}}
{{- range .Values.podid.refusedClientIds -}}
{{- if not (regexMatch (include "podid.guid" $) (toString .)) -}}
{{- $faults = append $faults (printf "podid.refusedClientIds lists client ids, which are GUIDs; %q is not one." (toString .)) -}}
{{- end -}}
{{- end -}}
{{- $exchange := .Values.podid.exchange -}}
{{- if and (eq $exchange.default "exchange") (not $exchange.enabled) -}}
{{- $faults = append $faults "podid.exchange.default is exchange, but podid.exchange.enabled is not true: the agent would have no token to exchange." -}}
{{- end -}}
{{- if and $exchange.podsOfOwnNode (not (include "podid.isWorkload" .)) -}}
{{- $faults = append $faults "podid.exchange.podsOfOwnNode needs podid.exchange.subject: workload: only with it the agent may act as its own node." -}}
{{- else if and $exchange.podsOfOwnNode (not (include "podid.actsAsNode" .)) -}}
{{- $faults = append $faults (printf "podid.exchange.podsOfOwnNode needs Kubernetes 1.36 or later (this is %s): before, the agent cannot act as its own node and would see no pods." .Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- if include "podid.isWorkload" . -}}
{{- if not $exchange.enabled -}}
{{- $faults = append $faults "podid.exchange.subject is workload, but podid.exchange.enabled is not true: the agent exchanges nothing." -}}
{{- end -}}
{{- if semverCompare "<1.30.0-0" .Capabilities.KubeVersion.Version -}}
{{- $faults = append $faults (printf "podid.exchange.subject: workload needs Kubernetes 1.30 or later (this is %s): only there can an admission policy confine the right to make tokens to the pods of the agent's own node." .Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- if not (regexMatch "^api://[\\w.:/-]+$" (toString $exchange.audience)) -}}
{{- $faults = append $faults (printf "podid.exchange.audience is part of an admission policy with podid.exchange.subject: workload, and has letters, digits and . _ : / - alone then; this is %q." (toString $exchange.audience)) -}}
{{- end -}}
{{- end -}}
{{- if and $exchange.tenantID (not (regexMatch (include "podid.guid" .) (toString $exchange.tenantID))) -}}
{{- $faults = append $faults (printf "podid.exchange.tenantID is the id of a tenant, a GUID; %q is not one." (toString $exchange.tenantID)) -}}
{{- end -}}
{{- $hosts := include "podid.entraHosts" . | trim | splitList "\n" -}}
{{- range .Values.podid.serveArgs -}}
{{- if regexMatch "^--?allow-ad-endpoint=" (toString .) -}}{{- $hosts = concat $hosts (regexReplaceAll "^[^=]*=" (toString .) "" | splitList ",") -}}{{- end -}}
{{- end -}}
{{- with $exchange.authorityHost -}}
{{- if not (and (regexMatch "^https://[^/?#@]+/?$" .) (has (regexReplaceAll "^https://|/$" . "") $hosts)) -}}
{{- $faults = append $faults (printf "podid.exchange.authorityHost has to be the https address of a known Azure cloud or of a host of --allow-ad-endpoint in podid.serveArgs; this is %q." .) -}}
{{- end -}}
{{- end -}}
{{- if not (regexMatch "^api://[^\\s]+$" (toString $exchange.audience)) -}}
{{- $faults = append $faults (printf "podid.exchange.audience has to begin with api://, as api://AzureADTokenExchange does; this is %q." (toString $exchange.audience)) -}}
{{- end -}}
{{- $taint := .Values.podid.startupTaint.key | toString -}}
{{- if not (regexMatch "^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([\\w.-]{0,61}[A-Za-z0-9])?$" $taint) -}}
{{- $faults = append $faults (printf "podid.startupTaint.key has to be the key of a taint, without value and effect; this is %q." $taint) -}}
{{- end -}}
{{- $flags := include "podid.agentFlags" . | trim | splitList "\n" -}}
{{- $never := "help, version, once, remove, host-root, kubeconfig, takeover-namespace" -}}
{{- $server := concat $flags (list "remove-startup-taint @podid.startupTaint.key" "event-namespaces @podid.eventNamespaces") -}}
{{- $faults = concat $faults (include "podid.flagFaults" (dict "name" "podid.serveArgs" "program" "podid-nmi" "never" (printf "%s and probe-address" $never) "rules" $server "given" .Values.podid.serveArgs) | fromJsonArray) -}}
{{- $faults = concat $faults (include "podid.flagFaults" (dict "name" "podid.rulesArgs" "program" "podid-nmi" "never" (printf "%s, probe-address, remove-startup-taint and event-namespaces" $never) "rules" $flags "given" .Values.podid.rulesArgs) | fromJsonArray) -}}
{{- toJson $faults -}}
{{- end -}}

{{/* Name of the Deployment by which upstream's release puts identities on nodes; empty in managed mode, and where nobody can be asked. */}}
{{- define "podid.micOfRelease" -}}
{{- $names := list -}}
{{- range ((lookup "apps/v1" "Deployment" .Release.Namespace "").items | default list) -}}
{{- $isOwn := eq (index (.metadata.labels | default dict) "app.kubernetes.io/name" | default "") (include "podid.name" $) -}}
{{- if and (include "podid.isOfRelease" (list . $)) (eq (include "podid.component" .) "mic") (not $isOwn) -}}
{{- $names = append $names .metadata.name -}}
{{- end -}}
{{- end -}}
{{- join " " $names -}}
{{- end -}}

{{/*
Names of the definitions that an upgrade would delete: this release owns them, as charts of upstream's up to 3.0 and those that wrap one make
it, and Helm is not set to keep them. Helm deletes what its record holds, whoever owns it now, and no template can read the record. So while another
agent's chart is left, every definition that Helm ever marked may be in it; and what was written before 3.2 has no mark, so that beside an agent
without one every definition without one may be, too.
*/}}
{{- define "podid.definitionsOfRelease" -}}
{{- $names := list -}}
{{- if .Release.IsUpgrade -}}
{{- $unmarked := include "podid.unmarkedAgentOfRelease" . -}}
{{- $isChange := include "podid.otherAgentOfRelease" . -}}
{{- range list "azureassignedidentities" "azureidentities" "azureidentitybindings" "azurepodidentityexceptions" -}}
{{- $name := printf "%s.%s" . (include "podid.apiGroup" $) -}}
{{- $definition := lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" $name -}}
{{- if $definition -}}
{{- $annotations := $definition.metadata.annotations | default dict -}}
{{- $kept := include "podid.isKept" (list $definition $) -}}
{{- $owner := index $annotations "meta.helm.sh/release-name" -}}
{{- $isMarked := or $owner (eq (index ($definition.metadata.labels | default dict) "app.kubernetes.io/managed-by" | default "") "Helm") -}}
{{- $mayBeOurs := or (and $isChange $isMarked) (and $unmarked (not $owner)) -}}
{{- if and (not $kept) (or $mayBeOurs (include "podid.isOfRelease" (list $definition $))) -}}
{{- $names = append $names $name -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- join " " $names -}}
{{- end -}}

{{/* Not empty when Helm leaves an object, the first of the list, where it is: from 3.2 on it follows the annotation of the live one. */}}
{{- define "podid.isKept" -}}
{{- $policy := index ((first .).metadata.annotations | default dict) "helm.sh/resource-policy" | default "" -}}
{{- if and (eq $policy "keep") (semverCompare ">=3.2.0-0" (last .).Capabilities.HelmVersion.Version) -}}yes{{- end -}}
{{- end -}}

{{/* Names of the namespaces that an upgrade would delete: charts that wrap upstream's may hold some. */}}
{{- define "podid.namespacesOfRelease" -}}
{{- $names := list -}}
{{- if .Release.IsUpgrade -}}
{{- range ((lookup "v1" "Namespace" "" "").items | default list) -}}
{{- $owner := index (.metadata.annotations | default dict) "meta.helm.sh/release-name" -}}
{{- if and $owner (include "podid.isOfRelease" (list . $)) (not (include "podid.isKept" (list . $))) -}}
{{- $names = append $names .metadata.name -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- join " " $names -}}
{{- end -}}

{{/* `Kind namespace/name` of what a change of charts would delete for want of the values that made it. Later on, leaving one out is meant. */}}
{{- define "podid.identitiesLost" -}}
{{- $lost := list -}}
{{- if and .Release.IsUpgrade (include "podid.otherAgentOfRelease" .) (.Capabilities.APIVersions.Has (printf "%s/v1/AzureIdentity" (include "podid.apiGroup" .))) -}}
{{- $named := list -}}
{{- range $key, $identity := .Values.azureIdentities -}}
{{- $name := $identity.name | default $key -}}
{{- $namespace := $identity.namespace | default $.Release.Namespace -}}
{{- $named = append $named (printf "AzureIdentity %s/%s" $namespace $name) -}}
{{- with $identity.binding -}}
{{- $named = append $named (printf "AzureIdentityBinding %s/%s" $namespace (.name | default (printf "%s-binding" $name))) -}}
{{- end -}}
{{- end -}}
{{- range $kind := list "AzureIdentity" "AzureIdentityBinding" -}}
{{- range ((lookup (printf "%s/v1" (include "podid.apiGroup" $)) $kind "" "").items | default list) -}}
{{- $text := printf "%s %s/%s" $kind .metadata.namespace .metadata.name -}}
{{- if and (include "podid.isOfRelease" (list . $)) (not (has $text $named)) (not (include "podid.isKept" (list . $))) -}}
{{- $lost = append $lost $text -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $shown := $lost | uniq | sortAlpha -}}
{{- join ", " (slice $shown 0 (min 5 (len $shown) | int)) -}}
{{- if gt (len $shown) 5 }} and {{ sub (len $shown) 5 }} more{{ end -}}
{{- end -}}

{{/* Name of the agent that this release ran before podid's. */}}
{{- define "podid.otherAgentOfRelease" -}}
{{- range ((lookup "apps/v1" "DaemonSet" .Release.Namespace "").items | default list) -}}
{{- $template := dict "metadata" (.spec.template.metadata | default dict) -}}
{{- if and (include "podid.isOfRelease" (list . $)) (eq (include "podid.component" $template) "nmi") (ne .metadata.name (include "podid.agent" $)) -}}
{{- .metadata.name -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* An agent that is neither podid's nor this release's, as NAMESPACE/NAME: upstream's or the add-on's, which would stay. */}}
{{- define "podid.agentBeside" -}}
{{- $found := list -}}
{{- range ((lookup "apps/v1" "DaemonSet" "" "").items | default list) -}}
{{- $template := dict "metadata" (.spec.template.metadata | default dict) -}}
{{- $labels := $template.metadata.labels | default dict -}}
{{- if and (eq (include "podid.component" $template) "nmi") (ne (index $labels "app.kubernetes.io/name" | default "") "podid") (not (include "podid.isOfRelease" (list . $))) -}}
{{- $found = append $found (printf "%s/%s" .metadata.namespace .metadata.name) -}}
{{- end -}}
{{- end -}}
{{- first (append $found "") -}}
{{- end -}}

{{/* Not empty when an agent of this release was written by a Helm that did not mark what it owns. */}}
{{- define "podid.unmarkedAgentOfRelease" -}}
{{- range ((lookup "apps/v1" "DaemonSet" .Release.Namespace "").items | default list) -}}
{{- $owner := index (.metadata.annotations | default dict) "meta.helm.sh/release-name" -}}
{{- if and (not $owner) (include "podid.isOfRelease" (list . $)) (eq (include "podid.component" .) "nmi") -}}
{{- .metadata.name -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Not empty when an object, the first of the list, is this release's: by Helm's mark, or before Helm 3.2 by the chart's label. */}}
{{- define "podid.isOfRelease" -}}
{{- $metadata := (first .).metadata -}}
{{- $release := (last .).Release -}}
{{- $annotations := $metadata.annotations | default dict -}}
{{- $labels := $metadata.labels | default dict -}}
{{- $owner := index $annotations "meta.helm.sh/release-name" -}}
{{- if $owner -}}
{{- $home := index $annotations "meta.helm.sh/release-namespace" | default $release.Namespace -}}
{{- if and (eq $owner $release.Name) (eq $home $release.Namespace) -}}yes{{- end -}}
{{- else if eq (index $labels "app.kubernetes.io/instance" | default (index $labels "release") | default "") $release.Name -}}yes
{{- end -}}
{{- end -}}

{{- define "podid.component" -}}
{{- $labels := .metadata.labels | default dict -}}
{{- index $labels "app.kubernetes.io/component" | default (index $labels "component") -}}
{{- end -}}

{{/* `namespace/name` of identities that need a secret: those of the values, and those of the cluster where it can be asked. */}}
{{- define "podid.identitiesWithSecret" -}}
{{- $found := list -}}
{{- range $key, $identity := .Values.azureIdentities -}}
{{- if gt ($identity.type | default 0 | int) 0 -}}
{{- $found = append $found (printf "%s/%s" ($identity.namespace | default $.Release.Namespace) ($identity.name | default $key)) -}}
{{- end -}}
{{- end -}}
{{- if .Capabilities.APIVersions.Has (printf "%s/v1/AzureIdentity" (include "podid.apiGroup" .)) -}}
{{- range ((lookup (printf "%s/v1" (include "podid.apiGroup" .)) "AzureIdentity" "" "").items | default list) -}}
{{- if gt ((.spec | default dict).type | default 0 | int) 0 -}}
{{- $found = append $found (printf "%s/%s" .metadata.namespace .metadata.name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $shown := $found | uniq | sortAlpha -}}
{{- join ", " (slice $shown 0 (min 5 (len $shown) | int)) -}}
{{- if gt (len $shown) 5 }} and {{ sub (len $shown) 5 }} more{{ end -}}
{{- end -}}

{{/* Objects that bear podid's names and select other pods: values that were written for upstream's chart may give podid those of upstream's. */}}
{{- define "podid.takenNames" -}}
{{- $found := list -}}
{{- $agent := lookup "apps/v1" "DaemonSet" .Release.Namespace (include "podid.agent" .) -}}
{{- if and $agent (ne (toJson $agent.spec.selector.matchLabels) (include "podid.selector" . | fromYaml | toJson)) -}}
{{- $found = append $found (printf "DaemonSet %s/%s" .Release.Namespace $agent.metadata.name) -}}
{{- end -}}
{{- if include "podid.isStandard" . -}}
{{- $controller := lookup "apps/v1" "Deployment" .Release.Namespace (include "podid.controller" .) -}}
{{- if and $controller (ne (toJson $controller.spec.selector.matchLabels) (include "podid.controllerSelector" . | fromYaml | toJson)) -}}
{{- $found = append $found (printf "Deployment %s/%s" .Release.Namespace $controller.metadata.name) -}}
{{- end -}}
{{- end -}}
{{- if $found -}}{{ join " and " $found }} {{ ternary "is" "are" (eq (len $found) 1) }} there{{- end -}}
{{- end -}}
