import type { TakeoverFinding } from '../../domain/takeover/takeover-findings.ts';
import { command } from '../../errors/hint.ts';
import type { Colours } from '../../terminal/colours.ts';
import type { TableShape } from '../../terminal/print-result.ts';
import type { PlannedTakeover } from '../../workflows/takeover/plan-takeover.ts';
import type { TakeoverStatus } from '../../workflows/takeover/takeover-status.ts';

/** Members in the documented order. What could not be read is null. */
export function takeoverPlanView(plan: Omit<PlannedTakeover, 'export'>): unknown {
  const { cluster, isAddonOn, counts, blockers, notes, next } = plan;
  return {
    cluster: cluster.name,
    addon: isAddonOn ? 'on' : 'off',
    identities: counts.identities ?? null,
    bindings: counts.bindings ?? null,
    exceptions: counts.exceptions ?? null,
    machines: counts.machines ?? null,
    blockers: blockers.map(findingView),
    notes: notes.map(findingView),
    next,
  };
}

function findingView({ code, message, hint }: TakeoverFinding): unknown {
  return { code, message, hint };
}

export function takeoverStatusView({
  step,
  of,
  title,
  state,
  proof,
  steps,
  gaps,
  next,
}: TakeoverStatus): unknown {
  return {
    step,
    of,
    title,
    state,
    proof,
    steps: steps.map(({ step: number, asked, answered, longestMs, silent }) => ({
      step: number,
      asked,
      answered,
      longestMs,
      silent,
    })),
    gaps: gaps.map(({ identity, machine, ms }) => ({ identity, machine, ms })),
    next: next ?? null,
  };
}

interface Finding {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

interface ShownPlan {
  readonly addon: string;
  readonly identities: number | null;
  readonly bindings: number | null;
  readonly exceptions: number | null;
  readonly machines: number | null;
  readonly blockers: readonly Finding[];
  readonly notes: readonly Finding[];
  readonly next: string;
}

/** What is saved, in one row; what was found stands below it, whole, with its commands. */
export const takeoverPlanShape: TableShape = {
  rows: (plan: ShownPlan) => [plan],
  columns: [
    { heading: 'ADD-ON', cell: ({ addon }: ShownPlan) => addon },
    { heading: 'IDENTITIES', cell: ({ identities }: ShownPlan) => identities ?? 'unknown' },
    { heading: 'BINDINGS', cell: ({ bindings }: ShownPlan) => bindings ?? 'unknown' },
    { heading: 'EXCEPTIONS', cell: ({ exceptions }: ShownPlan) => exceptions ?? 'unknown' },
    { heading: 'MACHINES', cell: ({ machines }: ShownPlan) => machines ?? 'unknown' },
    { heading: 'BLOCKERS', cell: ({ blockers }: ShownPlan) => blockers.length },
  ],
  foot({ blockers, notes, next }: ShownPlan, colour) {
    const lines = [
      ...blockers.flatMap((each) => findingLines(each, colour, colour.red)),
      ...notes.flatMap((each) => findingLines(each, colour, colour.yellow)),
      `${blockers.length === 0 ? 'Nothing blocks it.' : 'Blocked.'} Next: ${colour.cyan(next)}`,
    ];
    return `\n${lines.join('\n')}\n`;
  },
};

function findingLines({ code, message, hint }: Finding, colour: Colours, mark: Colours['red']): string[] {
  return [`${mark(code)}: ${message}`, `  ${colour.cyan('→')} ${hint}`];
}

interface ShownStatus {
  readonly step: number;
  readonly of: number;
  readonly title: string;
  readonly state: string;
  readonly proof: {
    readonly asked: number;
    readonly answered: number;
    readonly longestMs: number | null;
    readonly silent: readonly string[];
  };
  readonly steps: readonly (ShownStatus['proof'] & { readonly step: number })[];
  readonly gaps: readonly {
    readonly identity: string;
    readonly machine: string;
    readonly ms: number | null;
  }[];
  readonly next: string | null;
}

export const takeoverStatusShape: TableShape = {
  rows: (status: ShownStatus) => [status],
  columns: [
    { heading: 'STEP', cell: ({ step, of }: ShownStatus) => `${step} of ${of}` },
    { heading: 'STATE', cell: ({ state }: ShownStatus) => state, whole: true },
    { heading: 'ASKED', cell: ({ proof }: ShownStatus) => proof.asked },
    { heading: 'ANSWERED', cell: ({ proof }: ShownStatus) => proof.answered },
    {
      heading: 'LONGEST',
      cell: ({ proof }: ShownStatus) => (proof.longestMs === null ? '—' : `${proof.longestMs} ms`),
    },
  ],
  foot({ title, steps, gaps, next }: ShownStatus, colour) {
    const lines = [
      `${title}.`,
      ...steps.map(
        ({ step, asked, answered, longestMs, silent }) =>
          `step ${step}: asked ${asked}, answered ${answered}, longest ${longestMs === null ? '—' : `${longestMs} ms`}${silent.length === 0 ? '' : `; nothing asked on ${silent.join(', ')}`}`,
      ),
      ...gaps.map(
        ({ identity, machine, ms }) =>
          `${identity} ${ms === null ? 'is not back on' : `was not on`} ${machine}${ms === null ? '' : ` for at most ${seconds(ms)} s`}: the agents' memory alone had its tokens.`,
      ),
      ...(next === null ? [] : [`Next: ${colour.cyan(next)}`]),
    ];
    return `\n${lines.join('\n')}\n`;
  },
};

/** One decimal, and not less than it was. */
function seconds(ms: number): string {
  return (Math.ceil(ms / 100) / 10).toFixed(1);
}

const finding = { code: 'StaysOnNodes', message: 'Message', hint: command('podid exchange status') } as const;

/** Results in each of their shapes, to try queries on. */
export const takeoverExamples = {
  plan: [
    takeoverPlanView({
      cluster: { subscriptionId: '', resourceGroup: 'demo-rg', name: 'demo' },
      isAddonOn: true,
      counts: { identities: 1, bindings: 1, exceptions: 1, machines: 1 },
      blockers: [finding],
      notes: [finding],
      next: command('podid takeover plan'),
    }),
  ],
  status: [
    takeoverStatusView({
      step: 4,
      of: 8,
      title: 'disable: the add-on is off',
      state: 'under-way',
      proof: { asked: 120, answered: 120, longestMs: 8, silent: ['aks-nodepool1-12345678-vmss000000'] },
      steps: [
        {
          step: 3,
          asked: 60,
          answered: 60,
          longestMs: 8,
          silent: ['aks-nodepool1-12345678-vmss000000'],
        },
      ],
      gaps: [{ identity: 'demo/web', machine: 'aks-nodepool1-12345678-vmss', ms: 8 }],
      next: command('podid takeover status'),
    }),
  ],
};
