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

{{- define "podid.guid" -}}^(?i)[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}${{- end -}}

{{/* What podid-mic would refuse when it starts, as a list in JSON: it would start again and again. */}}
{{- define "podid.controllerValueRefusals" -}}
{{- $faults := list -}}
{{- $mic := .Values.mic -}}
{{- $own := .Values.podid.mic -}}
{{- $numbers := dict "mic.logVerbosity" (list $mic.logVerbosity 0 10) "mic.replicas" (list $mic.replicas 0 100) "mic.probePort" (list $mic.probePort 1 65535) "mic.prometheusPort" (list $mic.prometheusPort 1 65535) "mic.createDeleteBatch" (list $mic.createDeleteBatch 1 1000) -}}
{{- range $name, $each := $numbers -}}
{{- $text := first $each | toString -}}
{{- $isSet := not (has $text (list "" "<nil>")) -}}
{{- if and $isSet (not (regexMatch "^(0|[1-9][0-9]{0,8})$" $text)) -}}
{{- $faults = append $faults (printf "%s has to be a whole number from %d to %d; this is %q." $name (index $each 1) (index $each 2) $text) -}}
{{- else if and $isSet (or (lt (atoi $text) (index $each 1)) (gt (atoi $text) (index $each 2))) -}}
{{- $faults = append $faults (printf "%s has to be a whole number from %d to %d; this is %q." $name (index $each 1) (index $each 2) $text) -}}
{{- end -}}
{{- end -}}
{{- $qps := $mic.clientQps | toString -}}
{{- if and (not (has $qps (list "" "<nil>"))) (or (not (regexMatch "^[0-9]{1,5}([.][0-9]{1,3})?$" $qps)) (regexMatch "^[0.]+$" $qps)) -}}
{{- $faults = append $faults (printf "mic.clientQps has to be a number above 0; this is %q." $qps) -}}
{{- end -}}
{{- $ports := list (include "podid.controllerProbePort" .) (include "podid.controllerMetricsPort" .) -}}
{{- if eq (first $ports) (last $ports) -}}
{{- $faults = append $faults (printf "mic.probePort and mic.prometheusPort are both %s: each needs a port of its own." (first $ports)) -}}
{{- end -}}
{{- $longest := dict "ms" 1987200000 "s" 1987200 "m" 33120 "h" 552 -}}
{{- range $name, $value := dict "mic.leaderElection.duration" $mic.leaderElection.duration "mic.identityAssignmentReconcileInterval" $mic.identityAssignmentReconcileInterval "podid.mic.removalDelay" $own.removalDelay -}}
{{- $text := $value | default "" | toString -}}
{{- $isNever := and (eq $name "podid.mic.removalDelay") (has $text (list "never" "0s")) -}}
{{- if and $text (not $isNever) -}}
{{- if not (regexMatch "^[0-9]{1,9}([.][0-9]{1,3})?(ms|s|m|h)$" $text) -}}
{{- $faults = append $faults (printf "%s has to be a duration with one unit, such as 15s or 3m; this is %q." $name $text) -}}
{{- else if or (regexMatch "^0+([.]0+)?[a-z]+$" $text) (gt (regexFind "^[0-9]+" $text | atoi) (index $longest (regexFind "[a-z]+$" $text))) -}}
{{- $faults = append $faults (printf "%s has to be more than 0 and at most 552h; this is %q." $name $text) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $identity := "^(?i)/subscriptions/[-\\w]+/resourceGroups/[-\\w().\\p{L}\\p{N}]{0,89}[-\\w()\\p{L}\\p{N}]/providers/Microsoft[.]ManagedIdentity/userAssignedIdentities/[-.\\w]+$" -}}
{{- range $each := splitList "," (join "," $mic.immutableUserMSIs) -}}
{{- $id := trim $each -}}
{{- if and $id (not (regexMatch (include "podid.guid" $) $id)) (not (regexMatch $identity $id)) -}}
{{- $faults = append $faults (printf "mic.immutableUserMSIs lists client ids, which are GUIDs, and resource ids of managed identities; %q is neither." $id) -}}
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
{{- range $own.args -}}
{{- if not (regexMatch (include "podid.controllerFlag" $) .) -}}
{{- $faults = append $faults (printf "podid.mic.args takes flags of podid-mic, each as --name=value, but not help, version and output; this is %q." .) -}}
{{- end -}}
{{- end -}}
{{- toJson $faults -}}
{{- end -}}

{{/* A word that podid-mic takes while it controls. */}}
{{- define "podid.controllerFlag" -}}
(?s)^--?((kubeconfig|cloudconfig|syncRetryDuration|leader-election-instance|leader-election-namespace|leader-election-name|leader-election-duration|http-probe-port|prometheus-port|createDeleteBatch|clientQps|immutable-user-msis|config-map-name|type-upgrade-status-key|update-user-msi-max-retry|update-user-msi-retry-interval|identity-assignment-reconcile-interval|log-format|custom-user-agent|removal-delay|node-resource-groups|probe-address|metrics-address|v|log_dir|log_file|log_file_max_size|stderrthreshold|vmodule|log_backtrace_at)=.*|(forceNamespaced|enable-type-upgrade|enableProfile|enableScaleFeatures|logtostderr|alsologtostderr|skip_headers|skip_log_headers|add_dir_header|one_output)(=(true|false))?)$
{{- end -}}
