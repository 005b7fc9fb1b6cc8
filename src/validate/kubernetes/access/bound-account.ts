import type { BoundAccount } from '../../../domain/kubernetes/own-agents/agent-maker.ts';
import { isRecord, recordAt, recordsAt, stringAt, stringMapAt } from '../../json-record.ts';

/** The service accounts that a ClusterRoleBinding names; tolerant of all that is missing. */
export function parseBoundAccounts(json: unknown): readonly BoundAccount[] {
  if (!isRecord(json)) {
    return [];
  }
  const labels = stringMapAt(recordAt(json, 'metadata'), 'labels') ?? {};
  const byPodid =
    labels['app.kubernetes.io/name'] === 'podid' && labels['app.kubernetes.io/component'] === 'nmi';
  const isOfNmi = /nmi/i.test(stringAt(recordAt(json, 'roleRef'), 'name') ?? '');
  return recordsAt(json, 'subjects').flatMap((subject) => {
    const [kind, namespace, name] = ['kind', 'namespace', 'name'].map((key) => stringAt(subject, key));
    return kind === 'ServiceAccount' && namespace && name ? [{ namespace, name, byPodid, isOfNmi }] : [];
  });
}
