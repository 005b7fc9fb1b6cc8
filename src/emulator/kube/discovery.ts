import { apiVersionOf, type KubeKind } from './objects/kube-kinds.ts';
import { isScalable } from './objects/scale.ts';

/** Answers of `/version`, `/api`, `/apis` and the lists of resources below; undefined for any other path. */
export function discoveryAnswer(path: string, kinds: readonly KubeKind[]): object | undefined {
  if (path === '/version') {
    return { major: '1', minor: '34', gitVersion: 'v1.34.1', platform: 'linux/amd64' };
  }
  if (path === '/api') {
    return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  }
  if (path === '/apis') {
    return {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: groupNames(kinds).map((name) => groupOf(name, kinds)),
    };
  }
  const versioned = /^\/(?:api|apis\/([^/]+))\/([^/]+)$/.exec(path);
  if (versioned) {
    return resourceList(versioned[1] ?? '', versioned[2] ?? '', kinds);
  }
  const name = /^\/apis\/([^/]+)$/.exec(path)?.[1];
  return name !== undefined && groupNames(kinds).includes(name)
    ? { apiVersion: 'v1', ...groupOf(name, kinds) }
    : undefined;
}

function groupNames(kinds: readonly KubeKind[]): readonly string[] {
  return [...new Set(kinds.map((kind) => kind.group))].filter((group) => group !== '');
}

function groupOf(name: string, kinds: readonly KubeKind[]): object {
  const own = new Set(kinds.filter((kind) => kind.group === name).map((kind) => kind.version));
  const versions = [...own].map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { kind: 'APIGroup', name, versions, preferredVersion: versions[0] };
}

function resourceList(group: string, version: string, kinds: readonly KubeKind[]): object | undefined {
  const own = kinds.filter((kind) => kind.group === group && kind.version === version);
  const [first] = own;
  if (first === undefined) {
    return undefined;
  }
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(first),
    resources: own.flatMap((kind) => [
      resource(kind, kind.plural, [
        'create',
        'delete',
        'deletecollection',
        'get',
        'list',
        'patch',
        'update',
        'watch',
      ]),
      ...(kind.statusSubresource
        ? [resource(kind, `${kind.plural}/status`, ['get', 'patch', 'update'])]
        : []),
      ...(isScalable(kind) ? [scaleResource(kind)] : []),
      ...(kind.group === '' && kind.plural === 'serviceaccounts' ? [tokenResource(kind)] : []),
    ]),
  };
}

function scaleResource(kind: KubeKind): object {
  const scale = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
  return { ...resource(kind, `${kind.plural}/scale`, ['get', 'patch', 'update']), ...scale };
}

function tokenResource(kind: KubeKind): object {
  const request = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' };
  return { ...resource(kind, `${kind.plural}/token`, ['create']), ...request };
}

function resource(kind: KubeKind, name: string, verbs: readonly string[]): object {
  const isOwn = kind.schema === undefined;
  const short = isOwn && Object.hasOwn(shortNames, name) ? shortNames[name] : undefined;
  const isWhole = name === kind.plural;
  const { singular, namespaced } = kind;
  return {
    name,
    singularName: singular,
    namespaced,
    kind: kind.kind,
    verbs,
    ...(short ? { shortNames: short } : {}),
    ...(isOwn && inAll.has(name) ? { categories: ['all'] } : {}),
    ...(isWhole && kind.shortNames ? { shortNames: kind.shortNames } : {}),
    ...(isWhole && kind.categories ? { categories: kind.categories } : {}),
  };
}

/** What people type after `kubectl get`. */
const shortNames: Readonly<Record<string, readonly string[]>> = {
  configmaps: ['cm'],
  cronjobs: ['cj'],
  customresourcedefinitions: ['crd', 'crds'],
  daemonsets: ['ds'],
  deployments: ['deploy'],
  endpoints: ['ep'],
  events: ['ev'],
  horizontalpodautoscalers: ['hpa'],
  ingresses: ['ing'],
  limitranges: ['limits'],
  namespaces: ['ns'],
  networkpolicies: ['netpol'],
  nodes: ['no'],
  persistentvolumeclaims: ['pvc'],
  poddisruptionbudgets: ['pdb'],
  pods: ['po'],
  priorityclasses: ['pc'],
  replicasets: ['rs'],
  replicationcontrollers: ['rc'],
  resourcequotas: ['quota'],
  serviceaccounts: ['sa'],
  services: ['svc'],
  statefulsets: ['sts'],
};

/** What `kubectl get all` gets. */
const inAll: ReadonlySet<string> = new Set([
  ...['cronjobs', 'daemonsets', 'deployments', 'horizontalpodautoscalers', 'jobs', 'pods', 'replicasets'],
  ...['replicationcontrollers', 'services', 'statefulsets'],
]);
