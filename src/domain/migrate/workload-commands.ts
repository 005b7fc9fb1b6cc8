import { type Command, command } from '../../errors/hint.ts';
import type { ClusterId } from '../clusters/cluster.ts';
import { nextCommand, podidCommand } from '../hints/next-command.ts';
import type { AzureIdentity } from '../kubernetes/identity-resources.ts';
import { type WorkloadKind, workloadKindFacts, workloadKinds } from '../kubernetes/workloads.ts';
import type { WorkloadGroup } from './bound-workloads.ts';

type Named = Pick<WorkloadGroup, 'kind' | 'namespace' | 'name' | 'apiVersion'>;

/** As kubectl calls the kind: `deployment`, `rollout.argoproj.io`. */
export function resourceWord({ kind, apiVersion = '' }: Pick<Named, 'kind' | 'apiVersion'>): string {
  const known = isWorkloadKind(kind) ? workloadKindFacts(kind) : undefined;
  if (known !== undefined) {
    return known.custom === undefined ? kind.toLowerCase() : `${known.plural}.${known.group}`;
  }
  const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : [];
  return group === '' ? kind.toLowerCase() : `${kind.toLowerCase()}.${group}`;
}

export function isWorkloadKind(kind: string): kind is WorkloadKind {
  return Object.hasOwn(workloadKinds, kind);
}

/** Whether Kubernetes lets its template be changed, and podid knows where that is. */
export function isPatchable({ kind }: Pick<Named, 'kind'>): boolean {
  return isWorkloadKind(kind) && kind !== 'Job' && workloadKindFacts(kind).custom === undefined;
}

/** `Deployment demo/web`. */
export function workloadText({ kind, namespace, name }: Named): string {
  return `${kind} ${namespace}/${name}`;
}

export function showWorkload(workload: Named): Command {
  return command(
    'kubectl get',
    resourceWord(workload),
    workload.name,
    '-n',
    workload.namespace,
    '-o',
    'yaml',
  );
}

export function editWorkload(workload: Named): Command {
  return command('kubectl edit', resourceWord(workload), workload.name, '-n', workload.namespace);
}

/** @param change of the pods' template: `{metadata: …, spec: …}` */
export function patchTemplate(workload: Named, change: object): Command {
  const path = isWorkloadKind(workload.kind) ? workloadKindFacts(workload.kind).template : ['template'];
  const patch = path.toReversed().reduce<object>((inner, member) => ({ [member]: inner }), change);
  const words = [resourceWord(workload), workload.name, '-n', workload.namespace];
  return command('kubectl patch', ...words, '-p', JSON.stringify({ spec: patch }));
}

/** `AZURE_CLIENT_ID=…` sets, `AZURE_CLIENT_ID-` takes away. */
export function setVariable(workload: Named, change: string): Command {
  const target = `${resourceWord(workload)}/${workload.name}`;
  return command('kubectl set env', target, '-n', workload.namespace, change);
}

/** Has the agents exchange the tokens of these identities, with no change of the pods. */
export function exchangeCommand(identities: readonly AzureIdentity[]): Command {
  return podidCommand(['exchange', 'enable'], { identity: identities.map(identityText) });
}

/** The plan of this workload once more. */
export function planAgain(cluster: ClusterId, { kind, namespace, name }: Named): Command {
  return nextCommand('migrate plan', cluster, { namespace, workload: `${kind}/${name}` });
}

/** Of a managed identity, for az's commands about its federated credentials. */
export function azIdentityFlags(resourceId: string): readonly string[] {
  const [, , subscription = '', , group = '', , , , name = ''] = resourceId.split('/');
  return ['--identity-name', name, '-g', group, '--subscription', subscription];
}

/** `demo/web`. */
export function identityText({ metadata }: AzureIdentity): string {
  return `${metadata.namespace}/${metadata.name}`;
}
