// Workload Identity's mutating webhook, for an API server on the same host: https on 127.0.0.1, and it reads service accounts by
// kubectl. What it makes of a pod is what the emulator's makes of it. Argument: JSON, see `WebhookOptions`.
import { execFile } from 'node:child_process';
import { createServer } from 'node:https';
import { promisify } from 'node:util';
import { withIdentityToken } from '../../../src/emulator/kube/controllers/identity-webhook.ts';
import type { KubeObject } from '../../../src/emulator/kube/objects/kube-object.ts';
import type { WebhookOptions } from '../identity-webhook.ts';

interface Review {
  readonly request: { readonly uid: string; readonly namespace: string; readonly object: KubeObject };
}

const options = JSON.parse(process.argv[2] ?? '{}') as WebhookOptions;
const { cert, key, port, kubectl, kubeconfig, isReserved, tenantId, authorityHost } = options;

async function answer({ request: { uid, namespace, object } }: Review) {
  const { serviceAccountName = 'default' } = object.spec as { readonly serviceAccountName?: string };
  try {
    const get = ['--kubeconfig', kubeconfig, '-n', namespace, 'get', 'serviceaccount', serviceAccountName];
    const { stdout } = await promisify(execFile)(kubectl, [...get, '-o', 'json']);
    const account = JSON.parse(stdout) as KubeObject;
    // Before admission a pod of a controller has no name yet.
    const named = { ...object, metadata: { ...object.metadata, name: object.metadata.name ?? '' } };
    const { spec } = withIdentityToken(named, { account, isReserved, tenantId, authorityHost });
    const patch = Buffer.from(JSON.stringify([{ op: 'replace', path: '/spec', value: spec }]));
    return { uid, allowed: true, patchType: 'JSONPatch', patch: patch.toString('base64') };
  } catch (error) {
    return { uid, allowed: false, status: { code: 400, message: String(error) } };
  }
}

const server = createServer({ cert, key }, async (request, response) => {
  const review = JSON.parse(Buffer.concat(await request.toArray()).toString('utf8')) as Review;
  response.setHeader('content-type', 'application/json');
  response.end(
    JSON.stringify({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: await answer(review),
    }),
  );
});
server.listen(port, '127.0.0.1', () => process.stdout.write('the webhook is up\n'));
