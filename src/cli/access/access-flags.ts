import type { AccessChoice } from '../../domain/access/narrow-report.ts';
import type { FlagTable, FlagValues } from '../../flags/flag-table.ts';
import { namespaceFilter } from '../../validate/flags/entry-key.ts';
import { namespaceRule, objectNameRule } from '../../validate/flags/kubernetes-names.ts';
import { workloadChoice } from '../../validate/flags/workload-choice.ts';
import { quoted, type UsageFaults } from '../../validate/usage-faults.ts';

/** What of the report is meant. */
export const accessFlags = {
  namespace: { kind: 'text', value: 'NAMESPACE', summary: 'only ways of this namespace', fallback: 'all' },
  identity: {
    kind: 'text',
    value: 'NAME|ID|CLIENT-ID',
    summary: 'only this identity; by its full ARM id also one that nothing in the cluster names',
    fallback: 'all',
  },
  pod: { kind: 'text', value: 'NAMESPACE/NAME', summary: 'what this pod can get' },
  serviceAccount: {
    kind: 'text',
    value: 'NAMESPACE/NAME',
    summary: 'what pods of this service account can get, and what it can get by itself',
  },
  workload: {
    kind: 'text',
    value: 'KIND/NAME',
    summary: 'what the pods of this workload can get: deployment/web; needs --namespace',
  },
  node: { kind: 'text', value: 'NAME', summary: 'what pods on this node can get' },
} as const satisfies FlagTable;

/** Where the report is written, too. */
export const accessFileFlags = {
  out: {
    kind: 'text',
    value: 'FILE',
    summary: 'also write the report into this file: .html, .json or .yaml, readable by you alone',
  },
  force: { kind: 'switch', summary: 'overwrite the file of --out' },
} as const satisfies FlagTable;

/** The choice that the flags make; what is wrong with them is added to the faults. */
export function accessChoice(flags: FlagValues<typeof accessFlags>, faults: UsageFaults): AccessChoice {
  const { identity, pod, serviceAccount, workload, node } = flags;
  const { namespace } = namespaceFilter(flags.namespace, faults);
  if (identity === '') {
    faults.add('--identity', '--identity is empty.');
  }
  if (workload !== undefined && namespace === undefined) {
    faults.add('--workload', '--workload needs --namespace.');
  }
  if (node !== undefined) {
    faults.check('--node', node, 'the name of a node', objectNameRule);
  }
  const chosen = workload === undefined ? undefined : workloadChoice(workload, faults);
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(identity === undefined ? {} : { identity }),
    ...(pod === undefined ? {} : { pod: keyIn('--pod', pod, faults) }),
    ...(serviceAccount === undefined
      ? {}
      : { serviceAccount: keyIn('--service-account', serviceAccount, faults) }),
    ...(chosen === undefined
      ? {}
      : { workload: { namespace: namespace ?? '', workload: `${chosen.kind}/${chosen.name}` } }),
    ...(node === undefined ? {} : { node }),
  };
}

function keyIn(flag: '--pod' | '--service-account', text: string, faults: UsageFaults): string {
  const [namespace = '', name, ...more] = text.split('/');
  if (name === undefined || more.length > 0) {
    faults.add(flag, `${flag}: ${quoted(text)} is not NAMESPACE/NAME, such as demo/web.`);
    return text;
  }
  faults.check(flag, namespace, 'a namespace', namespaceRule);
  faults.check(flag, name, 'a name', objectNameRule);
  return text;
}
