import { quoted, type UsageFaults } from '../usage-faults.ts';
import { exceptionNameRule } from './kubernetes-names.ts';

/** Names by which kubectl takes the kinds; any other is a kind's own. */
const kinds: Readonly<Record<string, string>> = {
  ...named('Deployment', 'deployments', 'deploy'),
  ...named('StatefulSet', 'statefulsets', 'sts'),
  ...named('DaemonSet', 'daemonsets', 'ds'),
  ...named('ReplicaSet', 'replicasets', 'rs'),
  ...named('ReplicationController', 'replicationcontrollers', 'rc'),
  ...named('Job', 'jobs'),
  ...named('CronJob', 'cronjobs', 'cj'),
  ...named('Pod', 'pods', 'po'),
};

/** `KIND/NAME`, the kind as kubectl takes it, and prints it: `deployment.apps/web`. What is wrong with it is a fault, and what comes back then is of no use. */
export function workloadChoice(
  text: string,
  faults: UsageFaults,
): { readonly kind: string; readonly name: string } {
  const [typed = '', name, ...more] = text.split('/');
  const [kind = ''] = typed.split('.', 1);
  if (name === undefined || more.length > 0 || !/^[A-Za-z][A-Za-z0-9]*(?:\.[a-z0-9.-]+)?$/.test(typed)) {
    faults.add('--workload', `--workload: ${quoted(text)} is not KIND/NAME, such as deployment/web.`);
    return { kind, name: '' };
  }
  faults.check('--workload', name, 'the name of a workload', exceptionNameRule);
  const lower = kind.toLowerCase();
  return { kind: Object.hasOwn(kinds, lower) ? (kinds[lower] ?? kind) : kind, name };
}

function named(kind: string, ...others: readonly string[]): Record<string, string> {
  return Object.fromEntries([kind.toLowerCase(), ...others].map((each) => [each, kind]));
}
