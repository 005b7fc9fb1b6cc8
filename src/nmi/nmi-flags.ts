import type { FlagDefinition } from './parse-flags.ts';

const port = { type: 'integer', least: 0, most: 65_535 } as const;

/** Upstream's flags: names, meanings and, but for the table in `docs/nmi.md`, defaults. */
const upstreamFlags = {
  version: { type: 'boolean', default: false, help: 'print the version and end' },
  'nmi-listen-address': { type: 'string', default: '127.0.0.1', help: 'address to listen on' },
  'nmi-port': { ...port, default: 2579, help: 'port to listen on' },
  'metadata-ip': {
    type: 'string',
    default: '169.254.169.254',
    help: 'where pods look for IMDS, and where the agent asks it',
  },
  'metadata-port': { ...port, default: 80, help: 'port of IMDS' },
  node: { type: 'string', default: '', help: 'name of the node; the variable NODE_NAME when absent' },
  'ipt-update-interval-sec': {
    type: 'integer',
    least: 1,
    most: 3600,
    default: 5,
    help: 'seconds between two looks at the redirect rules when nothing was reported',
  },
  forceNamespaced: {
    type: 'boolean',
    default: false,
    help: "standard mode: identities of the pod's own namespace alone; also FORCENAMESPACED=true",
  },
  MICNamespace: {
    type: 'string',
    default: 'default',
    help: 'taken and without effect: MIC is excepted by its AzurePodIdentityException, not by its name',
  },
  'http-probe-port': { ...port, default: 8080, help: 'port of /healthz and /readyz' },
  'retry-attempts-for-created': {
    type: 'integer',
    most: 1000,
    default: 16,
    help: 'standard mode: with any of the three retry flags given, attempts while there is no assignment',
  },
  'retry-attempts-for-assigned': {
    type: 'integer',
    most: 1000,
    default: 4,
    help: 'standard mode: further attempts while an assignment is in state Created',
  },
  'find-identity-retry-interval': {
    type: 'integer',
    most: 3600,
    default: 5,
    help: 'standard mode: seconds that an attempt stands for',
  },
  enableProfile: { type: 'boolean', default: false, help: 'taken and without effect: use node --inspect' },
  enableScaleFeatures: {
    type: 'boolean',
    default: true,
    help: 'standard mode: watch the assignments that carry the label of this node alone',
  },
  'block-instance-metadata': { type: 'boolean', default: false, help: 'answer /metadata/instance with 403' },
  'metadata-header-required': {
    type: 'boolean',
    default: true,
    help: 'refuse requests without the header Metadata: true',
  },
  'prometheus-port': { ...port, default: 9090, help: 'port of /metrics' },
  'operation-mode': {
    type: 'string',
    choices: ['standard', 'managed'],
    default: 'standard',
    help: 'standard (MIC assigns) or managed (identities are on the node already)',
  },
  'allow-network-plugin-kubenet': {
    type: 'boolean',
    default: false,
    help: 'start on a kubenet node all the same',
  },
  'kubelet-config': {
    type: 'string',
    default: '/etc/default/kubelet',
    help: "the kubelet's flags, looked at for kubenet; a missing file is no fault, one that cannot be read counts as kubenet",
  },
  'set-retry-after-header': {
    type: 'boolean',
    default: true,
    help: 'taken and without effect: Retry-After is always set',
  },
  'enable-conntrack-deletion': {
    type: 'boolean',
    default: true,
    help: 'taken and without effect: connections past the agent are always cut',
  },
  'log-format': { type: 'string', choices: ['json', 'text'], default: 'json', help: 'json or text' },
  'custom-user-agent': { type: 'string', default: '', help: 'added to the user agent' },
  kubeconfig: {
    type: 'string',
    default: '',
    help: 'kubeconfig file; the variable KUBECONFIG, then the service account, when absent',
  },
} as const satisfies Record<string, FlagDefinition>;

const noEffect = { help: 'taken and without effect' } as const;

/** klog's flags, as far as upstream's manifests use them. Log lines go to stderr, whatever these say. */
const klogFlags = {
  v: {
    type: 'integer',
    most: 10,
    default: 0,
    help: 'verbosity; 5 and above logs what is only of use to developers',
  },
  logtostderr: { type: 'boolean', default: true, ...noEffect },
  alsologtostderr: { type: 'boolean', default: false, ...noEffect },
  log_dir: { type: 'string', default: '', ...noEffect },
  log_file: { type: 'string', default: '', ...noEffect },
  log_file_max_size: { type: 'integer', default: 1800, ...noEffect },
  stderrthreshold: { type: 'string', default: '2', ...noEffect },
  vmodule: { type: 'string', default: '', ...noEffect },
  log_backtrace_at: { type: 'string', default: '', ...noEffect },
  skip_headers: { type: 'boolean', default: false, ...noEffect },
  skip_log_headers: { type: 'boolean', default: false, ...noEffect },
  add_dir_header: { type: 'boolean', default: false, ...noEffect },
  one_output: { type: 'boolean', default: false, ...noEffect },
} as const satisfies Record<string, FlagDefinition>;

/** podid's own. */
const podidFlags = {
  help: { type: 'boolean', default: false, help: 'print this and end' },
  once: { type: 'boolean', default: false, help: 'rules: install and end' },
  remove: {
    type: 'boolean',
    default: false,
    help: 'rules: take the redirect rules and the address guard away; nothing else does. boot-guard: take it away',
  },
  'host-root': {
    type: 'string',
    default: '',
    help: 'boot-guard: where the root of the node is mounted',
  },
  'rules-backend': {
    type: 'string',
    choices: ['nft', 'iptables'],
    default: 'nft',
    help: 'how the redirect rules are written',
  },
  'address-guard': {
    type: 'string',
    choices: ['auto', 'off'],
    default: 'auto',
    help: 'rules: keep each pod on a bridge to its own MAC and addresses',
  },
  'block-wireserver': {
    type: 'boolean',
    default: false,
    help: 'rules: keep pods from ports 80 and 32526 of 168.63.129.16',
  },
  'cni-results-dir': {
    type: 'string',
    default: '/var/lib/cni/results',
    help: "rules: the CNI's record of addresses",
  },
  'server-user': {
    type: 'string',
    default: '',
    help: 'rules: numeric user that serves; another one on the port is a fault',
  },
  'remove-startup-taint': {
    type: 'string',
    default: '',
    help: 'serve: once ready, remove the taint of this key from the own node, for nodes that begin with it',
  },
  'heartbeat-file': {
    type: 'string',
    default: '',
    help: 'file in which rules tells serve the state of the rules and of the addresses',
  },
  'probe-address': {
    type: 'string',
    default: '',
    help: 'address of /healthz and /readyz; every one when empty',
  },
  'metrics-address': { type: 'string', default: '', help: 'address of /metrics; every one when empty' },
  'require-identity-choice': {
    type: 'boolean',
    default: false,
    help: 'answer 400 when a pod has several identities and asks for none in particular',
  },
  'allow-attested-document': {
    type: 'boolean',
    default: false,
    help: 'let pods read /metadata/attested/document',
  },
  'allow-scheduled-events': {
    type: 'boolean',
    default: false,
    help: 'let pods read /metadata/scheduledevents; the first request switches the feature on for the VM',
  },
  'allow-ad-endpoint': {
    type: 'string',
    default: '',
    help: "hosts beside Azure's own, by commas, that an adEndpoint may name",
  },
  'redirected-by-others': {
    type: 'boolean',
    default: false,
    help: "serve: the redirect is not podid's (a Cilium local redirect policy, a demonstration); /readyz does not ask for rules",
  },
  'allow-loopback-pods': {
    type: 'boolean',
    default: false,
    help: 'for demonstrations: pods may have addresses of 127.0.0.0/8',
  },
  'max-connections': {
    type: 'integer',
    least: 1,
    most: 65_535,
    default: 8192,
    help: 'open connections in all',
  },
  'max-connections-per-pod': {
    type: 'integer',
    least: 1,
    most: 65_535,
    default: 256,
    help: 'open connections of one address',
  },
} as const satisfies Record<string, FlagDefinition>;

export const nmiFlags = { ...upstreamFlags, ...klogFlags, ...podidFlags } as const;

/** Text for `--help`. */
export function nmiUsage(): string {
  const lines = Object.entries(nmiFlags).map(([name, flag]: [string, FlagDefinition]) => {
    const spelled = name.length === 1 ? `-${name}` : `--${name}`;
    const value =
      flag.type === 'boolean' ? '' : `=${flag.default === '' ? flag.type.toUpperCase() : flag.default}`;
    return `  ${spelled}${value}\n      ${flag.help}`;
  });
  return [
    'podid-nmi [rules|serve] [flags]',
    '',
    'Without a word: redirect rules and server in one process.',
    '  rules   keep the redirect rules in place (needs NET_ADMIN)',
    '  serve   answer the pods (needs no privilege)',
    '',
    ...lines,
    '',
  ].join('\n');
}
