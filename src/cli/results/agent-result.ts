import type { AgentObjectChange } from '../../domain/kubernetes/agent-cluster.ts';
import type { TableShape } from '../../terminal/print-result.ts';
import type { CleanedNode } from '../../workflows/agent/clean-up-nodes.ts';
import type { Installed } from '../../workflows/agent/install-agent.ts';
import type { NodeProbe } from '../../workflows/agent/probe-nodes.ts';
import type { AgentNode, AgentStatus } from '../../workflows/agent/read-agent-status.ts';
import type { Uninstalled } from '../../workflows/agent/uninstall-agent.ts';

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

export function uninstallView({ objects, nodes }: Uninstalled): unknown {
  return {
    objects: objects.map(objectView),
    nodes: nodes.map(({ name, clean, reason }) => ({ name, clean, ...(reason ? { reason } : {}) })),
  };
}

export function agentStatusView(status: AgentStatus, probes: readonly NodeProbe[] | undefined): unknown {
  const { installed, version, mode, nodes } = status;
  return {
    installed,
    version,
    mode,
    nodes: nodes.map(({ name, ready, rules, addressGuard, version: own, otherAgents }) => {
      const probe = probes?.find((each) => each.name === name);
      return {
        name,
        ready,
        rules,
        addressGuard,
        version: own,
        otherAgents,
        ...(probe === undefined ? {} : { probe: probe.probe }),
      };
    }),
  };
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
};

/** Objects, and below them nodes. */
export const agentChangeShape: TableShape = {
  rows: ({ objects, nodes }: Changed): Line[] => [
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
  ],
  columns: [
    { heading: 'KIND', cell: (line: Line) => line.what },
    { heading: 'NAME', cell: (line: Line) => line.name },
    { heading: 'STATE', cell: (line: Line) => line.state },
    { heading: 'REASON', cell: (line: Line) => line.reason },
  ],
};

type Row = AgentNode & { readonly probe?: NodeProbe['probe'] };

export function agentStatusShape(probed: boolean): TableShape {
  return {
    rows: ({ nodes }: { readonly nodes: readonly Row[] }) => nodes,
    columns: [
      { heading: 'NODE', cell: (row: Row) => row.name },
      { heading: 'READY', cell: (row: Row) => row.ready },
      { heading: 'RULES', cell: (row: Row) => row.rules },
      { heading: 'ADDRESS-GUARD', cell: (row: Row) => row.addressGuard },
      { heading: 'VERSION', cell: (row: Row) => row.version },
      { heading: 'OTHER-AGENTS', cell: (row: Row) => row.otherAgents.join(' ') },
      ...(probed ? [{ heading: 'PROBE', cell: (row: Row) => row.probe }] : []),
    ],
  };
}

const object = { kind: 'DaemonSet', namespace: 'kube-system', name: 'podid-nmi', action: 'create' } as const;

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
    }),
  ],
  status: [
    agentStatusView(
      {
        installed: true,
        version: '0.1.0',
        mode: 'managed',
        nodes: [
          {
            name: 'aks-1',
            ready: true,
            rules: 'verified',
            addressGuard: 'active',
            version: '0.1.0',
            otherAgents: ['aks-addon'],
          },
        ],
      },
      [{ name: 'aks-1', probe: 'agent' }],
    ),
  ],
};
