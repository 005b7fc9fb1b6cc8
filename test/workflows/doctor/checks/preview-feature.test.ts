import { describe, expect, it } from 'vitest';
import { previewFeature } from '../../../../src/workflows/doctor/checks/preview-feature.ts';
import { evidenceOf } from '../evidence-in-test.ts';

describe("the check of the add-on's preview feature", () => {
  it.each([
    ['Registered', 'pass', 'is registered.'],
    ['registered', 'pass', 'is registered.'],
    ['Registering', 'fail', 'is Registering'],
    ['NotRegistered', 'fail', 'is NotRegistered'],
    ['Unknown', 'warn', 'Azure does not say whether'],
  ])('judges the state %s: %s', (state, result, text) => {
    const evidence = evidenceOf({ pods: [], objects: { identities: [], exceptions: [] } });
    const verdict = previewFeature.judge({ ...evidence, feature: { kind: 'read', value: state } });
    expect(verdict).toMatchObject({ result, message: expect.stringContaining(text) });
  });
});
