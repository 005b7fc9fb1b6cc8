{{/* What the programs would refuse when they start, so that their containers would start again and again. */}}

{{/* Whole numbers out of their range, as a list in JSON: a dict of names to lists of value, smallest and largest. */}}
{{- define "podid.numberFaults" -}}
{{- $faults := list -}}
{{- range $name, $each := . -}}
{{- $text := first $each | toString -}}
{{- $isSet := not (has $text (list "" "<nil>")) -}}
{{- $isWritten := regexMatch "^(0|[1-9][0-9]*)$" $text -}}
{{- if and $isSet (or (not $isWritten) (include "podid.brokenRule" (list (printf "%d-%d" (index $each 1) (index $each 2)) $text))) -}}
{{- $faults = append $faults (printf "%s has to be a whole number from %d to %d; this is %q." $name (index $each 1) (index $each 2) $text) -}}
{{- end -}}
{{- end -}}
{{- toJson $faults -}}
{{- end -}}

{{/* Flags of a list that the program does not take, as a list in JSON: a dict of name, program, never, rules (a list of lines `flag rule`), given. */}}
{{- define "podid.flagFaults" -}}
{{- $faults := list -}}
{{- $rules := dict -}}
{{- range .rules -}}
{{- $parts := splitList " " . -}}
{{- $rules = set $rules (first $parts) (last $parts) -}}
{{- end -}}
{{- $all := . -}}
{{- range .given -}}
{{- $word := toString . -}}
{{- $flag := regexReplaceAll "(?s)^--?([^=]+).*$" $word "${1}" -}}
{{- $value := regexReplaceAll "(?s)^[^=]*=" $word "" -}}
{{- $rule := get $rules $flag -}}
{{- $isFlag := and $rule (hasPrefix "-" $word) (not (hasPrefix "---" $word)) -}}
{{- if not (and $isFlag (or (contains "=" $word) (eq $rule "switch"))) -}}
{{- $faults = append $faults (printf "%s takes flags of %s, each as --name=value, but not %s; this is %q." $all.name $all.program $all.never $word) -}}
{{- else if hasPrefix "@" $rule -}}
{{- $faults = append $faults (printf "%s: --%s follows from the value %s; leave it out." $all.name $flag (trimPrefix "@" $rule)) -}}
{{- else if contains "=" $word -}}
{{- $wanted := include "podid.brokenRule" (list $rule $value) -}}
{{- if $wanted -}}
{{- $faults = append $faults (printf "%s: --%s takes %s; this is %q." $all.name $flag $wanted $value) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $faults -}}
{{- end -}}

{{/* What a rule, the first of the list, asks for, where the text, the last, is something else. */}}
{{- define "podid.brokenRule" -}}
{{- $rule := first . -}}
{{- $text := last . -}}
{{- if regexMatch "^[0-9]+-[0-9]*$" $rule -}}
{{- $ends := splitList "-" $rule -}}
{{- $isNumber := regexMatch "^[0-9]{1,9}$" $text -}}
{{- $number := regexReplaceAll "^0+([0-9])" $text "${1}" -}}
{{- if eq (last $ends) "" -}}
{{- if not (and $isNumber (ge (atoi $number) (first $ends | atoi))) -}}a whole number of {{ first $ends }} or more{{- end -}}
{{- else if not (and $isNumber (ge (atoi $number) (first $ends | atoi)) (le (atoi $number) (last $ends | atoi))) -}}a whole number from {{ first $ends }} to {{ last $ends }}
{{- end -}}
{{- else if contains "|" $rule -}}
{{- $words := splitList "|" $rule -}}
{{- if not (has (lower $text) $words) -}}one of {{ join ", " $words }}{{- end -}}
{{- else if eq $rule "switch" -}}
{{- if not (has $text (list "true" "false")) -}}true or false{{- end -}}
{{- else if $text -}}
{{- if eq $rule "duration" -}}
{{- include "podid.durationRule" $text -}}
{{- else if and (eq $rule "delay") (not (has $text (list "never" "0" "0s"))) -}}
{{- with include "podid.durationRule" $text -}}{{ . }}, or never{{- end -}}
{{- else if eq $rule "rate" -}}
{{- if or (not (regexMatch "^[0-9]{1,5}([.][0-9]{1,3})?$" $text)) (regexMatch "^[0.]+$" $text) -}}a number above 0{{- end -}}
{{- else if and (eq $rule "ids") (include "podid.noIds" $text) -}}client ids, which are GUIDs, and resource ids of managed identities
{{- else if and (eq $rule "address") (not (regexMatch "^((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])$" $text)) -}}an IPv4 address
{{- else if eq $rule "pairs" -}}
{{- $wrong := list -}}
{{- range splitList "," $text -}}
{{- if and (trim .) (not (regexMatch "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?:[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$" (trim .))) -}}{{- $wrong = append $wrong . -}}{{- end -}}
{{- end -}}
{{- if $wrong -}}pairs of namespaces IDENTITIES:SECRETS, as capz-system:default{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What a duration has to be, where the text is none that podid takes. */}}
{{- define "podid.durationRule" -}}
{{- $longest := dict "ms" 1987200000 "s" 1987200 "m" 33120 "h" 552 -}}
{{- if not (regexMatch "^[0-9]{1,9}([.][0-9]{1,3})?(ms|s|m|h)$" .) -}}a duration with one unit, such as 15s or 3m
{{- else if or (regexMatch "^0+([.]0+)?[a-z]+$" .) (gt (regexReplaceAll "^0+([0-9])" (regexFind "^[0-9]+" .) "${1}" | atoi) (index $longest (regexFind "[a-z]+$" .))) -}}more than 0 and at most 552h
{{- end -}}
{{- end -}}

{{/* The ids of a text, separated by commas, that are neither client ids nor resource ids of managed identities, separated by line ends. */}}
{{- define "podid.noIds" -}}
{{- $identity := "^(?i)/subscriptions/[-\\w]+/resourceGroups/[-\\w().\\p{L}\\p{N}]{0,89}[-\\w()\\p{L}\\p{N}]/providers/Microsoft[.]ManagedIdentity/userAssignedIdentities/[-.\\w]+$" -}}
{{- $wrong := list -}}
{{- range splitList "," . -}}
{{- $id := trim . -}}
{{- if and $id (not (regexMatch (include "podid.guid" $) $id)) (not (regexMatch $identity $id)) -}}{{- $wrong = append $wrong $id -}}{{- end -}}
{{- end -}}
{{- join "\n" $wrong -}}
{{- end -}}

{{- define "podid.guid" -}}^(?i)[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}${{- end -}}

{{/* Flags of podid-mic with what each takes: as src/domain/kubernetes/program-flags.ts has them. */}}
{{- define "podid.controllerFlags" -}}
cloudconfig @mic.cloudConfig
forceNamespaced switch
syncRetryDuration text
leader-election-instance text
leader-election-namespace text
leader-election-name text
leader-election-duration duration
http-probe-port @mic.probePort
prometheus-port @mic.prometheusPort
createDeleteBatch 1-1000
clientQps rate
immutable-user-msis ids
config-map-name text
type-upgrade-status-key text
enable-type-upgrade switch
update-user-msi-max-retry 0-
update-user-msi-retry-interval text
identity-assignment-reconcile-interval duration
enableProfile switch
enableScaleFeatures switch
log-format json|text
custom-user-agent text
removal-delay delay
node-resource-groups text
metrics-address text
v 0-10
logtostderr switch
alsologtostderr switch
log_dir text
log_file text
log_file_max_size 0-
stderrthreshold text
vmodule text
log_backtrace_at text
skip_headers switch
skip_log_headers switch
add_dir_header switch
one_output switch
{{- end -}}

{{/* The same of podid-nmi. */}}
{{- define "podid.agentFlags" -}}
nmi-listen-address address
nmi-port @podid.alongside
metadata-ip address
metadata-port 0-65535
node text
ipt-update-interval-sec 1-3600
forceNamespaced switch
MICNamespace text
http-probe-port @nmi.probePort
retry-attempts-for-created 0-1000
retry-attempts-for-assigned 0-1000
find-identity-retry-interval 0-3600
enableProfile switch
enableScaleFeatures switch
block-instance-metadata switch
host-token node|off
metadata-header-required switch
prometheus-port @nmi.prometheusPort
operation-mode @operationMode
allow-network-plugin-kubenet switch
kubelet-config text
set-retry-after-header switch
enable-conntrack-deletion switch
log-format json|text
custom-user-agent text
rules-backend @podid.rulesBackend
address-guard auto|off
block-wireserver switch
new-connections-per-pod 0-10000
cni-results-dir text
server-user text
heartbeat-file text
metrics-address text
open-metrics switch
open-probes switch
require-identity-choice switch
allow-attested-document switch
allow-scheduled-events switch
allow-ad-endpoint text
exchange-default @podid.exchange.default
exchange-subject @podid.exchange.subject
exchange-token-file @podid.exchange.enabled
exchange-tenant-id @podid.exchange.tenantID
exchange-authority @podid.exchange.authorityHost
refuse-client-ids text
secrets-of-other-namespaces pairs
redirected-by-others switch
allow-loopback-pods switch
hold-sec 0-50
max-connections 1-65535
max-connections-per-pod 1-65535
v 0-10
logtostderr switch
alsologtostderr switch
log_dir text
log_file text
log_file_max_size 0-
stderrthreshold text
vmodule text
log_backtrace_at text
skip_headers switch
skip_log_headers switch
add_dir_header switch
one_output switch
{{- end -}}

{{/* Hosts that tokens are exchanged at: as src/domain/azure/entra-hosts.ts has them. */}}
{{- define "podid.entraHosts" -}}
login.microsoftonline.com
login.microsoft.com
login.windows.net
login.microsoftonline.us
login-us.microsoftonline.com
login.partner.microsoftonline.cn
login.chinacloudapi.cn
{{- end -}}
