import type { Call } from './kube-call.ts';
import { KubeFailure, notFound } from './kube-failure.ts';
import type { KubePath } from './kube-path.ts';
import type { KubeKind } from './objects/kube-kinds.ts';

const asPod = 'podid token --emulated-pod NAMESPACE/LABEL asks for a token as a pod would.';
const noPods = `The emulator's nodes run no pods, so there is no process in it. ${asPod}`;

/** What only a node can answer. */
const refused: Readonly<Record<string, string>> = {
  'pods/attach': noPods,
  'pods/ephemeralcontainers': noPods,
  'pods/exec': noPods,
  'pods/portforward': noPods,
};

/** @throws KubeFailure 404 where the object is not there, and 501 with what to type in place of it */
export function refuseWhatRuns({ store }: Call, kind: KubeKind, path: KubePath): void {
  const key = `${kind.plural}/${path.subresource}`;
  const message = kind.group === '' && Object.hasOwn(refused, key) ? refused[key] : undefined;
  if (message === undefined) {
    return;
  }
  if (store.find(kind, path.namespace, path.name) === undefined) {
    throw notFound(kind, path.name);
  }
  throw new KubeFailure(501, 'NotImplemented', message);
}
