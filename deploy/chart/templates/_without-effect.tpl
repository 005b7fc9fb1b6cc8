{{/* Names of values that are set and mean nothing in this mode, by the alphabet. src/validate/files/values-without-effect.ts has the same list. */}}
{{- define "podid.withoutEffect" -}}
{{- $values := .Values -}}
{{- $unused := list -}}
{{- $nmi := $values.nmi -}}
{{- $asked := dict "image.repository" $values.image.repository "installCRDs" $values.installCRDs "nmi.image" $nmi.image "nmi.tag" $nmi.tag "nmi.micNamespace" $nmi.micNamespace "nmi.setRetryAfterHeader" $nmi.setRetryAfterHeader "nmi.enableConntrackDeletion" $nmi.enableConntrackDeletion -}}
{{- $usual := dict "nmi.setRetryAfterHeader" "false" "nmi.enableConntrackDeletion" "false" -}}
{{- if include "podid.isStandard" . -}}
{{- range list "image" "tag" "syncRetryDuration" "updateUserMSIMaxRetry" "updateUserMSIRetryInterval" -}}
{{- $asked = set $asked (printf "mic.%s" .) (index $values.mic .) -}}
{{- end -}}
{{- $way := include "podid.signIn" . -}}
{{- if eq $way "federated" -}}
{{- if $values.adminsecret -}}{{- $unused = append $unused "adminsecret" -}}{{- end -}}
{{- else if eq $way "secret" -}}
{{- range list "subscriptionID" "resourceGroup" "vmType" -}}
{{- $asked = set $asked (printf "adminsecret.%s" .) (index $values.adminsecret .) -}}
{{- end -}}
{{- end -}}
{{- if not (include "podid.controllerAsksImds" .) -}}
{{- $asked = set $asked "installMICException" $values.installMICException -}}
{{- $usual = set $usual "installMICException" "true" -}}
{{- end -}}
{{- else -}}
{{- range list "retryAttemptsForCreated" "retryAttemptsForAssigned" "findIdentityRetryIntervalInSeconds" "enableScaleFeatures" -}}
{{- $asked = set $asked (printf "nmi.%s" .) (index $nmi .) -}}
{{- end -}}
{{- $usual = merge $usual (dict "nmi.enableScaleFeatures" "true" "installMICException" "true" "forceNamespaced" "true" "forceNameSpaced" "true") -}}
{{- $asked = merge $asked (dict "installMICException" $values.installMICException "forceNamespaced" $values.forceNamespaced "forceNameSpaced" (index $values "forceNameSpaced")) -}}
{{- if $values.adminsecret -}}{{- $unused = append $unused "adminsecret" -}}{{- end -}}
{{- if include "podid.micIsSet" . -}}{{- $unused = append $unused "mic.*" -}}{{- end -}}
{{- end -}}
{{- range list "azureIdentity" "azureIdentityBinding" -}}
{{- if index $values . -}}{{- $unused = append $unused . -}}{{- end -}}
{{- end -}}
{{- range $name, $value := $asked -}}
{{- $text := $value | toString | lower -}}
{{- if not (has $text (list "" "<nil>" (index $usual $name | default ""))) -}}{{- $unused = append $unused $name -}}{{- end -}}
{{- end -}}
{{- join ", " (sortAlpha $unused) -}}
{{- end -}}

{{/* Not empty when values of MIC's were set that differ from the chart's own; maps and lists that Kubernetes reads do not count. */}}
{{- define "podid.micIsSet" -}}
{{- $usual := dict "logVerbosity" "0" "replicas" "2" "cloudConfig" "/etc/kubernetes/azure.json" "customCloud.enabled" "false" "customCloud.configPath" "/etc/kubernetes/akscustom.json" -}}
{{- range $prefix, $section := dict "" .Values.mic "leaderElection." .Values.mic.leaderElection "customCloud." .Values.mic.customCloud -}}
{{- range $key, $value := $section -}}
{{- if not (or (kindIs "map" $value) (kindIs "slice" $value)) -}}
{{- $text := $value | toString | lower -}}
{{- if not (has $text (list "" "<nil>" (index $usual (printf "%s%s" $prefix $key) | default ""))) -}}yes{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
