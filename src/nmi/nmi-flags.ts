import type { FlagTable } from '../flags/flag-table.ts';
import type { HelpPage } from '../flags/help-text.ts';
import { klogFlags } from '../flags/klog-flags.ts';
import { exchangeFlags } from './tokens/exchange/exchange-flags.ts';

const port = { kind: 'integer', value: 'PORT', least: 0, most: 65_535 } as const;

/** Upstream's flags: names, meanings and, but for the table in `docs/nmi.md`, defaults. */
const upstreamFlags = {
  version: { kind: 'switch', default: false, summary: 'print the version and exit' },
  'nmi-listen-address': { kind: 'text', value: 'IP', default: '127.0.0.1', summary: 'address to listen on' },
  'nmi-port': { ...port, default: 2579, summary: 'port to listen on' },
  'metadata-ip': {
    kind: 'text',
    value: 'IP',
    default: '169.254.169.254',
    summary: 'where pods look for IMDS, and where the agent asks it',
  },
  'metadata-port': { ...port, default: 80, summary: 'port of IMDS' },
  node: { kind: 'text', value: 'NAME', default: '', summary: 'name of the node', variable: 'NODE_NAME' },
  'ipt-update-interval-sec': {
    kind: 'integer',
    value: 'SECONDS',
    least: 1,
    most: 3600,
    default: 5,
    summary:
      'seconds between two checks of the redirect rules; while the kernel reports each change of them, every sixth check reads all, after 30 seconds at the latest',
  },
  forceNamespaced: {
    name: 'forceNamespaced',
    kind: 'switch',
    default: false,
    summary: "standard mode: only identities of the pod's own namespace",
    variable: 'FORCENAMESPACED',
  },
  MICNamespace: {
    name: 'MICNamespace',
    kind: 'text',
    value: 'NAMESPACE',
    default: 'default',
    summary: 'accepted, without effect: MIC is excepted by its AzurePodIdentityException, not by its name',
  },
  'http-probe-port': { ...port, default: 8080, summary: 'port of /healthz and /readyz' },
  'retry-attempts-for-created': {
    kind: 'integer',
    value: 'N',
    most: 1000,
    default: 16,
    summary: 'standard mode: with any of the three retry flags given, attempts while there is no assignment',
  },
  'retry-attempts-for-assigned': {
    kind: 'integer',
    value: 'N',
    most: 1000,
    default: 4,
    summary: 'standard mode: further attempts while an assignment is in state Created',
  },
  'find-identity-retry-interval': {
    kind: 'integer',
    value: 'SECONDS',
    most: 3600,
    default: 5,
    summary: 'standard mode: seconds for each attempt',
  },
  enableProfile: {
    name: 'enableProfile',
    kind: 'switch',
    default: false,
    summary: 'accepted, without effect: use node --inspect',
  },
  enableScaleFeatures: {
    name: 'enableScaleFeatures',
    kind: 'switch',
    default: true,
    summary: 'standard mode: watch only the assignments that have the label of this node',
  },
  'block-instance-metadata': {
    kind: 'switch',
    default: false,
    summary: 'answer /metadata/instance with 403',
  },
  'host-token': {
    kind: 'text',
    value: 'WHOM',
    choices: ['node', 'off'],
    default: 'node',
    summary: 'who may ask under /host/token/: processes of the node, as the Key Vault CSI driver, or nobody',
  },
  'metadata-header-required': {
    kind: 'switch',
    default: true,
    summary: 'refuse requests without the header Metadata: true',
  },
  'prometheus-port': { ...port, default: 9090, summary: 'port of /metrics' },
  'operation-mode': {
    kind: 'text',
    value: 'MODE',
    choices: ['standard', 'managed'],
    default: 'standard',
    summary: 'standard (MIC assigns) or managed (identities are on the node already)',
  },
  'allow-network-plugin-kubenet': {
    kind: 'switch',
    default: false,
    summary: 'start even on a kubenet node',
  },
  'kubelet-config': {
    kind: 'text',
    value: 'FILE',
    default: '/etc/default/kubelet',
    summary:
      "file with the kubelet's flags, checked for kubenet; a missing file is ignored, one that cannot be read counts as kubenet",
  },
  'set-retry-after-header': {
    kind: 'switch',
    default: true,
    summary: 'accepted, without effect: Retry-After is always set',
  },
  'enable-conntrack-deletion': {
    kind: 'switch',
    default: true,
    summary: 'accepted, without effect: connections past the agent are always cut',
  },
  'log-format': {
    kind: 'text',
    value: 'FORMAT',
    choices: ['json', 'text'],
    default: 'json',
    summary: 'json or text',
  },
  'custom-user-agent': { kind: 'text', value: 'TEXT', default: '', summary: 'added to the user agent' },
  kubeconfig: {
    kind: 'text',
    value: 'FILE',
    default: '',
    summary: 'kubeconfig file',
    variable: 'KUBECONFIG',
    fallback: "the pod's service account",
  },
} as const satisfies FlagTable;

/** podid's own. */
const podidFlags = {
  help: { kind: 'switch', default: false, summary: 'print this help and exit' },
  once: { kind: 'switch', default: false, summary: 'rules: install and end' },
  remove: {
    kind: 'switch',
    default: false,
    summary:
      'rules: remove the redirect rules and the address guard; nothing else removes them. boot-guard: remove it',
  },
  'host-root': {
    kind: 'text',
    value: 'FOLDER',
    default: '',
    summary: 'boot-guard: where the root of the node is mounted',
  },
  'rules-backend': {
    kind: 'text',
    value: 'BACKEND',
    choices: ['nft', 'iptables'],
    default: 'nft',
    summary: 'how the redirect rules are written',
  },
  'address-guard': {
    kind: 'text',
    value: 'WHEN',
    choices: ['auto', 'off'],
    default: 'auto',
    summary: 'rules: keep each pod on a bridge to its own MAC and addresses',
  },
  'block-wireserver': {
    kind: 'switch',
    default: false,
    summary: 'rules: keep pods from ports 80 and 32526 of 168.63.129.16',
  },
  'new-connections-per-pod': {
    kind: 'integer',
    value: 'N',
    least: 0,
    most: 10_000,
    default: 200,
    summary: 'rules: most new connections of one address in a second, after 256 at once; 0 for no limit',
  },
  'cni-results-dir': {
    kind: 'text',
    value: 'FOLDER',
    default: '/var/lib/cni/results',
    summary: "the CNI's record of addresses: rules reads it, serve sees when it changes",
  },
  'server-user': {
    kind: 'text',
    value: 'UID',
    default: '',
    summary:
      'rules: numeric user id of the serving process; another user on the port is reported as a problem',
  },
  'remove-startup-taint': {
    kind: 'text',
    value: 'KEY',
    default: '',
    summary:
      'serve: once ready, remove the taint of this key from its own node, for nodes that start with it',
  },
  'heartbeat-file': {
    kind: 'text',
    value: 'FILE',
    default: '',
    summary: 'file through which rules reports the state of the rules and of the addresses to serve',
  },
  'probe-address': {
    kind: 'text',
    value: 'IP',
    default: '',
    summary: 'address of /healthz and /readyz; all addresses when empty',
  },
  'metrics-address': {
    kind: 'text',
    value: 'IP',
    default: '',
    summary: 'address of /metrics; all addresses when empty',
  },
  'open-metrics': {
    kind: 'switch',
    default: false,
    summary: 'rules: let pods and other machines reach /metrics; otherwise only the node itself does',
  },
  'open-probes': {
    kind: 'switch',
    default: false,
    summary:
      'rules: let pods and other machines reach /healthz and /readyz; otherwise only the node itself does',
  },
  'require-identity-choice': {
    kind: 'switch',
    default: false,
    summary: 'answer 400 when a pod has several identities and asks for none in particular',
  },
  'allow-attested-document': {
    kind: 'switch',
    default: false,
    summary: 'let pods read /metadata/attested/document',
  },
  'allow-scheduled-events': {
    kind: 'switch',
    default: false,
    summary: 'let pods read /metadata/scheduledevents; the first request switches the feature on for the VM',
  },
  'allow-ad-endpoint': {
    kind: 'text',
    value: 'HOSTS',
    default: '',
    summary: 'additional hosts, separated by commas, that an adEndpoint may name',
  },
  ...exchangeFlags,
  'refuse-client-ids': {
    kind: 'text',
    value: 'IDS',
    default: '',
    summary:
      "client ids, separated by commas, of identities that no AzureIdentity gives access to, such as the kubelet's own",
  },
  'secrets-of-other-namespaces': {
    kind: 'text',
    value: 'PAIRS',
    default: '',
    summary:
      'pairs of namespaces IDENTITIES:SECRETS, separated by commas: AzureIdentities of the first may name secrets of the second',
  },
  'redirected-by-others': {
    kind: 'switch',
    default: false,
    summary:
      "serve: the redirect is not podid's (a Cilium local redirect policy, a demonstration); /readyz does not ask for rules",
  },
  'allow-loopback-pods': {
    kind: 'switch',
    default: false,
    summary: 'for demonstrations, whose API server is on loopback: pods may have addresses of 127.0.0.0/8',
  },
  'takeover-namespace': {
    kind: 'text',
    value: 'NAMESPACE',
    default: '',
    summary:
      "the agent's own namespace, where podid takeover keeps the ConfigMap podid-takeover, which says what is served on while the add-on's definitions are gone; empty: it is not looked for",
  },
  'event-namespaces': {
    kind: 'text',
    value: 'NAMESPACES',
    default: '',
    summary:
      'managed mode: namespaces, separated by commas, whose pods get an Event where the agent refuses them a token; needs the right to create events there',
  },
  'hold-sec': {
    kind: 'integer',
    value: 'SECONDS',
    least: 0,
    most: 50,
    fallback: '10 in managed mode, 25 in standard mode',
    summary: 'how long a request is held whose refusal would heal by itself; 0 refuses at once',
  },
  'max-connections': {
    kind: 'integer',
    value: 'N',
    least: 1,
    most: 65_535,
    default: 8192,
    summary: 'most open connections in total',
  },
  'max-connections-per-pod': {
    kind: 'integer',
    value: 'N',
    least: 1,
    most: 65_535,
    default: 256,
    summary: 'most open connections of one address',
  },
} as const satisfies FlagTable;

/** What podid-nmi does with each word that may follow its name. */
export const nmiWords = {
  rules: 'keep the redirect rules in place (needs NET_ADMIN)',
  serve: 'answer the pods (needs no privilege)',
  'boot-guard': 'have systemd close the way to IMDS before it starts the kubelet (needs --host-root)',
} as const;

export const nmiFlags = { ...upstreamFlags, ...klogFlags, ...podidFlags } as const;

export const nmiHelp: HelpPage = {
  name: 'podid-nmi',
  summary: 'the agent on a node, which answers pods that ask for tokens',
  usage: `[${Object.keys(nmiWords).join('|')}] [flags]`,
  description: 'Without a command: redirect rules and server in one process.',
  words: [{ heading: 'Commands', items: Object.entries(nmiWords) }],
  flags: [
    { heading: "Flags of upstream's nmi", table: upstreamFlags },
    { heading: "Flags of podid's own", table: podidFlags },
    { heading: 'Flags of klog', table: klogFlags },
  ],
};
