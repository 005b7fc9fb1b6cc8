{{- define "podid.name" -}}
{{- .Values.nameOverride | default "podid" | trunc 59 | trimSuffix "-" -}}
{{- end -}}

{{- define "podid.agent" -}}
{{- printf "%s-nmi" (.Values.fullnameOverride | default (include "podid.name" .) | trunc 59 | trimSuffix "-") -}}
{{- end -}}

{{- define "podid.cleanUp" -}}
{{- printf "%s-clean-up" (.Values.fullnameOverride | default (include "podid.name" .) | trunc 54 | trimSuffix "-") -}}
{{- end -}}

{{/* What selects the agent's pods. Never changes for a release: a DaemonSet's selector cannot. */}}
{{- define "podid.selector" -}}
app.kubernetes.io/name: {{ include "podid.name" . }}
app.kubernetes.io/component: nmi
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "podid.labels" -}}
{{ include "podid.selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end -}}

{{- define "podid.image" -}}
{{- $digest := include "podid.imageDigest" . -}}
{{- with .Values.podid.image -}}
{{- if $digest -}}
{{ .repository }}@{{ $digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* That of the values; without one and without a tag, the release's, where its image was not replaced by another. */}}
{{- define "podid.imageDigest" -}}
{{- with .Values.podid.image -}}
{{- $released := splitList "@" (include "podid.releasedImage" $) -}}
{{- if .digest -}}
{{ .digest }}
{{- else if and (not .tag) (eq .repository (first $released)) -}}
{{ last $released }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* REPOSITORY@DIGEST, which a release writes into its Chart.yaml; empty in any other chart. */}}
{{- define "podid.releasedImage" -}}
{{- index (.Chart.Annotations | default dict) "podid.io/image" | default "" -}}
{{- end -}}

{{- define "podid.port" -}}
{{- ternary 2580 2579 .Values.podid.alongside -}}
{{- end -}}

{{- define "podid.probePort" -}}
{{- $asked := .Values.nmi.probePort | default 8085 | int -}}
{{- ternary 8086 $asked (and .Values.podid.alongside (eq $asked 8085)) -}}
{{- end -}}

{{- define "podid.metricsPort" -}}
{{- $asked := .Values.nmi.prometheusPort | default 9090 | int -}}
{{- ternary 9091 $asked (and .Values.podid.alongside (eq $asked 9090)) -}}
{{- end -}}

{{- define "podid.heartbeat" -}}/run/podid/heartbeat.json{{- end -}}

{{/* The user of the server: the one that the image runs as, and the only one that may listen on the agent's port. */}}
{{- define "podid.user" -}}10001{{- end -}}

{{/* Container: no more than it has to have. */}}
{{- define "podid.leastPrivilege" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "podid.asServer" -}}
runAsNonRoot: true
runAsUser: {{ include "podid.user" . }}
runAsGroup: {{ include "podid.user" . }}
capabilities:
  drop: [ALL]
{{ include "podid.leastPrivilege" . }}
{{- end -}}

{{- define "podid.asKeeperOfRules" -}}
runAsNonRoot: false
runAsUser: 0
runAsGroup: 0
capabilities:
  drop: [ALL]
  add: {{ ternary "[NET_ADMIN, NET_RAW]" "[NET_ADMIN]" (eq .Values.podid.rulesBackend "iptables") }}
{{ include "podid.leastPrivilege" . }}
{{- end -}}

{{/* Flags that everyone who touches the rules must agree on. */}}
{{- define "podid.rulesArgs" -}}
- --nmi-port={{ include "podid.port" . }}
- --probe-address=127.0.0.1
- --prometheus-port={{ include "podid.metricsPort" . }}
{{- if or .Values.nmi.prometheusPort .Values.podid.podMonitor.enabled .Values.podid.serviceMonitor.enabled }}
- --open-metrics
{{- end }}
- --rules-backend={{ .Values.podid.rulesBackend }}
- --address-guard={{ .Values.podid.addressGuard }}
{{- include "podid.logArgs" . }}
{{- range .Values.podid.rulesArgs }}
- {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "podid.logArgs" -}}
{{- with .Values.nmi.loggingFormat }}
- --log-format={{ . }}
{{- end }}
{{- if ne (.Values.nmi.logVerbosity | default 0 | int) 0 }}
- -v={{ .Values.nmi.logVerbosity | int }}
{{- end }}
{{- end -}}

{{/* The service account's token: mounted where it is used, and nowhere else. */}}
{{- define "podid.tokenVolume" -}}
- name: token
  projected:
    sources:
      - serviceAccountToken:
          path: token
          expirationSeconds: 3600
      - configMap:
          name: kube-root-ca.crt
          items:
            - key: ca.crt
              path: ca.crt
      - downwardAPI:
          items:
            - path: namespace
              fieldRef:
                fieldPath: metadata.namespace
{{- end -}}

{{- define "podid.tokenMount" -}}
- name: token
  mountPath: /var/run/secrets/kubernetes.io/serviceaccount
  readOnly: true
{{- end -}}

{{/* Certificates of further authorities, which Node reads when it starts. */}}
{{- define "podid.extraCaVolume" -}}
{{- with .Values.podid.extraCa.configMap -}}
- name: extra-ca
  configMap:
    name: {{ . }}
    items:
      - key: {{ $.Values.podid.extraCa.key | default "ca.crt" | quote }}
        path: ca.crt
{{- end -}}
{{- end -}}

{{- define "podid.extraCaMount" -}}
{{- with .Values.podid.extraCa.configMap -}}
- name: extra-ca
  mountPath: /etc/podid/ca
  readOnly: true
{{- end -}}
{{- end -}}

{{- define "podid.extraCaVariable" -}}
{{- with .Values.podid.extraCa.configMap -}}
- name: NODE_EXTRA_CA_CERTS
  value: /etc/podid/ca/ca.crt
{{- end -}}
{{- end -}}

{{- define "podid.apiGroup" -}}aadpodidentity.k8s.io{{- end -}}

{{/* Upstream writes booleans as booleans, as words and as nothing. */}}
{{- define "podid.isOn" -}}
{{- if eq (. | toString | lower) "true" -}}on{{- end -}}
{{- end -}}

{{/* Whether the agent makes tokens of the pods' own accounts. */}}
{{- define "podid.isWorkload" -}}
{{- if eq (toString .Values.podid.exchange.subject) "workload" -}}true{{- end -}}
{{- end -}}

{{/* Whether it does so as its own node, from Kubernetes 1.36 on. */}}
{{- define "podid.actsAsNode" -}}
{{- if and (include "podid.isWorkload" .) (semverCompare ">=1.36.0-0" .Capabilities.KubeVersion.Version) -}}true{{- end -}}
{{- end -}}
