import { readFileSync } from 'node:fs';
import { readAgentValues } from '../../../../src/validate/files/values/agent-values.ts';
import { refuseWithoutImage } from '../../../../src/validate/files/values/refuse-values.ts';
import { setValues } from '../../../../src/validate/files/values/set-values.ts';
import {
  mergeTrees,
  noValues,
  overDefaults,
  treeOfFile,
  type ValueNode,
} from '../../../../src/validate/files/values/value-tree.ts';
import { UsageFaults } from '../../../../src/validate/usage-faults.ts';
import { imageGiven, type OddValues } from './odd-values.ts';

const defaults = readFileSync('deploy/chart/values.yaml', 'utf8');

/** What `podid nmi install` makes of them, and what is wrong with them to it. */
export function readOddValues({ files = [], set = [], setString = [] }: OddValues): {
  readonly tree: ValueNode;
  readonly faults: readonly string[];
} {
  const faults = new UsageFaults();
  const inFiles = [imageGiven, ...files]
    .map((text, at) => treeOfFile({ name: `${at}.yaml`, text }, faults))
    .reduce(mergeTrees, noValues);
  const given = setValues(setValues(inFiles, '--set', set, faults), '--set-string', setString, faults);
  const tree = overDefaults(treeOfFile({ name: 'values.yaml', text: defaults }, faults), given);
  refuseWithoutImage(readAgentValues(tree, 'kube-system', faults), faults);
  return { tree, faults: faults.messages };
}
