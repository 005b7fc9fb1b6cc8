import { isEntraAddress } from '../../../domain/azure/entra-hosts.ts';
import { isGuid } from '../../../domain/azure/written-id.ts';
import { exchangeSubjects, tokenSources } from '../../../domain/exchange/token-source.ts';
import type { AgentValues } from '../../../domain/kubernetes/agent-values.ts';
import { quoted } from '../../usage-faults.ts';
import type { ValueSection } from './value-section.ts';

/** `podid.exchange`: the token that the agent has to exchange, and where. */
export function readExchange(podid: ValueSection): AgentValues['podid']['exchange'] {
  const exchange = podid.section('exchange');
  const values = {
    enabled: exchange.boolean('enabled'),
    default: exchange.choice('default', tokenSources),
    subject: exchange.choice('subject', exchangeSubjects),
    podsOfOwnNode: exchange.boolean('podsOfOwnNode'),
    tenantID: exchange.text('tenantID'),
    authorityHost: exchange.text('authorityHost'),
    audience: exchange.text('audience'),
  };
  if (values.default === 'exchange' && !values.enabled) {
    exchange.fault(
      'default',
      'podid.exchange.default is exchange, but podid.exchange.enabled is not true: the agent would have no token to exchange.',
    );
  }
  if (values.podsOfOwnNode && values.subject !== 'workload') {
    exchange.fault(
      'podsOfOwnNode',
      'podid.exchange.podsOfOwnNode needs podid.exchange.subject: workload: only with it the agent may act as its own node.',
    );
  }
  if (values.subject === 'workload') {
    refuseWorkload(values, exchange);
  }
  if (values.tenantID !== '' && !isGuid(values.tenantID)) {
    exchange.fault(
      'tenantID',
      `podid.exchange.tenantID is the id of a tenant, a GUID; ${quoted(values.tenantID)} is not one.`,
    );
  }
  const allowed = podid
    .texts('serveArgs')
    .flatMap((flag) => /^--?allow-ad-endpoint=(.*)$/s.exec(flag)?.[1]?.split(',') ?? []);
  if (values.authorityHost !== '' && !isEntraAddress(values.authorityHost, allowed)) {
    exchange.fault(
      'authorityHost',
      `podid.exchange.authorityHost has to be the https address of a known Azure cloud or of a host of --allow-ad-endpoint in podid.serveArgs; this is ${quoted(values.authorityHost)}.`,
    );
  }
  if (!/^api:\/\/\S+$/.test(values.audience)) {
    exchange.fault(
      'audience',
      `podid.exchange.audience has to begin with api://, as api://AzureADTokenExchange does; this is ${quoted(values.audience)}.`,
    );
  }
  exchange.refuseOthers();
  return values;
}

function refuseWorkload(
  { enabled, audience }: { readonly enabled: boolean; readonly audience: string },
  exchange: ValueSection,
): void {
  if (!enabled) {
    exchange.fault(
      'subject',
      'podid.exchange.subject is workload, but podid.exchange.enabled is not true: the agent exchanges nothing.',
    );
  }
  if (!/^api:\/\/[\w.:/-]+$/.test(audience)) {
    exchange.fault(
      'audience',
      `podid.exchange.audience is part of an admission policy with podid.exchange.subject: workload, and has letters, digits and . _ : / - alone then; this is ${quoted(audience)}.`,
    );
  }
}
