import { managedIdentityType, parseResourceId } from '../../../domain/azure/resource-id.ts';
import {
  type CleanedEntry,
  type CleanedRecord,
  cleanedAnnotation,
} from '../../../domain/migrate/apply/cleaned-record.ts';
import { bindingSelectorRule, identityNameRule } from '../../flags/kubernetes-names.ts';
import { isRecord, type JsonRecord, recordsAt, stringAt } from '../../json-record.ts';

/** More identities no pod has: what is longer was written by others. */
const mostEntries = 20;

/**
 * What podid took from a workload, by its annotation; undefined where that is absent, or is not what podid writes. Entries
 * of other namespaces, and what is no managed identity, are left out.
 */
export function parseCleanedRecord(
  annotations: Readonly<Record<string, string>>,
  namespace: string,
): CleanedRecord | undefined {
  const json = jsonOf(annotations[cleanedAnnotation]);
  const binding = stringAt(json, 'binding') ?? '';
  if (bindingSelectorRule(binding) !== undefined) {
    return undefined;
  }
  const entries = recordsAt(json, 'entries')
    .slice(0, mostEntries)
    .flatMap((each): CleanedEntry[] => {
      const [name = '', selector = ''] = [stringAt(each, 'name'), stringAt(each, 'selector')];
      const identity = parseResourceId(stringAt(each, 'identity') ?? '', managedIdentityType)?.text;
      const isOwn = stringAt(each, 'namespace') === namespace && identityNameRule(name) === undefined;
      const isLabel = bindingSelectorRule(selector) === undefined;
      return isOwn && isLabel && identity !== undefined ? [{ namespace, name, selector, identity }] : [];
    });
  return { binding, entries };
}

function jsonOf(text = ''): JsonRecord {
  try {
    const json: unknown = JSON.parse(text);
    return isRecord(json) ? json : {};
  } catch {
    return {};
  }
}
