{{/*
What has a Prometheus operator read the metrics of the agent or of the controller: a dict of root, name, labels and selector, the last two as YAML.
*/}}
{{- define "podid.monitors" -}}
{{- $monitored := .root.Values.podid -}}
{{- $namespace := .root.Release.Namespace | quote -}}
{{- if $monitored.podMonitor.enabled }}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: {{ .name }}
  namespace: {{ $namespace }}
  labels:
    {{- with $monitored.podMonitor.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- .labels | nindent 4 }}
spec:
  selector:
    matchLabels:
      {{- .selector | nindent 6 }}
  podMetricsEndpoints:
    - port: metrics
      path: /metrics
      {{- with $monitored.podMonitor.interval }}
      interval: {{ . }}
      {{- end }}
{{- end }}
{{- if $monitored.serviceMonitor.enabled }}
---
# For the ServiceMonitor alone. An agent that is not ready is read, too: its numbers say why.
apiVersion: v1
kind: Service
metadata:
  name: {{ .name }}-metrics
  namespace: {{ $namespace }}
  labels:
    {{- .labels | nindent 4 }}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    {{- .selector | nindent 4 }}
  ports:
    - name: metrics
      port: 9090
      targetPort: metrics
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ .name }}
  namespace: {{ $namespace }}
  labels:
    {{- with $monitored.serviceMonitor.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- .labels | nindent 4 }}
spec:
  selector:
    matchLabels:
      {{- .selector | nindent 6 }}
  endpoints:
    - port: metrics
      path: /metrics
      {{- with $monitored.serviceMonitor.interval }}
      interval: {{ . }}
      {{- end }}
{{- end }}
{{- end -}}
