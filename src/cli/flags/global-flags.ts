import type { FlagTable } from '../../flags/flag-table.ts';
import { outputFormats } from '../../terminal/print-result.ts';

/** Flags of every command; they may stand before the command's word, too. */
export const globalFlags = {
  output: {
    kind: 'text',
    short: 'o',
    value: 'FORMAT',
    choices: outputFormats,
    summary:
      'how the result is printed: json, yaml, jsonc and yamlc in colour, table, wide, name, tsv, html or none',
    variable: 'PODID_OUTPUT',
    fallback: 'table on a terminal and json otherwise',
  },
  query: { kind: 'text', value: 'JMESPATH', summary: 'print only what this JMESPath expression selects' },
  cloud: {
    kind: 'text',
    value: 'CLOUD',
    choices: ['AzureCloud', 'AzureUSGovernment', 'AzureChinaCloud'],
    summary: 'the Azure cloud',
    variable: 'PODID_CLOUD',
    fallback: "the subscription's own, else AzureCloud",
  },
  auth: {
    kind: 'text',
    value: 'WAY',
    choices: [
      'environment',
      'workload-identity',
      'pipelines',
      'az',
      'azd',
      'managed-identity',
      'browser',
      'device-code',
    ],
    summary: 'sign in by this way alone',
    variable: 'PODID_AUTH',
    fallback:
      'what AZURE_TOKEN_CREDENTIALS says, else environment, workload-identity, pipelines, az, azd, in this order',
  },
  tenant: { kind: 'text', value: 'ID', summary: 'the tenant to sign in to', fallback: "the subscription's" },
  clusterPrincipalId: {
    kind: 'text',
    value: 'GUID',
    summary: "the principal of the cluster's control plane, when podid cannot determine it",
  },
  onlyShowErrors: { kind: 'switch', summary: 'no progress, notes and warnings' },
  verbose: { kind: 'switch', summary: 'print more on stderr' },
  debug: { kind: 'switch', summary: 'print every request on stderr, secrets masked, and stacks of errors' },
  noColor: { kind: 'switch', summary: 'no colours; NO_COLOR does the same' },
  help: { kind: 'switch', short: 'h', summary: 'what the command does, its flags and an example' },
  version: { kind: 'switch', summary: 'the version of podid' },
} as const satisfies FlagTable;
