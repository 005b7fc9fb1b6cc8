import type { FlagTable } from '../../flags/flag-table.ts';

/** Which cluster; `--cluster-id` stands for the other three. */
export const clusterFlags = {
  resourceGroup: {
    kind: 'text',
    short: 'g',
    value: 'NAME',
    summary: "the cluster's resource group",
    variable: 'PODID_RESOURCE_GROUP',
    fallback: 'the default group of az',
  },
  clusterName: {
    kind: 'text',
    short: 'c',
    value: 'NAME',
    summary: 'the AKS cluster',
    variable: 'PODID_CLUSTER_NAME',
  },
  subscription: {
    kind: 'text',
    value: 'ID|NAME',
    summary: "the cluster's subscription",
    variable: 'AZURE_SUBSCRIPTION_ID',
    fallback: 'the default subscription of az',
  },
  clusterId: { kind: 'text', value: 'ID', summary: "the cluster's full ARM id, instead of the three above" },
} as const satisfies FlagTable;

/** Without these the cluster is reached by its own credentials, which Azure hands out. */
export const kubeFlags = {
  kubeconfig: { kind: 'text', value: 'FILE', summary: "reach the cluster's API by this kubeconfig" },
  context: { kind: 'text', value: 'NAME', summary: 'the context of the kubeconfig' },
  publicFqdn: {
    kind: 'switch',
    summary: "reach a private cluster's API by its public name, as az aks get-credentials --public-fqdn does",
    variable: 'PODID_PUBLIC_FQDN',
  },
} as const satisfies FlagTable;

/** Of commands that write the objects in the cluster. */
export const viaFlag = {
  via: {
    kind: 'text',
    value: 'WAY',
    choices: ['run-command'],
    summary: "reach a private cluster's API through Azure's runCommand, as az aks command invoke does",
  },
} as const satisfies FlagTable;

export const rawClusterFlag = {
  rawCluster: {
    kind: 'switch',
    summary: 'print the whole managed cluster as az does, for ported scripts',
  },
} as const satisfies FlagTable;

export const waitFlags = {
  timeout: {
    kind: 'text',
    value: 'DURATION',
    summary: 'how long to wait for Azure: 90s, 30m',
    fallback: '30m',
  },
  pollInterval: {
    kind: 'text',
    value: 'DURATION',
    summary: 'how often to ask Azure, unless its answer names an interval',
    variable: 'PODID_POLL_INTERVAL',
    fallback: '5s',
  },
} as const satisfies FlagTable;
