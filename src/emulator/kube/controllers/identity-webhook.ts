import { createHash } from 'node:crypto';
import { badRequest, KubeFailure } from '../kube-failure.ts';
import { isMap, type JsonMap, type KubeObject } from '../objects/kube-object.ts';
import type { KubeStore } from '../objects/kube-store.ts';

/*
 * The mutating webhook of azure-workload-identity (pkg/webhook of v1.5.1 and v1.6.0), as AKS runs it: of which version it
 * is says the image of its Deployment, and whether it answers its ready replicas.
 */

const use = 'azure.workload.identity/use';
const clientId = 'azure.workload.identity/client-id';
const tenantId = 'azure.workload.identity/tenant-id';
const expiration = 'azure.workload.identity/service-account-token-expiration';
const skipped = 'azure.workload.identity/skip-containers';
const audience = 'api://AzureADTokenExchange';
const webhookName = 'mutation.azure-workload-identity.io';

/**
 * A new pod as it is after admission. AKS keeps webhooks away from kube-system.
 *
 * @throws KubeFailure 500 where nobody answers for the webhook (its failurePolicy is Fail), 400 what it refuses itself
 */
export function throughWebhook(store: KubeStore, pod: KubeObject): KubeObject {
  const { namespace = '' } = pod.metadata;
  if (namespace === 'kube-system' || !isRegistered(store)) {
    return pod;
  }
  const deployment = store
    .list('Deployment')
    .find(({ metadata }) => metadata.labels?.['azure-workload-identity.io/system'] === 'true');
  const [major, minor] = versionOf(deployment);
  const spec = mapAt(pod, 'spec');
  const name = textAt(spec, 'serviceAccountName') ?? 'default';
  const account = store.get('serviceaccounts', namespace, name);
  // Before 1.0 the account had the label, and pods were not looked at.
  const chosen = major < 1 ? account?.metadata.labels?.[use] : pod.metadata.labels?.[use];
  if (chosen !== 'true') {
    return pod;
  }
  if (Number(mapAt(deployment, 'status')['readyReplicas'] ?? 0) < 1) {
    throw new KubeFailure(
      500,
      'InternalError',
      `Internal error occurred: failed calling webhook "${webhookName}": failed to call webhook: Post "https://azure-wi-webhook-webhook-service.kube-system.svc:443/mutate-v1-pod?timeout=10s": no endpoints available for service "azure-wi-webhook-webhook-service"`,
    );
  }
  if (account === undefined) {
    throw badRequest(
      `admission webhook "${webhookName}" denied the request: serviceaccounts "${name}" not found`,
    );
  }
  const config = mapAt(store.get('configmaps', 'kube-system', 'azure-wi-webhook-config'), 'data');
  return withIdentityToken(pod, {
    account,
    isReserved: major > 1 || (major === 1 && minor >= 6),
    tenantId: textAt(config, 'AZURE_TENANT_ID') ?? '',
    authorityHost: 'https://login.microsoftonline.com/',
  });
}

function isRegistered(store: KubeStore): boolean {
  return store
    .list('MutatingWebhookConfiguration')
    .some(({ webhooks }) =>
      (Array.isArray(webhooks) ? webhooks : []).some((each) => isMap(each) && each['name'] === webhookName),
    );
}

function versionOf(deployment: KubeObject | undefined): readonly [number, number] {
  const [container] = listAt(mapAt(mapAt(mapAt(deployment, 'spec'), 'template'), 'spec'), 'containers');
  const found = /:v?(\d+)\.(\d+)/.exec(textAt(container ?? {}, 'image') ?? '');
  return [Number(found?.[1] ?? 1), Number(found?.[2] ?? 5)];
}

export interface Mutation {
  /** The pod's service account. */
  readonly account: KubeObject;
  /** From 1.6 on: a volume of a reserved name, and another path. */
  readonly isReserved: boolean;
  /** Of the cluster, where the account names none. */
  readonly tenantId: string;
  /** With a slash at the end. */
  readonly authorityHost: string;
}

/** What the webhook makes of a new pod that it is for. @throws KubeFailure 400 what it refuses */
export function withIdentityToken(pod: KubeObject, mutation: Mutation): KubeObject {
  const { account, isReserved } = mutation;
  const annotations = account.metadata.annotations ?? {};
  const own: Readonly<Record<string, string>> = pod.metadata.annotations ?? {};
  const seconds = Number(own[expiration] ?? annotations[expiration] ?? 3600);
  if (!(seconds >= 3600 && seconds <= 86_400)) {
    throw badRequest(
      `admission webhook "${webhookName}" denied the request: token expiration ${seconds} not valid. Expected value to be between 3600 and 86400`,
    );
  }
  const volume = isReserved
    ? `azure-workload-identity-reserved-${createHash('sha256').update(pod.metadata.name).digest('hex').slice(0, 16)}`
    : 'azure-identity-token';
  const mountPath = isReserved ? '/var/run/secrets/azure/wi/token' : '/var/run/secrets/azure/tokens';
  const variables = {
    AZURE_CLIENT_ID: annotations[clientId] ?? '',
    AZURE_TENANT_ID: annotations[tenantId] ?? mutation.tenantId,
    AZURE_FEDERATED_TOKEN_FILE: `${mountPath}/azure-identity-token`,
    AZURE_AUTHORITY_HOST: mutation.authorityHost,
  };
  const leftOut = new Set((own[skipped] ?? '').split(';').map((each) => each.trim()));
  const spec = mapAt(pod, 'spec');
  const inject = (container: JsonMap): JsonMap =>
    leftOut.has(textAt(container, 'name') ?? '')
      ? container
      : {
          ...container,
          env: [...listAt(container, 'env'), ...missing(container, variables)],
          volumeMounts: [...listAt(container, 'volumeMounts'), { name: volume, mountPath, readOnly: true }],
        };
  const source = {
    serviceAccountToken: { path: 'azure-identity-token', audience, expirationSeconds: seconds },
  };
  return {
    ...pod,
    spec: {
      ...spec,
      ...(spec['initContainers'] === undefined
        ? {}
        : { initContainers: listAt(spec, 'initContainers').map(inject) }),
      containers: listAt(spec, 'containers').map(inject),
      volumes: [...listAt(spec, 'volumes'), { name: volume, projected: { sources: [source] } }],
    },
  };
}

/** One that is set is never overwritten, and an empty one never added. */
function missing(container: JsonMap, variables: Readonly<Record<string, string>>): object[] {
  const set = new Set(listAt(container, 'env').map((each) => each['name']));
  return Object.entries(variables)
    .filter(([name, value]) => value !== '' && !set.has(name))
    .map(([name, value]) => ({ name, value }));
}

function mapAt(value: unknown, member: string): JsonMap {
  const found = isMap(value) ? value[member] : undefined;
  return isMap(found) ? found : {};
}

function listAt(value: JsonMap, member: string): readonly JsonMap[] {
  const found = value[member];
  return Array.isArray(found) ? found.filter(isMap) : [];
}

function textAt(value: JsonMap, member: string): string | undefined {
  const found = value[member];
  return typeof found === 'string' ? found : undefined;
}
