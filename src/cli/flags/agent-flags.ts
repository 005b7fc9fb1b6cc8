import type { FlagTable } from '../../flags/flag-table.ts';

/** The release that podid's own install writes; Helm's may have any name. */
export const releaseName = 'podid';

/** Where the agent is. */
export const agentNamespaceFlag = {
  namespace: {
    kind: 'text',
    value: 'NAMESPACE',
    summary: 'where the agent is installed',
    fallback: 'kube-system',
  },
} as const satisfies FlagTable;

/** What other commands call that; `-n` is kubectl's. */
export const agentMisnamed = { '--agent-namespace': '--namespace', '-n': '--namespace' } as const;

/** How it is installed; the names of the values are in deploy/chart/README.md. */
export const agentValueFlags = {
  values: {
    kind: 'list',
    short: 'f',
    value: 'FILE',
    summary: "values of the chart, upstream's or podid's own, in YAML; later files win",
  },
  set: {
    kind: 'list',
    value: 'K=V',
    summary: 'one value, as with helm: podid.image.tag=0.1.0; overrides files',
  },
  setString: {
    kind: 'list',
    value: 'K=V',
    summary: 'as --set, and always a text: nmi.podLabels.team=42',
  },
} as const satisfies FlagTable;

export const agentTimeoutFlag = {
  timeout: {
    kind: 'text',
    value: 'DURATION',
    summary: 'how long to wait for the nodes: 90s, 30m',
    fallback: '30m',
  },
} as const satisfies FlagTable;
