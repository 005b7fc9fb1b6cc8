import { describe, expect, it } from 'vitest';
import { type NodeProbe, probesExitCode } from '../../../../src/workflows/agent/probes/probe-nodes.ts';

describe('the exit code of probes', () => {
  it.each<[number, NodeProbe['probe'][]]>([
    [0, ['agent', 'silent']],
    [0, []],
    [7, ['agent', 'unknown']],
    [7, ['unknown']],
    [10, ['unknown', 'past', 'agent']],
  ])('is %i for %j', (code, probes) => {
    expect(
      probesExitCode(
        probes.map((probe) => ({ probe })),
        true,
      ),
    ).toBe(code);
  });

  it.each<[number, NodeProbe['probe'][]]>([
    [6, ['agent']],
    [7, ['unknown']],
    [10, ['past']],
  ])('is %i for %j where nodes without an agent were not seen', (code, probes) => {
    expect(
      probesExitCode(
        probes.map((probe) => ({ probe })),
        false,
      ),
    ).toBe(code);
  });
});
