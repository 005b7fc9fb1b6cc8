import { readdirSync, readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';

export interface Container {
  name: string;
  image: string;
  args: string[];
  env?: { name: string; value?: string }[];
  securityContext: {
    runAsUser: number;
    runAsNonRoot: boolean;
    allowPrivilegeEscalation: boolean;
    readOnlyRootFilesystem: boolean;
    privileged?: boolean;
    seccompProfile: { type: string };
    capabilities: { drop: string[]; add?: string[] };
  };
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
  livenessProbe?: { httpGet?: { host: string } };
  readinessProbe?: { httpGet: { host: string; path: string } };
  ports?: { name: string; containerPort: number; hostPort: number }[];
}

export interface KubeObject {
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    annotations?: Record<string, string>;
    labels: Record<string, string>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: read here and nowhere typed
  spec: any;
  rules?: { resources: string[]; verbs: string[]; apiGroups: string[] }[];
}

export const read = (path: string) => readFileSync(path, 'utf8');
/** Default values of each of upstream's charts. */
export const upstream: {
  readonly charts: readonly {
    readonly versions: readonly string[];
    readonly defaults: Readonly<Record<string, object>> & { readonly mic: object };
  }[];
} = JSON.parse(read('test/deploy/upstream-defaults.json'));
export const yamlIn = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.yaml'));
export const golden = (name: string): KubeObject[] =>
  parseAllDocuments(read(`test/deploy/golden/${name}.yaml`))
    .map((document) => document.toJS())
    .filter((object) => object !== null);
export const goldens = yamlIn('test/deploy/golden').map((name) => name.replace(/\.yaml$/, ''));
export const podOf = (objects: readonly KubeObject[]) =>
  objects.find(({ kind }) => kind === 'DaemonSet')?.spec.template.spec as {
    hostNetwork: boolean;
    automountServiceAccountToken: boolean;
    hostPID?: boolean;
    initContainers?: Container[];
    containers: Container[];
    volumes: {
      name: string;
      hostPath?: { path: string };
      configMap?: { name: string; items: { key: string; path: string }[] };
    }[];
  };
export const containersOf = (objects: readonly KubeObject[]) => {
  const { initContainers = [], containers } = podOf(objects);
  return [...initContainers, ...containers];
};
