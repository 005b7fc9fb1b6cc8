import type { PodidError } from '../../errors/podid-error.ts';
import { machineOfNode } from '../azure/machines.ts';
import type { AccessFacts } from './access-facts.ts';
import { compareText, type IdentityAccess, type Unread } from './access-report.ts';

/** What could not be read, and why, each once. */
export function unreadOf(
  facts: AccessFacts,
  identities: readonly Pick<IdentityAccess, 'kind' | 'resourceId' | 'clientId'>[],
): readonly Unread[] {
  const found: Unread[] = [];
  const add = (what: string, reading: { readonly kind: 'read' } | Unreadable) => {
    if (reading.kind === 'unread') {
      found.push({ what, why: reading.error.message });
    }
  };
  add('the cluster in Azure', facts.cluster);
  add('the objects of pod identity, for which the entries of the add-on stand', facts.objects);
  add('node agents, by which standard mode and unguarded nodes are recognised', facts.agents);
  add('pods', facts.pods);
  add('namespaces', facts.namespaces);
  add('nodes', facts.nodes);
  add('service accounts', facts.serviceAccounts);
  add('roles of Kubernetes, and who has them', facts.rbac);
  add('the machines behind the nodes, and which identities they carry', facts.machines);
  add('identity bindings of AKS', facts.identityBindings);
  add("what the agents saw of pods' requests", facts.seen);
  for (const { subscriptionId, assignments } of facts.roles) {
    add(`role assignments of subscription ${subscriptionId}`, assignments);
  }
  found.push(...ofWorkloads(facts));
  found.push(...silentAgents(facts), ...strayNodes(facts), ...ofIdentities(facts), ...unnamed(identities));
  return found.toSorted((one, other) => compareText(one.what, other.what) || compareText(one.why, other.why));
}

type Unreadable = { readonly kind: 'unread'; readonly error: PodidError };

/** One line for all kinds that failed alike: the first says why. */
function ofWorkloads({ workloads }: AccessFacts): readonly Unread[] {
  const found = new Map<string, { why: string; kinds: string[] }>();
  for (const [kind, reading] of workloads) {
    if (reading.kind === 'unread') {
      const { code, message } = reading.error;
      const alike = found.get(code) ?? { why: message, kinds: [] };
      found.set(code, alike);
      alike.kinds.push(kind);
    }
  }
  return [...found.values()].map(({ why, kinds }) => ({
    what: `workloads without pods: ${kinds.toSorted(compareText).join(', ')}`,
    why,
  }));
}

function silentAgents({ seen }: AccessFacts): readonly Unread[] {
  const unheard = seen.kind === 'read' ? (seen.value?.unheard ?? []) : [];
  return unheard.map(({ node, why }) => ({ what: `what the agent of node ${node} saw`, why }));
}

/** Nodes of which nobody says what they carry. */
function strayNodes({ nodes, machines }: AccessFacts): readonly Unread[] {
  if (nodes.kind === 'unread' || machines.kind === 'unread') {
    return [];
  }
  const known = new Set(machines.value.map(({ resourceId }) => resourceId.toLowerCase()));
  const stray = nodes.value.filter(
    ({ virtual, providerId }) => !virtual && !known.has(machineOfNode(providerId)?.toLowerCase() ?? ''),
  );
  const why = 'They name no machine that Azure has.';
  return stray.length === 0
    ? []
    : [{ what: `identities on nodes ${list(stray.map(({ name }) => name))}`, why }];
}

/** One line for all that failed alike: the first says why. */
function ofIdentities({ azure }: AccessFacts): readonly Unread[] {
  const lines = (what: string, of: 'state' | 'credentials') => {
    const found = new Map<string, { why: string; names: string[] }>();
    for (const side of azure.values()) {
      const reading = side[of];
      if (reading.kind === 'unread') {
        const { code, message } = reading.error;
        const alike = found.get(code) ?? { why: message, names: [] };
        found.set(code, alike);
        alike.names.push(side.resourceId.split('/').at(-1) ?? side.resourceId);
      }
    }
    return [...found.values()].map(({ why, names }) => ({ what: `${what} ${list(names)}`, why }));
  };
  return [...lines('managed identities', 'state'), ...lines('federated credentials of', 'credentials')];
}

const mostNames = 5;

function list(names: readonly string[]): string {
  const more = names.length - mostNames;
  const sorted = names.toSorted(compareText);
  return more > 0 ? `${sorted.slice(0, mostNames).join(', ')} and ${more} more` : sorted.join(', ');
}

function unnamed(
  identities: readonly Pick<IdentityAccess, 'kind' | 'resourceId' | 'clientId'>[],
): readonly Unread[] {
  const principals = identities.filter(({ kind }) => kind === 'service-principal').length;
  const nameless = identities.filter(({ kind, resourceId }) => kind !== 'service-principal' && !resourceId);
  return [
    ...(principals === 0
      ? []
      : [
          {
            what: 'who else may sign in as the applications of service principals',
            why: 'That stands in Entra, where podid reads nothing.',
          },
        ]),
    ...(nameless.length === 0
      ? []
      : [
          {
            what: `managed identities of client ids ${list(nameless.map(({ clientId }) => clientId || 'none'))}`,
            why: "No identity of the cluster's subscription that you may read has that client id.",
          },
        ]),
  ];
}
