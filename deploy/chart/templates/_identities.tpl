{{/*
A map or a list that may stand in a text of JSON or YAML, as JSON; `null` for what is neither. Upstream's templates put these values where they
stand, so that in files that worked with it they are texts.
*/}}
{{- define "podid.inText" -}}
{{- $given := . -}}
{{- if kindIs "string" . -}}
{{- $given = index (fromYaml (printf "it:\n%s" (indent 2 .))) "it" -}}
{{- end -}}
{{- if or (kindIs "map" $given) (kindIs "slice" $given) -}}{{- toRawJson $given -}}{{- else -}}null{{- end -}}
{{- end -}}

{{/* What of the identities cannot be accepted, as a list in JSON. No value is named: what stands where a secret's name belongs may be the secret. */}}
{{- define "podid.identityRefusals" -}}
{{- $faults := list -}}
{{- range $key, $identity := .Values.azureIdentities -}}
{{- $name := printf "azureIdentities.%v" $key -}}
{{- with $identity.clientPassword -}}
{{- $secret := include "podid.inText" . | fromJson -}}
{{- $isWhole := and $secret (not (hasKey $secret "Error")) -}}
{{- range $member, $text := $secret -}}
{{- if not (and (has $member (list "name" "namespace")) (kindIs "string" $text)) -}}{{- $isWhole = false -}}{{- end -}}
{{- end -}}
{{- if not $isWhole -}}
{{- $faults = append $faults (printf "%s.clientPassword has to name a Secret, as {name: NAME, namespace: NAMESPACE} or as a text of that in JSON or YAML." $name) -}}
{{- end -}}
{{- end -}}
{{- with $identity.auxiliaryTenantIDs -}}
{{- $tenants := get (printf "{\"it\":%s}" (include "podid.inText" .) | fromJson) "it" -}}
{{- $isWhole := kindIs "slice" $tenants -}}
{{- if $isWhole -}}
{{- range $tenants -}}{{- if not (kindIs "string" .) -}}{{- $isWhole = false -}}{{- end -}}{{- end -}}
{{- end -}}
{{- if not $isWhole -}}
{{- $faults = append $faults (printf "%s.auxiliaryTenantIDs has to be a list of ids, or a text of one in JSON or YAML." $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $made := dict -}}
{{- range $key, $identity := .Values.azureIdentities -}}
{{- $name := $identity.name | default ($key | toString) -}}
{{- $object := printf "%s/%s" ($identity.namespace | default $.Release.Namespace) $name -}}
{{- if hasKey $made $object -}}
{{- $faults = append $faults (printf "azureIdentities.%s and azureIdentities.%v both make AzureIdentity %s. Give each a name or a namespace of its own." (get $made $object) $key $name) -}}
{{- else -}}
{{- $made = set $made $object ($key | toString) -}}
{{- end -}}
{{- end -}}
{{- $old := .Values.azureIdentity | default dict -}}
{{- if include "podid.isOn" (index $old "enabled" | default "") -}}
{{- $faults = append $faults (printf "azureIdentity is of charts before 2.0, which had one identity. Since then it is written as: azureIdentities: %s" (include "podid.identityOfOldChart" .)) -}}
{{- end -}}
{{- toJson $faults -}}
{{- end -}}

{{/* The one identity of charts before 2.0 as the value of azureIdentities, in JSON. */}}
{{- define "podid.identityOfOldChart" -}}
{{- $old := .Values.azureIdentity | default dict -}}
{{- $binding := .Values.azureIdentityBinding | default dict -}}
{{- $identity := dict "type" (index $old "type" | default 0 | int) -}}
{{- range list "namespace" "resourceID" "clientID" -}}
{{- if index $old . -}}{{- $identity = set $identity . (index $old . | toString) -}}{{- end -}}
{{- end -}}
{{- if index $binding "selector" -}}
{{- $new := dict "selector" (index $binding "selector" | toString) -}}
{{- if index $binding "name" -}}{{- $new = set $new "name" (index $binding "name" | toString) -}}{{- end -}}
{{- $identity = set $identity "binding" $new -}}
{{- end -}}
{{- toRawJson (dict (index $old "name" | default "azure-identity" | toString) $identity) -}}
{{- end -}}
