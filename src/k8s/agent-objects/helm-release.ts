import { gunzipSync } from 'node:zlib';
import type { HelmRelease } from '../../domain/kubernetes/agent-cluster.ts';
import type { ObjectRef } from '../../domain/kubernetes/kube-object.ts';
import { manifestObjects } from '../../validate/files/manifest-objects.ts';
import { isRecord, type JsonRecord, recordAt, stringAt, stringMapAt } from '../../validate/json-record.ts';
import { type KubeRest, objectPath } from '../client/kube-rest.ts';
import { listPages } from '../client/list-pages.ts';

/** A release is some hundred kB; what unpacks to more than this is none. */
const largestBytes = 64 * 1024 * 1024;

/**
 * Reads what Helm keeps of a release: secrets `sh.helm.release.v1.NAME.vN`, whose `release` is base64 of
 * base64 of gzip of JSON. The newest revision that is deployed counts. Undefined when the secrets may not be
 * read, or hold none.
 */
export async function readHelmRelease(
  rest: KubeRest,
  { name, namespace }: { readonly name: string; readonly namespace: string },
  signal: AbortSignal,
): Promise<HelmRelease | undefined> {
  const secrets: ObjectRef = { apiVersion: 'v1', kind: 'Secret', namespace, name: '' };
  const query = { labelSelector: `owner=helm,name=${name}` };
  const { items } = await listPages(rest, { path: objectPath(secrets), query }, signal);
  if (items === undefined) {
    return undefined;
  }
  const revisions = items.filter(isRecord).map(revisionOf);
  const newest = revisions
    .filter(({ status }) => status === 'deployed')
    .toSorted((one, other) => other.revision - one.revision)[0];
  const release = newest === undefined ? undefined : unpack(newest.packed);
  if (release === undefined) {
    return undefined;
  }
  const chart = recordAt(release, 'chart');
  return {
    chart: stringAt(recordAt(chart, 'metadata'), 'name') ?? '',
    values: release['config'] ?? {},
    chartValues: chart['values'] ?? {},
    objects: manifestObjects(stringAt(release, 'manifest') ?? '', namespace),
    secrets: revisions.map((each) => ({ ...secrets, name: each.name })),
  };
}

interface Revision {
  readonly name: string;
  readonly status: string;
  readonly revision: number;
  readonly packed: string;
}

function revisionOf(secret: JsonRecord): Revision {
  const metadata = recordAt(secret, 'metadata');
  const labels = stringMapAt(metadata, 'labels') ?? {};
  return {
    name: stringAt(metadata, 'name') ?? '',
    status: labels['status'] ?? '',
    revision: Number(labels['version'] ?? 0),
    packed: stringAt(recordAt(secret, 'data'), 'release') ?? '',
  };
}

function unpack(packed: string): JsonRecord | undefined {
  try {
    const zipped = Buffer.from(Buffer.from(packed, 'base64').toString('latin1'), 'base64');
    const json: unknown = JSON.parse(gunzipSync(zipped, { maxOutputLength: largestBytes }).toString('utf8'));
    return isRecord(json) ? json : undefined;
  } catch {
    return undefined;
  }
}
