/**
 * What a flag takes: `switch`, `text`, a range of whole numbers (`1-1000`, `0-` without an end), words (`json|text`), a kind
 * that `validate/flags/program-flags.ts` knows, or `@VALUE`: the value of the chart that sets it, in whose place it cannot
 * be given.
 */
export type FlagRule = string;

/** The flags that one container's program may be given beside those that the values set. */
export interface ProgramFlags {
  readonly program: 'podid-mic' | 'podid-nmi';
  /** Flags with which it would end, or never be found ready. */
  readonly without: readonly string[];
  readonly rules: Readonly<Record<string, FlagRule>>;
}

const klog = {
  v: '0-10',
  logtostderr: 'switch',
  alsologtostderr: 'switch',
  log_dir: 'text',
  log_file: 'text',
  log_file_max_size: '0-',
  stderrthreshold: 'text',
  vmodule: 'text',
  log_backtrace_at: 'text',
  skip_headers: 'switch',
  skip_log_headers: 'switch',
  add_dir_header: 'switch',
  one_output: 'switch',
} as const;

export const controllerFlags: ProgramFlags = {
  program: 'podid-mic',
  without: ['help', 'version', 'output', 'kubeconfig', 'probe-address'],
  rules: {
    cloudconfig: '@mic.cloudConfig',
    forceNamespaced: 'switch',
    syncRetryDuration: 'text',
    'leader-election-instance': 'text',
    'leader-election-namespace': 'text',
    'leader-election-name': 'text',
    'leader-election-duration': 'duration',
    'http-probe-port': '@mic.probePort',
    'prometheus-port': '@mic.prometheusPort',
    createDeleteBatch: '1-1000',
    clientQps: 'rate',
    'immutable-user-msis': 'ids',
    'config-map-name': 'text',
    'type-upgrade-status-key': 'text',
    'enable-type-upgrade': 'switch',
    'update-user-msi-max-retry': '0-',
    'update-user-msi-retry-interval': 'text',
    'identity-assignment-reconcile-interval': 'duration',
    enableProfile: 'switch',
    enableScaleFeatures: 'switch',
    'log-format': 'json|text',
    'custom-user-agent': 'text',
    'removal-delay': 'delay',
    'node-resource-groups': 'text',
    'metrics-address': 'text',
    ...klog,
  },
};

const agent = {
  'nmi-listen-address': 'address',
  'nmi-port': '@podid.alongside',
  'metadata-ip': 'address',
  'metadata-port': '0-65535',
  node: 'text',
  'ipt-update-interval-sec': '1-3600',
  forceNamespaced: 'switch',
  MICNamespace: 'text',
  'http-probe-port': '@nmi.probePort',
  'retry-attempts-for-created': '0-1000',
  'retry-attempts-for-assigned': '0-1000',
  'find-identity-retry-interval': '0-3600',
  enableProfile: 'switch',
  enableScaleFeatures: 'switch',
  'block-instance-metadata': 'switch',
  'host-token': 'node|off',
  'metadata-header-required': 'switch',
  'prometheus-port': '@nmi.prometheusPort',
  'operation-mode': '@operationMode',
  'allow-network-plugin-kubenet': 'switch',
  'kubelet-config': 'text',
  'set-retry-after-header': 'switch',
  'enable-conntrack-deletion': 'switch',
  'log-format': 'json|text',
  'custom-user-agent': 'text',
  'rules-backend': '@podid.rulesBackend',
  'address-guard': 'auto|off',
  'block-wireserver': 'switch',
  'new-connections-per-pod': '0-10000',
  'cni-results-dir': 'text',
  'server-user': 'text',
  'heartbeat-file': 'text',
  'metrics-address': 'text',
  'open-metrics': 'switch',
  'open-probes': 'switch',
  'require-identity-choice': 'switch',
  'allow-attested-document': 'switch',
  'allow-scheduled-events': 'switch',
  'allow-ad-endpoint': 'text',
  'exchange-default': '@podid.exchange.default',
  'exchange-subject': '@podid.exchange.subject',
  'exchange-token-file': '@podid.exchange.enabled',
  'exchange-tenant-id': '@podid.exchange.tenantID',
  'exchange-authority': '@podid.exchange.authorityHost',
  'refuse-client-ids': 'text',
  'secrets-of-other-namespaces': 'pairs',
  'redirected-by-others': 'switch',
  'allow-loopback-pods': 'switch',
  'hold-sec': '0-50',
  'max-connections': '1-65535',
  'max-connections-per-pod': '1-65535',
  ...klog,
} as const;
const neverOfAgent = [
  'help',
  'version',
  'once',
  'remove',
  'host-root',
  'kubeconfig',
  'takeover-namespace',
  'probe-address',
];

export const serverFlags: ProgramFlags = {
  program: 'podid-nmi',
  without: neverOfAgent,
  rules: {
    ...agent,
    'remove-startup-taint': '@podid.startupTaint.key',
    'event-namespaces': '@podid.eventNamespaces',
  },
};

/** Of the containers that keep the rules: what is for the server alone has no effect there, or ends them. */
export const rulesFlags: ProgramFlags = {
  program: 'podid-nmi',
  without: [...neverOfAgent, 'remove-startup-taint', 'event-namespaces'],
  rules: agent,
};
