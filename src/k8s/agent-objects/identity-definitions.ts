import { readdirSync, readFileSync } from 'node:fs';
import type { KubeObject } from '../../domain/kubernetes/kube-object.ts';
import { manifestDocuments } from '../../validate/files/manifest-objects.ts';

/** Put in place by the bundler: the files of deploy/crds, one after another. */
declare const PODID_CRDS: string | undefined;

/** The CustomResourceDefinitions of the identity kinds. */
export function identityDefinitions(): readonly KubeObject[] {
  return manifestDocuments(typeof PODID_CRDS === 'string' ? PODID_CRDS : readSources());
}

/** Sources run as they are, in tests, find the files beside them. */
function readSources(): string {
  const folder = new URL('../../../deploy/crds/', import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  return names
    .toSorted()
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n---\n');
}
