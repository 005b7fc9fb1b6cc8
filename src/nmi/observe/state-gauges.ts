import { leftOutReasons } from '../../domain/kubernetes/object-limits.ts';
import type { Clock } from '../../domain/time/clock.ts';
import type { HttpServer } from '../../runtime/http-server.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { ClusterView } from '../cluster/cluster-view.ts';
import type { HeldRequests } from '../http/held-requests.ts';
import type { RulesWatch } from '../rules/rules-watch.ts';
import { version } from '../version.ts';
import type { PodRecord } from './record/pod-record.ts';

export interface AgentState {
  readonly view: ClusterView;
  readonly rules: RulesWatch;
  /** Whether a process of podid keeps the redirect rules of this node. */
  readonly keepsRules: boolean;
  readonly server: HttpServer;
  readonly held: Pick<HeldRequests, 'waiting'>;
  readonly record: Pick<PodRecord, 'pods' | 'uses'>;
  readonly clock: Clock;
  /** `standard` or `managed`. */
  readonly mode: string;
}

/** What the agent is at the moment of a scrape. */
export function stateGauges(
  metrics: Metrics,
  { view, rules, keepsRules, server, held, record, clock, mode }: AgentState,
): void {
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.gauge({ name, help }, () => [[{}, read()]]);
  const perWatch = (name: string, help: string, read: (resource: string) => number) =>
    metrics.gauge({ name, help, labels: ['resource'] }, () =>
      [...view.watches.keys()].map((resource) => [{ resource }, read(resource)] as const),
    );
  metrics.gauge(
    { name: 'podid_nmi_build_info', help: 'Always 1; what runs, by its labels', labels: ['version', 'mode'] },
    () => [[{ version, mode }, 1]],
  );
  gauge('podid_nmi_requests_in_flight', 'Requests being answered', () => server.inFlight);
  metrics.gauge(
    {
      name: 'podid_nmi_requests_held',
      help: 'Requests that wait for what heals by itself, by what they wait for',
      labels: ['reason'],
    },
    () => [...held.waiting].map(([reason, requests]) => [{ reason }, requests] as const),
  );
  gauge('podid_nmi_connections', 'Open connections', () => server.connections);
  gauge('podid_nmi_record_pods', 'Pods in the record of what was asked for', () => record.pods);
  gauge('podid_nmi_record_uses', 'Ways of asking in it, 4,000 at most', () => record.uses);
  gauge('podid_nmi_pods', 'Pods of this node that are known', () => view.pods.size);
  perWatch('podid_nmi_watch_live', 'Whether a watch is open', (resource) =>
    view.watches.get(resource)?.live ? 1 : 0,
  );
  perWatch('podid_nmi_watch_age_seconds', 'Seconds since the API server was last heard', (resource) => {
    const heardAt = view.watches.get(resource)?.heardAt;
    return heardAt === undefined ? Number.POSITIVE_INFINITY : (clock.monotonic() - heardAt) / 1000;
  });
  metrics.gauge(
    {
      name: 'podid_nmi_objects_left_out',
      help: 'Objects beyond the limits of their kind, by reason; of one namespace at most 1,000 are counted',
      labels: ['resource', 'reason'],
    },
    () =>
      view
        .leftOut()
        .flatMap(([resource, counts]) =>
          leftOutReasons.map((reason) => [{ resource, reason }, counts[reason]] as const),
        ),
  );
  metrics.gauge(
    {
      name: 'podid_nmi_takeover_hold',
      help: 'Always 1 during a takeover from the AKS add-on: holding, differs, serving or refused, and of which objects, by their hash',
      labels: ['state', 'sha256'],
    },
    () => {
      const hold = view.hold.state();
      const sha256 = hold.kind === 'none' || hold.kind === 'refused' ? '' : hold.sha256;
      return hold.kind === 'none' ? [] : [[{ state: hold.kind, sha256 }, 1] as const];
    },
  );
  metrics.gauge(
    { name: 'podid_nmi_rules_intact', help: 'Whether the redirect rules were read back as they should be' },
    // Where something else redirects, such as Cilium, there are none to be read.
    () => (keepsRules ? [[{}, rules.isFresh && rules.latest?.rules.intact ? 1 : 0]] : []),
  );
  metrics.total(
    { name: 'podid_nmi_rules_put_back_total', help: 'How often the rules had to be restored' },
    () => [[{}, rules.latest?.rules.putBack ?? 0]],
  );
  gauge('podid_nmi_address_guard_active', 'Whether the address guard of bridged nodes is in place', () =>
    rules.isFresh && rules.latest?.guard.active ? 1 : 0,
  );
  gauge(
    'podid_nmi_address_guard_pods',
    'Pods whose MAC and addresses are pinned',
    () => rules.latest?.guard.pods ?? 0,
  );
  gauge(
    'podid_nmi_address_guard_unknown',
    'Veths on a bridge that the CNI record does not name',
    () => rules.latest?.guard.unknown ?? 0,
  );
  metrics.total(
    {
      name: 'podid_nmi_rule_packets_total',
      help: 'Packets by the rule that decided on them',
      labels: ['rule'],
    },
    () =>
      Object.entries({ ...rules.latest?.rules.packets, ...rules.latest?.guard.packets }).map(
        ([rule, packets]) => [{ rule }, packets],
      ),
  );
}
