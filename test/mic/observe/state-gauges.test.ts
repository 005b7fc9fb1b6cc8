import { describe, expect, it } from 'vitest';
import { LiveIndex } from '../../../src/mic/cluster/live-index.ts';
import { stateGauges } from '../../../src/mic/observe/state-gauges.ts';
import { createMetrics } from '../../../src/runtime/metrics.ts';
import { liveOf } from '../decide/mic-objects.ts';

const nowMs = Date.parse('2026-11-30T12:00:00Z');

/** @param states of one assignment each, created a second after another, the last one a second ago */
async function numbersOf(states: readonly string[]): Promise<string> {
  const live = new LiveIndex(() => undefined);
  live.replace(
    states.map((status, number) => {
      const creationTimestamp = new Date(nowMs - (states.length - number) * 1_000).toISOString();
      const metadata = { name: `a${number}`, namespace: 'shop', uid: `u${number}`, creationTimestamp };
      return liveOf({ metadata, spec: { pod: 'p', podNamespace: 'shop' }, status: { status } }, metadata);
    }),
  );
  const metrics = createMetrics();
  const election = { isLeader: true };
  stateGauges(metrics, {
    relay: { working: undefined },
    election,
    view: { live, leftOut: () => [] },
    clock: { now: () => nowMs },
  });
  return metrics.text();
}

describe('what the controller counts', () => {
  it('has the states that there are, and no label that somebody makes up', async () => {
    const text = await numbersOf(['Assigned', 'Created', 'x'.repeat(300), 'y{z="1"}']);
    const lines = text.split('\n').filter((line) => line.startsWith('podid_mic_assignments{'));
    expect(lines.sort()).toEqual([
      'podid_mic_assignments{state="Assigned"} 1',
      'podid_mic_assignments{state="Created"} 1',
      'podid_mic_assignments{state="Unassigned"} 0',
      'podid_mic_assignments{state="other"} 2',
    ]);
  });

  it('is there for 150,000 assignments that wait, as many as a cluster may have pods', async () => {
    const text = await numbersOf(Array.from({ length: 150_000 }, () => 'Created'));
    expect(text).toContain('podid_mic_oldest_created_seconds 150000');
  });
});
