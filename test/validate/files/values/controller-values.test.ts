import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readAgentValues } from '../../../../src/validate/files/values/agent-values.ts';
import { overDefaults, treeOfFile } from '../../../../src/validate/files/values/value-tree.ts';
import { UsageFaults } from '../../../../src/validate/usage-faults.ts';

const deploy = new URL('../../../../deploy/chart/values.yaml', import.meta.url);
const inTests = (name: string) => new URL(`../../../deploy/${name}`, import.meta.url);

function faultsOf(text: string): readonly string[] {
  const faults = new UsageFaults();
  const tree = overDefaults(
    treeOfFile({ name: 'values.yaml', text: readFileSync(deploy, 'utf8') }, faults),
    treeOfFile({ name: 'mine.yaml', text }, faults),
  );
  readAgentValues(tree, 'kube-system', faults);
  return faults.messages.map((message) => message.replace(/^[\w.-]+:\d+:\d+: /, ''));
}

/** A number is in quotes in the chart's sentences alone; the command adds which name may be meant. */
const alike = (message: string) => message.replace(/"([\d.]+)"/, '$1').replace(/ Did you mean .*$/, '');

describe('values of the controller', () => {
  it.each(['standard-refused', 'standard-refused-more'])(
    'are refused as the chart refuses them, by the same sentences: %s',
    (name) => {
      const chart = readFileSync(inTests(`golden/${name}.txt`), 'utf8')
        .split('\n')
        .slice(1, -3);
      const command = faultsOf(readFileSync(inTests(`values/${name}.yaml`), 'utf8'));
      expect(command.map(alike).sort()).toEqual(chart.map(alike).sort());
    },
  );

  it.each([
    'mic: {probePort: 8888, prometheusPort: 8080}',
    'mic: {createDeleteBatch: "", clientQps: "", probePort: "", podDisruptionBudget: {minAvailable: 1, maxUnavailable: null}}',
    'mic: {immutableUserMSIs: ["/subscriptions/s/resourcegroups/g/providers/microsoft.managedidentity/userassignedidentities/i"]}',
    'mic: {identityAssignmentReconcileInterval: 552h}\npodid: {mic: {removalDelay: 0s}}',
    'podid: {mic: {args: [-v=5, --enableProfile, "--log-format=text", --custom-user-agent=a b]}}',
  ])('are taken in standard mode: %s', (text) => {
    expect(faultsOf(`operationMode: standard\n${text}\n`)).toEqual([]);
  });
});
