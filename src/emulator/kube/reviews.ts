import { type AccessQuestion, type KubeUser, mayDo } from './access.ts';
import type { KubePath } from './kube-path.ts';
import { isMap } from './objects/kube-object.ts';
import type { KubeStore } from './objects/kube-store.ts';

type Body = { readonly [field: string]: unknown };
type Review = (store: KubeStore, user: KubeUser, body: Body) => object;

/** What callers may ask about themselves, by group and plural. */
const reviews: Readonly<Record<string, Review>> = {
  'authorization.k8s.io/selfsubjectaccessreviews': reviewAccess,
  'authorization.k8s.io/selfsubjectrulesreviews': reviewRules,
  'authentication.k8s.io/selfsubjectreviews': reviewUser,
};

/** @returns undefined for every other path */
export function reviewNamed({ group, version, plural, name }: KubePath): Review | undefined {
  const key = `${group}/${plural}`;
  return version === 'v1' && name === '' && Object.hasOwn(reviews, key) ? reviews[key] : undefined;
}

/** `kubectl auth can-i VERB RESOURCE` */
function reviewAccess(store: KubeStore, user: KubeUser, review: Body): object {
  const { spec } = review as {
    spec?: { resourceAttributes?: Partial<AccessQuestion> & { subresource?: string } };
  };
  const asked = isMap(spec) ? (spec.resourceAttributes ?? {}) : {};
  const { verb = '', group = '', namespace = '', name = '', subresource = '' } = asked;
  const resource = subresource === '' ? (asked.resource ?? '') : `${asked.resource}/${subresource}`;
  const allowed = mayDo(store, user, { verb, resource, group, namespace, name });
  return { ...review, metadata: {}, status: { allowed } };
}

/** `kubectl auth can-i --list`: all, and whether rules of faults take something away, which such a list cannot say. */
function reviewRules(store: KubeStore, user: KubeUser, review: Body): object {
  const all = ['*'];
  const status = {
    resourceRules: [{ verbs: all, apiGroups: all, resources: all }],
    nonResourceRules: [{ verbs: all, nonResourceURLs: all }],
    incomplete: store.faults.deny.length > 0 || (user.deny ?? []).length > 0,
  };
  return { ...review, metadata: {}, status };
}

/** `kubectl auth whoami` */
function reviewUser(_store: KubeStore, { name }: KubeUser, review: Body): object {
  return {
    ...review,
    metadata: {},
    status: { userInfo: { username: name, groups: ['system:authenticated'] } },
  };
}
