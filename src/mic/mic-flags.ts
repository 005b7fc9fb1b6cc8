import type { FlagTable } from '../flags/flag-table.ts';
import type { HelpPage } from '../flags/help-text.ts';
import { klogFlags } from '../flags/klog-flags.ts';

const port = { kind: 'integer', value: 'PORT', least: 0, most: 65_535 } as const;
const noEffect = 'accepted, without effect';

/** Upstream's flags: names, meanings and, but for the table in `docs/mic.md`, defaults. */
const upstreamFlags = {
  version: { kind: 'switch', default: false, summary: 'print the version and exit' },
  kubeconfig: {
    kind: 'text',
    value: 'FILE',
    default: '',
    summary: 'kubeconfig file',
    variable: 'KUBECONFIG',
    fallback: "the pod's service account",
  },
  cloudconfig: {
    kind: 'text',
    value: 'FILE',
    default: '',
    summary: 'azure.json, in JSON or YAML; without it the variables of the environment count',
  },
  forceNamespaced: {
    name: 'forceNamespaced',
    kind: 'switch',
    default: true,
    summary:
      "only bindings and identities of the pod's own namespace count. FORCENAMESPACED does as well; where one of the two says true, that wins",
  },
  syncRetryDuration: {
    name: 'syncRetryDuration',
    kind: 'text',
    value: 'DURATION',
    default: '3600s',
    summary: `${noEffect}: whatever is unfinished has a time of its own at which it is tried again`,
  },
  'leader-election-instance': {
    kind: 'text',
    value: 'NAME',
    default: '',
    summary: 'name of this instance in the lease',
    fallback: 'the host name',
  },
  'leader-election-namespace': {
    kind: 'text',
    value: 'NAMESPACE',
    default: 'default',
    summary:
      "where upstream's MIC keeps its lock, which podid-mic waits for; its own lease is always kube-system/podid-mic",
  },
  'leader-election-name': {
    kind: 'text',
    value: 'NAME',
    default: 'aad-pod-identity-mic',
    summary: "name of upstream's lock",
  },
  'leader-election-duration': {
    kind: 'text',
    value: 'DURATION',
    default: '15s',
    summary: 'how long the lease counts without being renewed',
  },
  'http-probe-port': { ...port, default: 8080, summary: 'port of /healthz and /readyz' },
  'prometheus-port': { ...port, default: 8888, summary: 'port of /metrics' },
  createDeleteBatch: {
    name: 'createDeleteBatch',
    kind: 'integer',
    value: 'N',
    least: 1,
    most: 1000,
    default: 32,
    summary: 'most requests for AzureAssignedIdentities at a time',
  },
  clientQps: {
    name: 'clientQps',
    kind: 'text',
    value: 'N',
    default: '100',
    summary: 'writes of AzureAssignedIdentities a second; twice as many in a burst',
  },
  'immutable-user-msis': {
    kind: 'text',
    value: 'IDS',
    default: '',
    summary: 'client ids or resource ids, separated by commas, that are never removed from a machine',
  },
  'config-map-name': {
    kind: 'text',
    value: 'NAME',
    default: 'aad-pod-identity-config',
    summary: noEffect,
  },
  'type-upgrade-status-key': {
    kind: 'text',
    value: 'KEY',
    default: 'type-upgrade-status',
    summary: noEffect,
  },
  'enable-type-upgrade': { kind: 'switch', default: true, summary: noEffect },
  'update-user-msi-max-retry': {
    kind: 'integer',
    value: 'N',
    default: 2,
    summary: `${noEffect}: an identity that Azure refuses is tried again after 1 to 30 minutes`,
  },
  'update-user-msi-retry-interval': { kind: 'text', value: 'DURATION', default: '1s', summary: noEffect },
  'identity-assignment-reconcile-interval': {
    kind: 'text',
    value: 'DURATION',
    default: '3m',
    summary: 'how often every machine is read again, so that what others took away is put back',
  },
  enableProfile: {
    name: 'enableProfile',
    kind: 'switch',
    default: false,
    summary: `${noEffect}: use node --inspect`,
  },
  enableScaleFeatures: {
    name: 'enableScaleFeatures',
    kind: 'switch',
    default: true,
    summary: `${noEffect}: assignments always have the label of their node`,
  },
  'log-format': {
    kind: 'text',
    value: 'FORMAT',
    choices: ['json', 'text'],
    default: 'json',
    summary: 'json or text',
  },
  'custom-user-agent': { kind: 'text', value: 'TEXT', default: '', summary: 'added to the user agent' },
} as const satisfies FlagTable;

/** podid's own. */
const podidFlags = {
  help: { kind: 'switch', default: false, summary: 'print this help and exit' },
  'removal-delay': {
    kind: 'text',
    value: 'DURATION',
    default: '10m',
    summary: 'how long an identity that nobody needs stays on its machine; never: for good',
  },
  'node-resource-groups': {
    kind: 'text',
    value: 'GROUPS',
    default: '',
    summary: 'resource groups, separated by commas, whose machines may be changed',
    fallback: 'those of the nodes',
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
  output: {
    kind: 'text',
    value: 'FORMAT',
    choices: ['text', 'json'],
    default: 'text',
    summary: 'plan: text or json',
  },
} as const satisfies FlagTable;

/** What podid-mic does with each word that may follow its name. */
export const micWords = {
  plan: 'print what it would do now, and end without changing anything',
} as const;

export const micFlags = { ...upstreamFlags, ...klogFlags, ...podidFlags } as const;

export const micHelp: HelpPage = {
  name: 'podid-mic',
  summary: 'the controller of standard mode, which puts identities on machines',
  usage: `[${Object.keys(micWords).join('|')}] [flags]`,
  description: 'Without a command: control until a signal ends it.',
  words: [{ heading: 'Commands', items: Object.entries(micWords) }],
  flags: [
    { heading: "Flags of upstream's mic", table: upstreamFlags },
    { heading: "Flags of podid's own", table: podidFlags },
    { heading: 'Flags of klog', table: klogFlags },
  ],
};
