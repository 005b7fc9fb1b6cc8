import { describe, expect, it } from 'vitest';
import type { Told } from '../../../src/mic/cluster/event-writer.ts';
import { PodReports } from '../../../src/mic/cluster/pod-reports.ts';
import { micPod } from '../decide/mic-objects.ts';

function reports() {
  const told: Told[] = [];
  const fleet = { troubleOf: () => undefined };
  return { told, reports: new PodReports({ tell: (event) => void told.push(event) }, fleet) };
}

function outcomeOf(name: string, message: string) {
  const pod = micPod({ name });
  const refusals = Array.from({ length: 100 }, () => ({ code: 'identity-missing' as const, message }));
  return { podKey: `shop/${name}`, pod, wants: { assignments: [], keeps: [], refusals }, wanted: [] };
}

describe('what is told of a pod', () => {
  it('is told once until it is another', () => {
    const { told, reports: of } = reports();
    of.decided(outcomeOf('p1', 'One.'));
    of.decided(outcomeOf('p1', 'One.'));
    of.decided(outcomeOf('p1', 'Two.'));
    expect(told).toHaveLength(2);
  });

  it('is no longer than an Event, however many bindings name nothing', () => {
    const { told, reports: of } = reports();
    of.decided(outcomeOf('p1', `${'x'.repeat(300)}.`));
    expect(told[0]?.message).toHaveLength(1_000);
  });
});
