import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { programsIn } from '../node/bundled-programs.ts';
import type { Answer } from '../node/drill.ts';
import { type ClusterDrill, drill, expectOwnOrNothing, noticeMs } from './cluster-drill.ts';
import { measured } from './measured.ts';
import { web } from './standard-node.ts';
import { onTakeoverNode, type RecordedGap, recordedGaps, stays, type TakeoverNode } from './takeover-node.ts';
import { watchEnds } from './watch-ends.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** How a test is run that is skipped by choice; `scripts/count-tests.mjs` names it then. */
    readonly leftOut?: string;
  }
}

/** What AKS may take away with the add-on, and when its agent ends. */
const combinations = (['go', 'stay'] as const).flatMap((definitions) =>
  (['go', 'stay'] as const).flatMap((identities) =>
    (['first', 'last'] as const).map((nmi) => ({ definitions, identities, nmi })),
  ),
);
type Combination = (typeof combinations)[number];

/** Each takes four minutes, so that without this variable, set to 1, all but two are skipped. */
const all = 'PODID_ALL_TAKEOVERS';
/** The hardest among them: identities that go while AKS is at work on the cluster have the longest gap. */
const isAlwaysPlayed = ({ definitions, nmi }: Combination) => definitions === 'go' && nmi === 'last';

const named = ({ definitions, identities, nmi }: Combination) =>
  `definitions ${definitions}, identities ${identities}, NMI ends ${nmi}`;

/** Pods ask for tokens twenty times a second while the add-on leaves, with all that it may take away. */
describe("podid in the place of AKS's add-on, on a real node", () => {
  const programs = programsIn(inject('programsFolder'));

  for (const combination of combinations) {
    it.runIf(isAlwaysPlayed(combination) || process.env[all] === '1')(
      `comes without a refused request where ${named(combination)}, and names each gap of what stays with the nodes`,
      isAlwaysPlayed(combination) ? {} : { meta: { leftOut: `${all}=1 runs it` } },
      async () => {
        await onTakeoverNode(programs, inject('image').file, combination, (node) =>
          takeOver(node, combination),
        );
      },
    );
  }

  async function takeOver(
    { cluster, folder, apply, podid, followRemoval }: TakeoverNode,
    combination: Combination,
  ) {
    const file = join(folder, 'takeover.yaml');
    expect(await podid(`takeover plan --out ${file}`)).toMatchObject({ addon: 'on', blockers: [] });
    await podid(`${apply} -f ${file} --until 2`);
    let ends: readonly number[] = [];
    const drilled = await drill(
      cluster,
      programs,
      { namespace: 'demo', selector: 'web', beside },
      async () => {
        // Step 7 ends podid's agent on its own port, and starts it on the usual one.
        const watched = watchEnds(cluster, /podid-nmi\S* serve/);
        const [done] = await Promise.all([podid(apply), followRemoval()]);
        ends = watched.stop();
        const { step, state, proof, gaps } = done as Ended;
        expect([step, state]).toEqual([8, 'done']);
        expect(proof.asked).toBeGreaterThan(30);
        expect(proof.answered).toBe(proof.asked);
        const { longestMs } = proof;
        measured(
          `takeover, ${named(combination)}: asked by the probe`,
          `${proof.asked}, longest ${longestMs} ms`,
        );
        const machine = expect.stringContaining('vmss');
        const one = { identity: 'demo/stays', machine, ms: expect.any(Number) };
        expect(gaps).toEqual(combination.identities === 'go' ? [one] : []);
      },
    );
    expectOwnOrNothing(`takeover, ${named(combination)}`, drilled, web.clientId, ...ends);
    expectGapsNamed(named(combination), drilled, await recordedGaps(cluster), ends);
    for (const kind of ['azureidentities', 'azureidentitybindings']) {
      expect(cluster.kubectl('get', kind, '-A', '-o', 'name')).toMatch(/web.*stays|stays.*web/s);
    }
  }
});

interface Ended {
  readonly step: number;
  readonly state: string;
  readonly proof: { readonly asked: number; readonly answered: number; readonly longestMs: number };
  readonly gaps: readonly object[];
}

/** Of the identity that stays with the nodes: for what the agents' memory has, and for what nobody asked for before. */
const known = 'asks-stays';
const fresh = 'asks-stays-anew';
const path = '/metadata/identity/oauth2/token?api-version=2018-02-01';
const beside = [
  { name: known, selector: 'stays' },
  {
    name: fresh,
    selector: 'stays',
    everyMs: 1000,
    target: `http://169.254.169.254${path}&resource=https%3A%2F%2Fr-NUMBER.example.net`,
  },
];

/** A request may be held for ten seconds before it is refused, so that it may have begun that long before a gap. */
const heldMs = 11_000;

/** What was refused was refused within a gap that the takeover names, or while the agent was being replaced. */
function expectGapsNamed(
  name: string,
  { bound, beside: asked }: ClusterDrill,
  gaps: readonly RecordedGap[],
  ends: readonly number[],
): void {
  const spans = gaps.map(({ fromMs, untilMs }) => untilMs - fromMs);
  measured(`takeover, ${name}: gaps`, spans.map(seconds).join(', ') || 'none');
  measured(`takeover, ${name}: exchanged`, figuresOf(bound, web.clientId, ends));
  for (const [pod, answers] of Object.entries(asked)) {
    measured(`takeover, ${name}: ${pod}`, figuresOf(answers, stays.clientId, ends));
    const failed = failedOf(answers, stays.clientId);
    expect(failed.filter(({ token }) => typeof token === 'string')).toEqual([]);
    const unnamed = failed.filter(
      ({ begunMs, endedMs }) =>
        !gaps.some(({ fromMs, untilMs }) => endedMs >= fromMs && begunMs <= untilMs + heldMs) &&
        !ends.some((endMs) => begunMs <= endMs && endedMs >= endMs - noticeMs),
    );
    expect(unnamed).toEqual([]);
  }
}

function figuresOf(answers: readonly Answer[], clientId: string, ends: readonly number[]): string {
  const replacedMs = Math.min(...ends) - noticeMs;
  const longest = (some: readonly Answer[]) => seconds(Math.max(0, ...some.map(({ ms }) => ms)));
  const before = answers.filter(({ endedMs }) => endedMs < replacedMs);
  const failed = failedOf(answers, clientId).length;
  return `asked ${answers.length}, failed ${failed}, longest wait ${longest(answers)}, before the agent was replaced ${longest(before)}`;
}

function failedOf(answers: readonly Answer[], clientId: string): readonly Answer[] {
  return answers.filter(({ token }) => token !== `token-of-${clientId}`);
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
