import type { ListedKind, SupportCluster } from '../../domain/support/support-cluster.ts';
import { isRecord } from '../../validate/json-record.ts';
import type { Asked, WorkloadApi } from './workload-api.ts';

/** Of the log of one container, in bytes. */
const mostOfLog = 2 * 1024 * 1024;

/** Objects as they are, for a support bundle. */
export function readSupport(api: WorkloadApi): SupportCluster {
  return {
    async version(signal) {
      const asked = { path: '/version', verb: 'get', resource: '/version' } as const;
      const answer = await api.get(asked, signal);
      return isRecord(answer) ? answer : {};
    },
    async list(kind, { namespace, labels, fields }, signal) {
      const query = {
        ...(labels === undefined ? {} : { labelSelector: labels }),
        ...(fields === undefined ? {} : { fieldSelector: fields }),
      };
      return (await api.list({ ...askedOf(kind, 'list', namespace), query }, signal)).filter(isRecord);
    },
    async get(kind, { namespace, name }, signal) {
      const asked = askedOf(kind, 'get', namespace);
      const path = `${asked.path}/${encodeURIComponent(name)}`;
      const answer = await api.get({ ...asked, path }, signal);
      return isRecord(answer) ? answer : undefined;
    },
    async log({ namespace, name }, { container, lines, previous }, signal) {
      const query = `container=${encodeURIComponent(container)}&tailLines=${lines}&limitBytes=${mostOfLog}${previous ? '&previous=true' : ''}`;
      const { path } = askedOf(pods, 'get', namespace);
      const asked = { path: `${path}/${encodeURIComponent(name)}/log?${query}`, verb: 'get' } as const;
      const { text } = await api.text({ ...asked, resource: 'pods/log', namespace }, signal);
      return text.slice(0, mostOfLog);
    },
  };
}

const pods: ListedKind = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' };

/** @throws TypeError for Secrets: nothing that asks here may have them */
function askedOf({ apiVersion, plural }: ListedKind, verb: Asked['verb'], namespace?: string): Asked {
  if (plural === 'secrets') {
    throw new TypeError('A support bundle reads no Secret.');
  }
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : '';
  const root = group === '' ? `/api/${apiVersion}` : `/apis/${apiVersion}`;
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return {
    path: `${root}${within}/${plural}`,
    verb,
    resource: `${plural}${group}`,
    ...(namespace === undefined ? {} : { namespace }),
  };
}
