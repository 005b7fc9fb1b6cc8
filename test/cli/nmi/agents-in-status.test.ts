import { describe, expect, it } from 'vitest';
import { agentLines, agentView, withoutTimes } from '../../../src/cli/nmi/agents-in-status.ts';
import { recordShape } from '../../../src/cli/results/record-text.ts';
import { Hint, hintText } from '../../../src/errors/hint.ts';
import { noColours } from '../../../src/terminal/colours.ts';
import { wrapResult } from '../../../src/terminal/wrap-text.ts';
import type { AgentSummary } from '../../../src/workflows/addon/summarize-agents.ts';

const nodeName = (at: number) => `aks-nodepool1-12345678-vmss${String(at).padStart(6, '0')}`;
const refusal = (at: number) => ({
  ...{ namespace: 'demo', name: `web-5c9d8f7b6-x7k2${at}`, node: nodeName(at), gone: false },
  ...{ reason: 'no-identity', lastAsked: `2026-12-01T08:0${9 - at}:00Z` },
});
const summary = (more: Partial<AgentSummary> = {}): AgentSummary => ({
  ...{ installed: true, version: '0.1.0', mode: 'managed', nodes: 2, ready: 2 },
  byNode: [0, 1].map((at) => ({ name: nodeName(at), ready: true, reason: '' })),
  refusals: { pods: [], since: '2026-12-01T00:00:00Z', unheard: [] },
  ...more,
});

/** As a terminal of 80 columns shows it. */
function shown(status: AgentSummary): string {
  const asPrinted = JSON.parse(
    JSON.stringify(agentView(status), function (this: object, key, value) {
      const held: unknown = Reflect.get(this, key);
      return held instanceof Hint ? hintText(held, 'posix', 'held') : value;
    }),
  );
  // Beside the longest name of a line of the add-on.
  const beside = recordShape((view: never) => [['consent to kubenet', false], ...agentLines(view)]);
  const text = beside.text?.(asPrinted as never, noColours, 80) ?? '';
  return wrapResult(text.slice(text.indexOf('\n') + 1), 80);
}

describe('the agents in podid status', () => {
  it('are each of a few nodes, and that nobody was refused, since when', () => {
    expect(shown(summary())).toMatchInlineSnapshot(`
      "agent               0.1.0, mode managed, ready on 2 of 2 nodes
      node                aks-nodepool1-12345678-vmss000000: ready
      node                aks-nodepool1-12345678-vmss000001: ready
      refused             none since 2026-12-01 00:00 UTC
      "
    `);
  });

  it('fit on a screen where there are a thousand nodes, many of them sick, and many pods are refused', () => {
    const byNode = Array.from({ length: 1000 }, (_, at) => {
      const isSick = at % 100 === 0;
      return {
        name: nodeName(at),
        ready: !isSick,
        reason: isSick ? 'container serve: ImagePullBackOff' : '',
      };
    });
    const unheard = [0, 100].map((at) => ({ node: nodeName(at), why: 'No answer within 5 s.' }));
    const refusals = { pods: [0, 1, 2, 3, 4].map(refusal), since: '2026-12-01T00:00:00Z', unheard };
    const text = shown(summary({ nodes: 1000, ready: 990, byNode, refusals }));
    expect(text).toMatchInlineSnapshot(`
      "agent               0.1.0, mode managed, ready on 990 of 1000 nodes
      node                aks-nodepool1-12345678-vmss000000,
                          aks-nodepool1-12345678-vmss000100 and 8 more: not ready:
                          container serve: ImagePullBackOff
      refused             demo/web-5c9d8f7b6-x7k20, 2026-12-01 08:09 UTC: its
                          AzureIdentity does not exist
      refused             demo/web-5c9d8f7b6-x7k21, 2026-12-01 08:08 UTC: its
                          AzureIdentity does not exist
      refused             demo/web-5c9d8f7b6-x7k22, 2026-12-01 08:07 UTC: its
                          AzureIdentity does not exist
      refused             demo/web-5c9d8f7b6-x7k23, 2026-12-01 08:06 UTC: its
                          AzureIdentity does not exist
      refused             demo/web-5c9d8f7b6-x7k24, 2026-12-01 08:05 UTC: its
                          AzureIdentity does not exist
      refused             unknown on 2 of 1000 nodes: No answer within 5 s.
      next                podid doctor --namespace demo --pod web-5c9d8f7b6-x7k20
      "
    `);
    const lines = text.split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    // Above them are nine lines of the add-on.
    expect(lines.length - 1).toBeLessThanOrEqual(16);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
    expect(text).toMatch(/^[\x00-\x7f]*$/);
  });

  it('name the reasons that most nodes have, and count the nodes of the others', () => {
    const byNode = Array.from({ length: 30 }, (_, at) => ({
      name: `aks-${at}`,
      ready: at >= 20,
      reason: at < 20 ? `reason ${Math.floor(Math.sqrt(at))}` : '',
    }));
    const text = shown(summary({ nodes: 30, ready: 10, byNode }));
    expect(text).toMatchInlineSnapshot(`
      "agent               0.1.0, mode managed, ready on 10 of 30 nodes
      node                aks-9, aks-10 and 5 more: not ready: reason 3
      node                aks-4, aks-5 and 3 more: not ready: reason 2
      node                aks-16, aks-17 and 2 more: not ready: reason 4
                          and 4 more for other reasons: see podid nmi status
      refused             none since 2026-12-01 00:00 UTC
      "
    `);
  });

  it('are unknown where their pods may not be listed', () => {
    const byNode = [{ name: 'a', ready: null, reason: 'its agent may not be seen' }];
    expect(shown(summary({ nodes: 1, ready: null, byNode, refusals: undefined }))).toMatchInlineSnapshot(`
      "agent               0.1.0, mode managed, unknown on which of 1 nodes it is ready
      refused             unknown: the agents' pods may not be listed
      "
    `);
  });

  it('are those of their pods where nodes may not be listed: of how many is unknown', () => {
    const unheard = [{ node: nodeName(0), why: 'No answer within 5 s.' }];
    const refusals = { pods: [], since: null, unheard };
    expect(shown(summary({ nodes: null, refusals }))).toMatchInlineSnapshot(`
      "agent               0.1.0, mode managed, ready on 2 nodes, unknown of how many
      node                aks-nodepool1-12345678-vmss000000: ready
      node                aks-nodepool1-12345678-vmss000001: ready
      refused             unknown on 1 node: No answer within 5 s.
      "
    `);
    expect(
      shown(summary({ nodes: null, ready: null, byNode: [], refusals: undefined })),
    ).toMatchInlineSnapshot(`
      "agent               0.1.0, mode managed, unknown on which nodes it is ready
      refused             unknown: the agents' pods may not be listed
      "
    `);
  });

  it('are not installed, and no more', () => {
    const status = { installed: false, version: '', mode: '', nodes: 1, ready: 0 };
    const byNode = [{ name: 'a', ready: false, reason: 'no agent' }];
    expect(shown(summary({ ...status, byNode, refusals: undefined }))).toMatch(/^agent +not installed\n$/);
  });

  it('name what looks further: at the pod, and where that is gone at its namespace', () => {
    const pods = [{ ...refusal(0), gone: true }, refusal(1)];
    const view = agentView(summary({ refusals: { pods, since: null, unheard: [] } }));
    expect(view.refusals?.map(({ next }) => String(next))).toEqual([
      'podid doctor --namespace demo',
      'podid doctor --namespace demo --pod web-5c9d8f7b6-x7k21',
    ]);
    const text = shown(summary({ refusals: { pods, since: null, unheard: [] } }));
    expect(text).toContain('web-5c9d8f7b6-x7k20 (the pod is gone)');
    expect(text).toMatch(/^next +podid doctor --namespace demo --pod web-5c9d8f7b6-x7k21$/m);
  });

  it('have not changed for --watch where the same pods are refused again', () => {
    const at = (pods: readonly ReturnType<typeof refusal>[]) =>
      JSON.stringify(
        withoutTimes(agentView(summary({ refusals: { pods, since: '2026-12-01T00:00:00Z', unheard: [] } }))),
      );
    const later = { ...refusal(1), lastAsked: '2026-12-02T00:00:00Z' };
    expect(at([later, refusal(0)])).toBe(at([refusal(0), refusal(1)]));
    expect(at([refusal(0)])).not.toBe(at([refusal(0), refusal(1)]));
  });
});
