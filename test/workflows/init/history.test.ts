import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  answered,
  backTo,
  known,
  need,
  nextStep,
  type Place,
  stepBack,
} from '../../../src/workflows/init/history.ts';

const start: Place = { history: [] };
const walk = (asked: readonly boolean[]) =>
  asked.reduce<Place>((place, isAsked, at) => answered(place, at, isAsked), start);

describe('the wizard’s trail', () => {
  it('begins with the subscription and ends with the yes', () => {
    expect(nextStep(start)).toBe('subscription');
    expect(nextStep(walk(Array(12).fill(true)))).toBe('go');
    expect(nextStep(walk(Array(13).fill(true)))).toBeUndefined();
  });

  it('goes back past what answered itself, and remembers what the question was answered with', () => {
    const back = stepBack(walk([true, true, false, false]));
    expect(back).toEqual({ history: [{ value: 0, asked: true }], before: 1 });
    expect(stepBack(walk([false, false]))).toBeUndefined();
  });

  it('goes back to the cluster only when it was asked for', () => {
    expect(backTo(walk([false, true, true, true]), 'cluster')).toMatchObject({ before: 1 });
    expect(backTo(walk([true, false, true]), 'cluster')).toBeUndefined();
  });

  it('reads a missing answer as a fault of its own', () => {
    expect(() => need(known(start), 'cluster')).toThrow('asks for cluster too early');
  });

  it('is where it was after one step back and the same answer again, whatever was asked', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 13 }), (asked) => {
        const place = walk(asked);
        const back = stepBack(place);
        expect(back === undefined).toBe(!asked.includes(true));
        if (back === undefined) {
          return;
        }
        const again = answered(back, back.before, true);
        expect(again.history).toEqual(place.history.slice(0, again.history.length));
        expect(place.history.slice(again.history.length).some((one) => one.asked)).toBe(false);
      }),
    );
  });
});
