{{/*
Stops where values of the chart itself are not there, which no values file can bring about: Helm kept those that another chart, or another version of
this one, was installed with, or a section was set to null. Every template asks this before it reads any, since Helm renders them in an order of its own.
It also takes away an identity that a later values file sets to null, as Helm does with keys of the chart's own.
*/}}
{{- define "podid.whole" -}}
{{- $values := .Values -}}
{{- if kindIs "map" .Values.azureIdentities -}}
{{- range $name, $identity := .Values.azureIdentities -}}
{{- if kindIs "invalid" $identity -}}{{- $_ := unset $values.azureIdentities $name -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- $missing := list -}}
{{- $sections := list "image" "mic" "mic.leaderElection" "mic.customCloud" "nmi" "rbac" "podid" "podid.image" "podid.bootGuard" "podid.startupTaint" "podid.podMonitor" "podid.serviceMonitor" "podid.prometheusRule" "podid.dashboard" "podid.networkPolicy" "podid.ciliumLocalRedirectPolicy" "podid.podDisruptionBudget" "podid.extraCa" "podid.exchange" "podid.mic" -}}
{{- $needed := list "operationMode" "image.imagePullPolicy" "nmi.kubeletConfig" "nmi.metadataHeaderRequired" "rbac.enabled" "podid.image.repository" "podid.rulesBackend" "podid.addressGuard" "podid.alongside" "podid.startupTaint.key" "podid.exchange.audience" -}}
{{- range $path := concat $sections $needed -}}
{{- $at := $values -}}
{{- range splitList "." $path -}}
{{- $at = ternary (get $at .) nil (and (kindIs "map" $at) (hasKey $at .)) -}}
{{- end -}}
{{- if kindIs "invalid" $at -}}
{{- $inside := false -}}
{{- range $missing -}}{{- if hasPrefix (printf "%s." .) $path -}}{{- $inside = true -}}{{- end -}}{{- end -}}
{{- if not $inside -}}{{- $missing = append $missing $path -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- if $missing -}}
{{- $way := "Set them, or leave them out: null takes a default of the chart away." -}}
{{- if .Release.IsUpgrade -}}
{{- $way = "helm upgrade --reuse-values keeps the values that another chart, or another version of this one, was installed with. Use --reset-values with --values FILE, where FILE is what `helm get values` prints; or --reset-then-reuse-values (Helm 3.14 or later). If a file sets them to null, leave them out there." -}}
{{- end -}}
{{- fail (printf "\nThese values of the chart are missing: %s. %s" (join ", " $missing) $way) -}}
{{- end -}}
{{- end -}}
