import { gunzipSync } from 'node:zlib';
import type { HelmRelease } from '../../domain/kubernetes/agent-cluster.ts';
import type { KubeObject, ObjectRef } from '../../domain/kubernetes/kube-object.ts';
import { manifestDocuments, manifestObjects } from '../../validate/files/manifest-objects.ts';
import { isRecord, type JsonRecord, recordAt, stringAt, stringMapAt } from '../../validate/json-record.ts';
import { type KubeRest, objectPath } from '../client/kube-rest.ts';
import { listPages } from '../client/list-pages.ts';

const upstreamChart = 'aad-pod-identity';

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
  const manifest = stringAt(release, 'manifest') ?? '';
  const documents = manifestDocuments(manifest).map(inPresentVersion);
  return {
    chart: stringAt(recordAt(chart, 'metadata'), 'name') ?? '',
    values: release['config'] ?? {},
    chartValues: chart['values'] ?? {},
    objects: manifestObjects(documents, namespace),
    upstreams: manifestObjects(documents.filter(isUpstreams), namespace),
    section: sectionOf(manifest),
    secrets: revisions.map((each) => ({ ...secrets, name: each.name })),
  };
}

/**
 * Versions that Kubernetes served when upstream's charts were young, and the ones that hold the same objects since 1.22
 * (https://kubernetes.io/docs/reference/using-api/deprecation-guide/).
 */
const presentVersions: ReadonlyMap<string, string> = new Map([
  ['apiextensions.k8s.io/v1beta1', 'apiextensions.k8s.io/v1'],
  ['apps/v1beta1', 'apps/v1'],
  ['apps/v1beta2', 'apps/v1'],
  ['extensions/v1beta1', 'apps/v1'],
  ['policy/v1beta1', 'policy/v1'],
  ['rbac.authorization.k8s.io/v1alpha1', 'rbac.authorization.k8s.io/v1'],
  ['rbac.authorization.k8s.io/v1beta1', 'rbac.authorization.k8s.io/v1'],
]);

function inPresentVersion(object: KubeObject): KubeObject {
  return { ...object, apiVersion: presentVersions.get(object.apiVersion) ?? object.apiVersion };
}

/** By the labels of upstream's charts, old and new, which a chart that depends on one leaves as they are. */
function isUpstreams({ metadata: { labels = {} } }: KubeObject): boolean {
  const charts = [labels['helm.sh/chart'], labels['chart']];
  const components = [labels['app.kubernetes.io/component'], labels['component']];
  return (
    labels['app.kubernetes.io/name'] === upstreamChart ||
    charts.some((label) => label?.startsWith(`${upstreamChart}-`)) ||
    components.some((label) => label === 'mic' || label === 'nmi')
  );
}

/**
 * From the file that upstream's DaemonSet was rendered from, `platform/charts/aad/templates/nmi.yaml`: Helm writes an alias over
 * the name that the dependency had.
 */
function sectionOf(manifest: string): readonly string[] {
  const rendered = manifest
    .split(/^---$/m)
    .find((text) => manifestDocuments(text).some((each) => each.kind === 'DaemonSet' && isUpstreams(each)));
  const source = /^# Source: (.+?)\/templates\//m.exec(rendered ?? '')?.[1] ?? '';
  return source.split('/charts/').slice(1);
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
