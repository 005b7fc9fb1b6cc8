import type { RbacBinding, RbacRole, RbacRule } from '../../../domain/access/access-objects.ts';
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../../json-record.ts';

/*
 * Rights in Kubernetes, as far as they lead to an identity. Tolerant: what is missing is empty, and undefined is what has
 * no name.
 */

export function parseRbacRole(json: unknown): RbacRole | undefined {
  const named = nameOf(json);
  return named && isRecord(json) ? { ...named, rules: recordsAt(json, 'rules').map(ruleOf) } : undefined;
}

export function parseRbacBinding(json: unknown): RbacBinding | undefined {
  const named = nameOf(json);
  if (named === undefined || !isRecord(json)) {
    return undefined;
  }
  const role = recordAt(json, 'roleRef');
  return {
    ...named,
    roleKind: stringAt(role, 'kind') ?? '',
    roleName: stringAt(role, 'name') ?? '',
    subjects: recordsAt(json, 'subjects').map((subject) => {
      const kind = stringAt(subject, 'kind') ?? '';
      const namespace =
        kind === 'ServiceAccount' ? stringAt(subject, 'namespace') || named.namespace : undefined;
      return {
        kind,
        ...(namespace === undefined ? {} : { namespace }),
        name: stringAt(subject, 'name') ?? '',
      };
    }),
  };
}

function nameOf(json: unknown): { readonly namespace?: string; readonly name: string } | undefined {
  const metadata = isRecord(json) ? recordAt(json, 'metadata') : {};
  const [namespace, name] = [stringAt(metadata, 'namespace'), stringAt(metadata, 'name')];
  return name ? { ...(namespace ? { namespace } : {}), name } : undefined;
}

function ruleOf(rule: JsonRecord): RbacRule {
  return {
    verbs: textsAt(rule, 'verbs'),
    apiGroups: textsAt(rule, 'apiGroups'),
    resources: textsAt(rule, 'resources'),
    resourceNames: textsAt(rule, 'resourceNames'),
  };
}

function textsAt(record: JsonRecord, key: string): readonly string[] {
  const value = record[key];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
