import type { ClusterCommand } from '../../domain/azure/run-command.ts';
import { objectPath, resourceOf } from '../client/kube-rest.ts';
import { kindRef, type ObjectKind, objectRef, podidManager } from '../objects/render-objects.ts';
import type { PlannedWrite } from './plan-writes.ts';

/*
 * Every word of these commands is podid's own or a name that an API server took, and is checked again here;
 * contents are in files. So no shell has anything to misread.
 */

/** What to read in one run; `namespace` absent: all. */
export interface ReadScope {
  readonly kinds: readonly ObjectKind[];
  readonly namespace?: string;
}

/** Marks around what `kubectl get` prints: an output that lacks one was cut off. */
export const marks = { begin: 'podid-begin', object: 'podid-object ', end: 'podid-end' } as const;

/** Compact JSON, an object a line: `-o json` indents to twice the size. */
const objectsTemplate = `{"${marks.begin}\\n"}{range .items[*]}{"${marks.object}"}{@}{"\\n"}{end}{"${marks.end}\\n"}`;
const namespacesTemplate = `{"${marks.begin}\\n"}{range .items[*]}{"${marks.object}"}{.metadata.namespace}{"\\n"}{end}{"${marks.end}\\n"}`;

export function readCommand(scope: ReadScope): ClusterCommand {
  return { text: getText(scope, 'objects.jsonpath'), files: { 'objects.jsonpath': objectsTemplate } };
}

/** Only where each object lives, a name a line. */
export function namespacesCommand(kinds: readonly ObjectKind[]): ClusterCommand {
  return {
    text: getText({ kinds }, 'namespaces.jsonpath'),
    files: { 'namespaces.jsonpath': namespacesTemplate },
  };
}

function getText({ kinds, namespace }: ReadScope, template: string): string {
  const resources = kinds.map((kind) => resourceOf(kindRef(kind))).join(',');
  const where = namespace === undefined ? '--all-namespaces' : `--namespace=${checkedName(namespace)}`;
  return `kubectl get ${resources} ${where} --show-managed-fields -o jsonpath-file=${template}`;
}

/**
 * Creates by POST, changes by PUT with the version that was read, deletes with uid and version as
 * preconditions: whatever changed in between is left as it is. Each statement goes on where another fails.
 */
export function writeCommand(writes: readonly PlannedWrite[], dryRun: boolean): ClusterCommand {
  const statements: string[] = [];
  const files: Record<string, string> = {};
  const server = dryRun ? ' --dry-run=server' : '';
  for (const action of ['create', 'replace'] as const) {
    const items = writes.flatMap((write) => (write.action === action ? [write.object] : []));
    if (items.length === 0) {
      continue;
    }
    files[`${action}.json`] = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    statements.push(
      `kubectl ${action} -f ${action}.json --field-manager=${podidManager} --validate=false${server}`,
    );
  }
  for (const write of writes) {
    if (write.action !== 'delete') {
      continue;
    }
    const { kind, namespace, name } = write.key;
    const file = `delete-${statements.length}.json`;
    const { uid, resourceVersion } = write;
    files[file] = JSON.stringify({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: { uid, resourceVersion },
      ...(dryRun ? { dryRun: ['All'] } : {}),
    });
    const ref = { kind, namespace: checkedName(namespace), name: checkedName(name) };
    const path = objectPath(objectRef(ref));
    statements.push(`kubectl delete --raw ${path} -f ${file}`);
  }
  return { text: statements.join('; '), files };
}

/** The second goes on whatever the first came to. */
export function inOneRun(first: ClusterCommand, second: ClusterCommand): ClusterCommand {
  return { text: `${first.text}; ${second.text}`, files: { ...first.files, ...second.files } };
}

/**
 * RFC 1123, as every name and namespace of these kinds is. @throws Error for anything else, which no API
 * server gives
 */
function checkedName(name: string): string {
  if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name) && name.length <= 253) {
    return name;
  }
  throw new Error('The name of an object is not one that Kubernetes allows.');
}
