import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import { type ExchangeSubject, exchangeSubjects } from '../../domain/exchange/token-source.ts';
import type { FlagTable, FlagValues } from '../../flags/flag-table.ts';
import { durationOf } from '../../validate/flags/duration.ts';
import { identityNameRule, namespaceRule } from '../../validate/flags/kubernetes-names.ts';
import { quoted, type UsageFaults } from '../../validate/usage-faults.ts';
import type { RehearseOptions } from '../../workflows/exchange/rehearse.ts';

/** Which identities, and whose token is exchanged. */
export const exchangeFlags = {
  identity: {
    kind: 'list',
    value: 'NAMESPACE/NAME',
    summary: 'only these AzureIdentities; several after one flag',
    fallback: 'all of the cluster',
  },
  subject: {
    kind: 'text',
    value: 'WHOSE',
    choices: ['agent', 'workload'],
    summary:
      "whose service-account token is exchanged: agent (its own), or workload (those of the pods' accounts)",
    fallback: 'as each identity is set, else as the agent is',
  },
  agentNamespace: {
    kind: 'text',
    value: 'NAMESPACE',
    summary: "where podid's agent is, whose account the identities trust",
    fallback: 'kube-system, else where an administrator installed it',
  },
} as const satisfies FlagTable;

/** How long the rehearsal takes. */
export const rehearsalFlags = {
  rounds: {
    kind: 'integer',
    value: 'N',
    least: 1,
    most: 1000,
    default: 20,
    summary: 'how many exchanges in a row have to pass before an identity is switched',
  },
  over: {
    kind: 'text',
    value: 'DURATION',
    default: '120s',
    summary: 'the time from the first exchange to the last',
  },
} as const satisfies FlagTable;

/** Faults go to the next `checkUsage`. */
export function rehearsalOf(
  { rounds, over }: FlagValues<typeof rehearsalFlags>,
  faults: UsageFaults,
): RehearseOptions {
  return { rounds, overMs: durationOf(faults, '--over', over, 120_000) };
}

/** The identities that are meant, each once; undefined for all. Faults go to the next `checkUsage`. */
export function exchangeIdentities(
  { identity }: FlagValues<typeof exchangeFlags>,
  faults: UsageFaults,
): readonly EntryKey[] | undefined {
  if (identity === undefined) {
    return undefined;
  }
  const keys = new Map<string, EntryKey>();
  for (const text of identity) {
    const [namespace = '', name, ...more] = text.split('/');
    if (name === undefined || more.length > 0) {
      faults.add('--identity', `--identity: ${quoted(text)} is not NAMESPACE/NAME of an AzureIdentity.`);
    } else {
      faults.check('--identity', namespace, 'a namespace', namespaceRule);
      faults.check('--identity', name, 'a name of a pod identity', identityNameRule);
      keys.set(text, { namespace, name });
    }
  }
  return [...keys.values()];
}

/** Where the agent is, where somebody says so. Faults go to the next `checkUsage`. */
export function exchangeAgent(
  { agentNamespace }: FlagValues<typeof exchangeFlags>,
  faults: UsageFaults,
): { readonly agentNamespace?: string } {
  return agentNamespace === undefined
    ? {}
    : { agentNamespace: faults.check('--agent-namespace', agentNamespace, 'a namespace', namespaceRule) };
}

/** Whose token is to be exchanged, where somebody says so. */
export function exchangeSubject({ subject }: FlagValues<typeof exchangeFlags>): {
  readonly subject?: ExchangeSubject;
} {
  const named = exchangeSubjects.find((each) => each === subject);
  return named === undefined ? {} : { subject: named };
}
