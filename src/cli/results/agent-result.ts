import { counted } from '../../domain/counted.ts';
import type { AgentObjectChange } from '../../domain/kubernetes/agent-cluster.ts';
import type { TableShape } from '../../terminal/print-result.ts';
import type { Installed } from '../../workflows/agent/install/install-agent.ts';
import type { NodeProbe } from '../../workflows/agent/probes/probe-nodes.ts';
import type { AgentNode } from '../../workflows/agent/status/agent-node.ts';
import type { AgentStatus } from '../../workflows/agent/status/read-agent-status.ts';
import type { CleanedNode } from '../../workflows/agent/uninstall/clean-up-nodes.ts';
import type { CleanedMachine } from '../../workflows/agent/uninstall/remove-ledger-identities.ts';
import type { Uninstalled } from '../../workflows/agent/uninstall/uninstall-agent.ts';

/** Members in the documented order. */
export function installView({ namespace, version, mode, objects, nodes }: Installed): unknown {
  return {
    namespace,
    version,
    mode,
    objects: objects.map(objectView),
    nodes: nodes.map(({ name, ready, reason }) => ({ name, ready, ...(reason ? { reason } : {}) })),
  };
}

export function uninstallView({ objects, nodes, machines }: Uninstalled): unknown {
  return {
    objects: objects.map(objectView),
    nodes: nodes.map(({ name, clean, reason }) => ({ name, clean, ...(reason ? { reason } : {}) })),
    ...(machines === undefined ? {} : { machines: machines.map(machineView) }),
  };
}

export function agentStatusView(status: AgentStatus, probes: readonly NodeProbe[] | undefined): unknown {
  const { installed, version, mode, controller, nodesRead, nodes } = status;
  return {
    installed,
    version,
    mode,
    ...(controller === undefined ? {} : { controller }),
    nodesRead,
    nodes: nodes.map(({ version: own, otherAgents, ...node }) => {
      const { name, ready, rules, addressGuard, identities, exchange, exchangeFailure } = node;
      const { hold, holdSha256 } = node;
      const probe = probes?.find((each) => each.name === name);
      return {
        name,
        ready,
        rules,
        addressGuard,
        identities,
        exchange,
        exchangeFailure,
        hold,
        holdSha256,
        version: own,
        otherAgents,
        ...(probe === undefined ? {} : { probe: probe.probe }),
      };
    }),
  };
}

function machineView({ resource, identities, clean, reason }: CleanedMachine): unknown {
  return { resource, identities, clean, ...(reason ? { reason } : {}) };
}

function objectView({ kind, namespace, name, action, reason }: AgentObjectChange): unknown {
  return { kind, namespace: namespace ?? null, name, action, ...(reason === undefined ? {} : { reason }) };
}

interface Line {
  readonly what: string;
  readonly name: string;
  readonly state: string;
  readonly reason: string;
}

type Changed = Pick<Installed | Uninstalled, 'objects'> & {
  readonly nodes: readonly (Pick<CleanedNode, 'name' | 'reason'> & {
    readonly ready?: boolean;
    readonly clean?: boolean;
  })[];
  readonly machines?: readonly CleanedMachine[];
};

/** Objects, and below them nodes. */
export const agentChangeShape: TableShape = {
  rows: ({ objects, nodes, machines = [] }: Changed): Line[] => [
    ...objects.map(({ kind, namespace, name, action, reason }) => ({
      what: kind,
      name: namespace ? `${namespace}/${name}` : name,
      state: action,
      reason: reason ?? '',
    })),
    ...nodes.map(({ name, ready, clean, reason }) => ({
      what: 'node',
      name,
      reason: reason ?? '',
      state: clean === undefined ? (ready ? 'ready' : 'not ready') : clean ? 'clean' : 'missed',
    })),
    ...machines.map(({ resource, identities, clean, reason }) => ({
      what: 'machine',
      name: resource,
      state: clean ? 'clean' : 'left',
      reason: reason ?? `${counted(identities.length, 'identity', 'identities')} of podid's`,
    })),
  ],
  columns: [
    { heading: 'KIND', cell: (line: Line) => line.what },
    { heading: 'NAME', cell: (line: Line) => line.name },
    { heading: 'STATE', cell: (line: Line) => line.state, whole: true },
    { heading: 'REASON', cell: (line: Line) => line.reason },
  ],
};

type Row = AgentNode & { readonly probe?: NodeProbe['probe'] };

export function agentStatusShape({ nodesRead, nodes }: AgentStatus, probed: boolean): TableShape {
  // During a takeover from the add-on.
  const holds = nodes.some(({ hold }) => hold !== 'none' && hold !== 'unknown');
  return {
    none: nodesRead
      ? 'The cluster has no node.\n'
      : 'No agent was seen, and which nodes there are is unknown: they may not be listed.\n',
    rows: ({ nodes }: { readonly nodes: readonly Row[] }) => nodes,
    columns: [
      { heading: 'NODE', cell: (row: Row) => row.name },
      { heading: 'READY', cell: (row: Row) => row.ready, whole: true },
      { heading: 'RULES', cell: (row: Row) => row.rules, whole: true },
      { heading: 'ADDRESS-GUARD', cell: (row: Row) => row.addressGuard },
      { heading: 'IDENTITIES', cell: (row: Row) => sourcesText(row.identities), spare: 2 },
      { heading: 'EXCHANGE', cell: (row: Row) => row.exchangeFailure || row.exchange },
      ...(holds ? [{ heading: 'HOLD', cell: holdText }] : []),
      { heading: 'VERSION', cell: (row: Row) => row.version, spare: 1 },
      { heading: 'OTHER-AGENTS', cell: (row: Row) => row.otherAgents.join(' ') },
      ...(probed ? [{ heading: 'PROBE', cell: (row: Row) => row.probe }] : []),
    ],
  };
}

/** `holding 4f2a9c31`: whether two agents hold the same can be seen. */
function holdText({ hold, holdSha256 }: Row): string {
  return [hold, holdSha256.slice(0, 8)].filter((word) => word !== '').join(' ');
}

/** `imds 3, exchange 2`: those that there are. */
function sourcesText(identities: AgentNode['identities']): string {
  const counts = Object.entries({
    imds: identities?.imds ?? 0,
    exchange: identities?.exchange ?? 0,
    secret: identities?.servicePrincipal ?? 0,
    unusable: identities?.unusable ?? 0,
  });
  return counts
    .filter(([, count]) => count > 0)
    .map(([source, count]) => `${source} ${count}`)
    .join(', ');
}

const object = { kind: 'DaemonSet', namespace: 'kube-system', name: 'podid-nmi', action: 'create' } as const;

const machineId =
  '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/MC_demo/providers/Microsoft.Compute/virtualMachines/aks-1';
const identityId =
  '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web';

/** Results in each of their shapes, to try queries on. */
export const agentExamples = {
  install: [
    installView({
      namespace: 'kube-system',
      version: '0.1.0',
      mode: 'managed',
      objects: [object],
      nodes: [{ name: 'aks-1', ready: true, reason: '' }],
    }),
  ],
  uninstall: [
    uninstallView({
      objects: [{ ...object, action: 'delete' }],
      nodes: [{ name: 'aks-1', clean: true, reason: '' }],
      machines: [{ resource: machineId, identities: [identityId], clean: true }],
    }),
  ],
  status: [
    agentStatusView(
      {
        installed: true,
        version: '0.1.0',
        mode: 'standard',
        controller: { program: 'podid-mic', instances: 2, ready: 2, leader: 'podid-mic-5c9d-abcde' },
        nodesRead: true,
        nodes: [
          {
            name: 'aks-1',
            ready: true,
            rules: 'verified',
            addressGuard: 'active',
            identities: { imds: 3, exchange: 2, servicePrincipal: 0, unusable: 0 },
            exchange: 'ready',
            exchangeFailure: '',
            hold: 'none',
            holdSha256: '',
            version: '0.1.0',
            otherAgents: ['aks-addon'],
          },
        ],
      },
      [{ name: 'aks-1', probe: 'agent' }],
    ),
  ],
};
