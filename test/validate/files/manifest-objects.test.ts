import { describe, expect, it } from 'vitest';
import { manifestDocuments, manifestObjects } from '../../../src/validate/files/manifest-objects.ts';

const role = (annotations: string) =>
  `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: reader, annotations: ${annotations}}\n`;

describe('what goes with a release', () => {
  it.each([
    ['what Helm is set to keep', '{helm.sh/resource-policy: keep}', 0],
    ['what has another policy', '{helm.sh/resource-policy: delete}', 1],
    ['what nothing is said about', '{}', 1],
    ['what has no annotations', 'null', 1],
  ])('counts rightly %s', (_, annotations, count) => {
    expect(manifestObjects(manifestDocuments(role(annotations)), 'n')).toHaveLength(count);
  });
});
