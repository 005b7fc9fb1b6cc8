{{/* podid-mic: the controller of standard mode. */}}
{{- define "podid.isStandard" -}}
{{- if eq (.Values.operationMode | lower) "standard" -}}yes{{- end -}}
{{- end -}}

{{- define "podid.controller" -}}
{{- printf "%s-mic" (.Values.fullnameOverride | default (include "podid.name" .) | trunc 59 | trimSuffix "-") -}}
{{- end -}}

{{/* What selects the controller's pods. Never changes for a release: a Deployment's selector cannot. */}}
{{- define "podid.controllerSelector" -}}
app.kubernetes.io/name: {{ include "podid.name" . }}
app.kubernetes.io/component: mic
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "podid.controllerLabels" -}}
{{ include "podid.controllerSelector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end -}}

{{- define "podid.controllerProbePort" -}}{{ .Values.mic.probePort | default 8080 | int }}{{- end -}}
{{- define "podid.controllerMetricsPort" -}}{{ .Values.mic.prometheusPort | default 8888 | int }}{{- end -}}

{{/* As whom the controller signs in: `federated`, `secret`, `file`, or nothing. */}}
{{- define "podid.signIn" -}}
{{- if .Values.podid.mic.clientId -}}federated
{{- else if .Values.adminsecret -}}secret
{{- else if .Values.mic.cloudConfig -}}file
{{- end -}}
{{- end -}}

{{/* Not empty when adminsecret names a managed identity. */}}
{{- define "podid.secretIsManaged" -}}
{{- $secret := .Values.adminsecret | default dict -}}
{{- if or (include "podid.isOn" (index $secret "useMSI" | default "")) (eq (index $secret "clientID" | default "" | toString) "msi") -}}yes{{- end -}}
{{- end -}}

{{/* Not empty when the controller may ask IMDS, which an agent answers where nothing excepts it. */}}
{{- define "podid.controllerAsksImds" -}}
{{- $way := include "podid.signIn" . -}}
{{- if or (eq $way "file") (and (eq $way "secret") (include "podid.secretIsManaged" .)) -}}yes{{- end -}}
{{- end -}}

{{/* Files of the node are root's alone on AKS. */}}
{{- define "podid.controllerReadsNode" -}}
{{- if or (eq (include "podid.signIn" .) "file") (include "podid.isOn" .Values.mic.customCloud.enabled) -}}yes{{- end -}}
{{- end -}}

{{/* Not empty when bindings of other namespaces count: upstream's default, and here only where it was asked for. */}}
{{- define "podid.crossesNamespaces" -}}
{{- if and (include "podid.isStandard" .) (eq (include "podid.forceNamespaced" .) "false") -}}yes{{- end -}}
{{- end -}}

{{/* `true`, `false`, or nothing. Charts before 3.0 wrote the name with one capital more. */}}
{{- define "podid.forceNamespaced" -}}
{{- $value := .Values.forceNamespaced -}}
{{- if has (toString $value) (list "" "<nil>") -}}{{- $value = index .Values "forceNameSpaced" -}}{{- end -}}
{{- if not (has (toString $value) (list "" "<nil>")) -}}{{- $value | toString | lower -}}{{- end -}}
{{- end -}}

{{/* What of azure.json the values of adminsecret say. */}}
{{- define "podid.azureJson" -}}
{{- $given := .Values.adminsecret -}}
{{- $json := dict -}}
{{- range $key, $member := dict "cloud" "cloud" "tenantID" "tenantId" "clientID" "aadClientId" "clientSecret" "aadClientSecret" "userAssignedMSIClientID" "userAssignedIdentityID" -}}
{{- with index $given $key -}}
{{- $json = set $json $member (toString .) -}}
{{- end -}}
{{- end -}}
{{- if include "podid.secretIsManaged" . -}}{{- $json = set $json "useManagedIdentityExtension" true -}}{{- end -}}
{{- toRawJson $json -}}
{{- end -}}
