import { isEntraAddress } from '../../../domain/azure/entra-hosts.ts';
import { isGuid } from '../../../domain/azure/written-id.ts';
import {
  type ExchangeDefaults,
  exchangeSubjects,
  tokenSources,
} from '../../../domain/exchange/token-source.ts';
import type { FlagTable, FlagValues } from '../../../flags/flag-table.ts';

export const exchangeFlags = {
  'exchange-default': {
    kind: 'text',
    value: 'SOURCE',
    choices: [...tokenSources],
    default: 'imds',
    summary:
      'where the tokens of identities come from that have no annotation podid.io/token-source: the IMDS of the node, or Entra by exchange',
  },
  'exchange-subject': {
    kind: 'text',
    value: 'WHOSE',
    choices: [...exchangeSubjects],
    default: 'agent',
    summary:
      "whose service-account token is exchanged, of identities that have no annotation podid.io/exchange-subject: the agent's own, or that of the pod's account (workload)",
  },
  'exchange-token-file': {
    kind: 'text',
    value: 'FILE',
    default: '/var/run/secrets/podid/exchange/token',
    summary:
      "the agent's own service-account token, which Entra takes in exchange; read anew for each request",
  },
  'exchange-tenant-id': {
    kind: 'text',
    value: 'GUID',
    default: '',
    summary: 'tenant of identities that name none themselves',
  },
  'exchange-authority': {
    kind: 'text',
    value: 'URL',
    default: 'https://login.microsoftonline.com/',
    summary:
      'where tokens are exchanged: the sign-in address of a known Azure cloud, or a host of --allow-ad-endpoint',
  },
} as const satisfies FlagTable;

/** How identities are exchanged on this node. */
export interface ExchangeSettings {
  readonly defaults: ExchangeDefaults;
  readonly tokenFile: string;
  readonly authority: string;
}

export function exchangeSettings(flags: FlagValues<typeof exchangeFlags>): ExchangeSettings {
  const source = tokenSources.find((each) => each === flags['exchange-default']) ?? 'imds';
  const subject = exchangeSubjects.find((each) => each === flags['exchange-subject']) ?? 'agent';
  return {
    defaults: { source, tenantId: flags['exchange-tenant-id'], subject },
    tokenFile: flags['exchange-token-file'],
    authority: flags['exchange-authority'],
  };
}

/** What no start is made with, in sentences. */
export function exchangeFaults(
  { defaults, authority }: ExchangeSettings,
  allowedHosts: readonly string[],
): readonly string[] {
  return [
    defaults.tenantId === '' || isGuid(defaults.tenantId)
      ? ''
      : `The flag --exchange-tenant-id takes the id of a tenant, a GUID; ${JSON.stringify(defaults.tenantId)} is not one.`,
    isEntraAddress(authority, allowedHosts)
      ? ''
      : `The flag --exchange-authority takes the https address of a known Azure cloud or of a host of --allow-ad-endpoint; ${JSON.stringify(authority)} is neither.`,
  ].filter((fault) => fault !== '');
}
