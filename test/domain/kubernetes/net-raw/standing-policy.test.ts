import { describe, expect, it } from 'vitest';
import type { PolicyEngine } from '../../../../src/domain/kubernetes/net-raw/render-net-raw-policy.ts';
import {
  type FoundSpec,
  netRawObjects,
  standingEngine,
} from '../../../../src/domain/kubernetes/net-raw/standing-policy.ts';

const specs = (engine: PolicyEngine) => netRawObjects(engine).map(({ spec }) => spec);

function standing(engine: PolicyEngine, found: readonly FoundSpec[]): PolicyEngine | undefined {
  return standingEngine((asked) => (asked === engine ? found : specs(asked).map(() => undefined)));
}

describe('the policy against NET_RAW', () => {
  it.each(['vap', 'gatekeeper', 'kyverno'] as const)('stands as it is rendered: %s', (engine) => {
    expect(standing(engine, specs(engine))).toBe(engine);
    expect(standing(engine, [undefined, ...specs(engine).slice(1)])).toBeUndefined();
  });

  it.each([
    ['vap', { validationActions: ['Warn', 'Audit'] }],
    ['gatekeeper', { enforcementAction: 'dryrun' }],
    ['kyverno', { validationFailureAction: 'Audit' }],
  ] as const)('does not stand where it refuses nothing: %s', (engine, change) => {
    const [last, ...before] = specs(engine).toReversed();
    expect(standing(engine, [...before.toReversed(), { ...last, ...change }])).toBeUndefined();
  });
});
