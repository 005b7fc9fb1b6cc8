import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heldAnnotation, holdBefore, holdNow, release } from '../../../../src/domain/migrate/apply/canary.ts';
import type { LiveWorkload, RollingShares } from '../../../../src/domain/migrate/apply/migration-writes.ts';

const deployment = (rolling: RollingShares, replicas = 4) =>
  ({
    kind: 'Deployment',
    replicas,
    partition: 0,
    recreates: false,
    annotations: {},
    rolling,
  }) as never as LiveWorkload;

const share = fc.oneof(
  fc.nat({ max: 200 }),
  fc.nat({ max: 100 }).map((percent) => `${percent}%`),
);

describe('the hold of a rollout at its first pod', () => {
  it('ends with the shares of a Deployment as they were, whether it was paused on the way or not', () => {
    fc.assert(
      fc.property(share, share, fc.boolean(), (maxSurge, maxUnavailable, pauses) => {
        const rolling = { maxSurge, maxUnavailable };
        const begun = holdBefore(deployment(rolling));
        const first = { annotations: { [heldAnnotation]: begun.annotations?.[heldAnnotation] ?? '' } };
        const paused = pauses ? holdNow(first).annotations?.[heldAnnotation] : undefined;
        const held = { annotations: { [heldAnnotation]: paused ?? first.annotations[heldAnnotation] ?? '' } };
        expect(release(held)).toEqual({
          annotations: { [heldAnnotation]: null },
          rolling,
          ...(pauses ? { paused: false } : {}),
        });
      }),
    );
  });

  it.each([
    ['25%', { maxSurge: 1, maxUnavailable: 0 }],
    [3, { maxSurge: 1, maxUnavailable: 0 }],
    [0, { maxSurge: 0, maxUnavailable: 1 }],
    ['0%', { maxSurge: 0, maxUnavailable: 1 }],
  ])('has a Deployment that may surge by %s make one pod at a time', (maxSurge, rolling) => {
    expect(holdBefore(deployment({ maxSurge, maxUnavailable: 2 }))).toMatchObject({ rolling });
  });

  it('is none of one pod, nor of one that ends all before it makes new ones', () => {
    const rolling = { maxSurge: '25%', maxUnavailable: '25%' };
    expect(holdBefore(deployment(rolling, 1))).toEqual({});
    expect(holdBefore({ ...deployment(rolling), recreates: true })).toEqual({});
  });

  it.each([
    ['paused', { paused: false }],
    ['partition=3', { partition: 3 }],
  ])('of an earlier podid, %s, ends as it began', (held, given) => {
    expect(release({ annotations: { [heldAnnotation]: held } })).toEqual({
      annotations: { [heldAnnotation]: null },
      ...given,
    });
  });
});
