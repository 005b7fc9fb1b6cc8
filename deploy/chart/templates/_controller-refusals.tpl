{{/* What of standard mode's values cannot be accepted, as a list in JSON. */}}
{{- define "podid.controllerRefusals" -}}
{{- $faults := list -}}
{{- $mic := .Values.mic -}}
{{- $own := .Values.podid.mic -}}
{{- $known := dict "mic" (list "image" "tag" "priorityClassName" "loggingFormat" "logVerbosity" "replicas" "resources" "podAnnotations" "podLabels" "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" "podDisruptionBudget" "leaderElection" "probePort" "syncRetryDuration" "immutableUserMSIs" "createDeleteBatch" "clientQps" "prometheusPort" "cloudConfig" "customCloud" "updateUserMSIMaxRetry" "updateUserMSIRetryInterval" "identityAssignmentReconcileInterval") "mic.leaderElection" (list "instance" "namespace" "name" "duration") "mic.customCloud" (list "enabled" "configPath") "adminsecret" (list "cloud" "subscriptionID" "resourceGroup" "vmType" "tenantID" "clientID" "clientSecret" "useMSI" "userAssignedMSIClientID") -}}
{{- range $path, $section := dict "mic" $mic "mic.leaderElection" $mic.leaderElection "mic.customCloud" $mic.customCloud "adminsecret" .Values.adminsecret -}}
{{- range $key, $value := $section -}}
{{- if not (has $key (index $known $path)) -}}
{{- $faults = append $faults (printf "There is no value %s.%s." $path $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $faults = concat $faults (include "podid.controllerValueRefusals" . | fromJsonArray) -}}
{{- $way := include "podid.signIn" . -}}
{{- if not $way -}}
{{- $faults = append $faults "Nothing says as whom the controller signs in to Azure: set podid.mic.clientId and podid.mic.tenantId (recommended), adminsecret, or mic.cloudConfig, upstream's /etc/kubernetes/azure.json." -}}
{{- end -}}
{{- if and (eq $way "federated") (not $own.tenantId) -}}
{{- $faults = append $faults "podid.mic.clientId needs podid.mic.tenantId, the tenant of that identity." -}}
{{- end -}}
{{- if and $own.clientId (not (regexMatch (include "podid.guid" .) $own.clientId)) -}}
{{- $faults = append $faults (printf "podid.mic.clientId has to be the identity's client id, a GUID; this is %q." $own.clientId) -}}
{{- end -}}
{{- if and $own.tenantId (not $own.clientId) -}}
{{- $faults = append $faults "podid.mic.tenantId needs podid.mic.clientId, the identity as which the controller signs in." -}}
{{- end -}}
{{- if and (eq $way "secret") (not (include "podid.secretIsManaged" .)) (not (and .Values.adminsecret.tenantID .Values.adminsecret.clientID .Values.adminsecret.clientSecret)) -}}
{{- $faults = append $faults "adminsecret needs tenantID, clientID and clientSecret, or useMSI." -}}
{{- end -}}
{{- $files := dict -}}
{{- if eq $way "file" -}}{{- $files = set $files "mic.cloudConfig" $mic.cloudConfig -}}{{- end -}}
{{- if include "podid.isOn" $mic.customCloud.enabled -}}{{- $files = set $files "mic.customCloud.configPath" ($mic.customCloud.configPath | default "") -}}{{- end -}}
{{- range $name, $path := $files -}}
{{- if or (not (hasPrefix "/" $path)) (hasSuffix "/" $path) (contains ".." $path) -}}
{{- $faults = append $faults (printf "%s %s must be an absolute path to a file of the node." $name $path) -}}
{{- end -}}
{{- end -}}
{{- $crossing := include "podid.crossingPods" . -}}
{{- if and $crossing (not (include "podid.forceNamespaced" .)) -}}
{{- $faults = append $faults (printf "Pods use identities of other namespaces (%s), and forceNamespaced is not set. Set it to \"false\" to keep that, as upstream's default was: then a label is enough for a pod of any namespace to get any bound identity. Or set it to \"true\", when each binding is in the namespace of its pods." $crossing) -}}
{{- end -}}
{{- toJson $faults -}}
{{- end -}}

{{/* `namespace/pod of namespace/identity` of assignments whose identity is not of the pod's namespace. */}}
{{- define "podid.crossingPods" -}}
{{- $found := list -}}
{{- if and (not (include "podid.forceNamespaced" .)) (.Capabilities.APIVersions.Has (printf "%s/v1/AzureAssignedIdentity" (include "podid.apiGroup" .))) -}}
{{- range ((lookup (printf "%s/v1" (include "podid.apiGroup" .)) "AzureAssignedIdentity" "" "").items | default list) -}}
{{- $spec := .spec | default dict -}}
{{- $identity := dig "azureIdentityRef" "metadata" dict $spec -}}
{{- $home := index $identity "namespace" | default "" -}}
{{- if and $home (index $spec "podNamespace") (ne $home (index $spec "podNamespace")) -}}
{{- $found = append $found (printf "%s/%s of %s/%s" (index $spec "podNamespace") (index $spec "pod") $home (index $identity "name")) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $shown := $found | uniq | sortAlpha -}}
{{- join ", " (slice $shown 0 (min 5 (len $shown) | int)) -}}
{{- if gt (len $shown) 5 }} and {{ sub (len $shown) 5 }} more{{ end -}}
{{- end -}}

{{/* What podid-mic would refuse when it starts, as a list in JSON: it would start again and again. */}}
{{- define "podid.controllerValueRefusals" -}}
{{- $faults := list -}}
{{- $mic := .Values.mic -}}
{{- $own := .Values.podid.mic -}}
{{- $numbers := dict "mic.logVerbosity" (list $mic.logVerbosity 0 10) "mic.replicas" (list $mic.replicas 0 100) "mic.probePort" (list $mic.probePort 1 65535) "mic.prometheusPort" (list $mic.prometheusPort 1 65535) "mic.createDeleteBatch" (list $mic.createDeleteBatch 1 1000) -}}
{{- $faults = concat $faults (include "podid.numberFaults" $numbers | fromJsonArray) -}}
{{- $qps := $mic.clientQps | toString -}}
{{- if and (not (has $qps (list "" "<nil>"))) (include "podid.brokenRule" (list "rate" $qps)) -}}
{{- $faults = append $faults (printf "mic.clientQps has to be a number above 0; this is %q." $qps) -}}
{{- end -}}
{{- $ports := list (include "podid.controllerProbePort" .) (include "podid.controllerMetricsPort" .) -}}
{{- if eq (first $ports) (last $ports) -}}
{{- $faults = append $faults (printf "mic.probePort and mic.prometheusPort are both %s: each needs a port of its own." (first $ports)) -}}
{{- end -}}
{{- range $name, $value := dict "mic.leaderElection.duration" $mic.leaderElection.duration "mic.identityAssignmentReconcileInterval" $mic.identityAssignmentReconcileInterval "podid.mic.removalDelay" $own.removalDelay -}}
{{- $text := $value | default "" | toString -}}
{{- $isNever := and (eq $name "podid.mic.removalDelay") (has $text (list "never" "0s")) -}}
{{- if and $text (not $isNever) -}}
{{- $wanted := include "podid.durationRule" $text -}}
{{- if $wanted -}}
{{- $faults = append $faults (printf "%s has to be %s; this is %q." $name $wanted $text) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range splitList "\n" (include "podid.noIds" (join "," $mic.immutableUserMSIs)) -}}
{{- if . -}}
{{- $faults = append $faults (printf "mic.immutableUserMSIs lists client ids, which are GUIDs, and resource ids of managed identities; %q is neither." .) -}}
{{- end -}}
{{- end -}}
{{- $budget := $mic.podDisruptionBudget | default dict -}}
{{- range $key, $value := $budget -}}
{{- if not (has $key (list "minAvailable" "maxUnavailable" "unhealthyPodEvictionPolicy")) -}}
{{- $faults = append $faults (printf "There is no value mic.podDisruptionBudget.%s." $key) -}}
{{- end -}}
{{- end -}}
{{- if not (or (kindIs "invalid" (index $budget "minAvailable")) (kindIs "invalid" (index $budget "maxUnavailable"))) -}}
{{- $faults = append $faults "mic.podDisruptionBudget has minAvailable and maxUnavailable, of which Kubernetes takes one. Leave one of them out." -}}
{{- end -}}
{{- $flags := include "podid.controllerFlags" . | trim | splitList "\n" -}}
{{- $faults = concat $faults (include "podid.flagFaults" (dict "name" "podid.mic.args" "program" "podid-mic" "never" "help, version, output, kubeconfig and probe-address" "rules" $flags "given" $own.args) | fromJsonArray) -}}
{{- toJson $faults -}}
{{- end -}}
