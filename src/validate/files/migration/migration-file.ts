import { isGuid } from '../../../domain/azure/written-id.ts';
import { fileApiVersion } from '../../../domain/entries/pod-identities-file.ts';
import { routes } from '../../../domain/migrate/blockers/blocker.ts';
import {
  type FileIdentityOfWorkload,
  type FileWorkload,
  type MigrationFile,
  migrationFileKind,
} from '../../../domain/migrate/migration-file.ts';
import { clusterNameRule, resourceGroupRule, subscriptionRule } from '../../flags/azure-names.ts';
import { exceptionNameRule, identityNameRule, namespaceRule } from '../../flags/kubernetes-names.ts';
import { quoted, type Rule, UsageFaults } from '../../usage-faults.ts';
import { type Located, locatedDocuments, type SourceText } from '../located-yaml.ts';
import { MemberReader } from '../member-reader.ts';

/**
 * Reads the file of `podid migrate plan --out`. Every fault is reported with its line, the value and the rule; undefined
 * comes back where there is one.
 */
export function parseMigrationFile(source: SourceText, faults: UsageFaults): MigrationFile | undefined {
  const before = faults.messages.length;
  const start = { file: source.name, line: 1, column: 1 };
  const other = otherThanPlan(source);
  if (other !== undefined) {
    const { line, what } = other;
    const message = `this ${what}, and so it is not a plan: podid migrate plan --out FILE writes one.`;
    faults.addAt({ ...start, line }, message);
    return undefined;
  }
  const [document, ...more] = locatedDocuments(source, faults);
  if (document === undefined) {
    if (faults.messages.length === before) {
      faults.addAt(start, 'there is no document in it.');
    }
    return undefined;
  }
  for (const each of more) {
    faults.addAt(each.place, 'a second document; a plan is one.');
  }
  const file = new PlanReader(faults).readFile(document);
  return faults.messages.length === before ? file : undefined;
}

/** What a file is that somebody took for a plan, as the end of a sentence: one is enough. */
function otherThanPlan(source: SourceText): { readonly line: number; readonly what: string } | undefined {
  const ofYaml = new UsageFaults();
  const [document] = locatedDocuments(source, ofYaml);
  const line = ofYaml.located[0]?.line;
  if (line !== undefined) {
    return { line, what: 'is not YAML that can be read' };
  }
  const members = document?.kind === 'map' ? (document.map('a plan') ?? []) : [];
  const kind = members.find(({ key }) => key === 'kind');
  const name = kind?.value.scalar();
  if (kind !== undefined) {
    const what = `has the kind ${quoted(String(name))}`;
    return name === migrationFileKind ? undefined : { line: kind.keyPlace.line, what };
  }
  const isOther = members.length > 0 && !members.some(({ key }) => key === 'workloads');
  return isOther ? { line: 1, what: 'names no kind and no workloads' } : undefined;
}

class PlanReader {
  readonly #faults: UsageFaults;
  readonly #reader: MemberReader;

  constructor(faults: UsageFaults) {
    this.#faults = faults;
    this.#reader = new MemberReader(faults);
  }

  readFile(document: Located): MigrationFile {
    const members = this.#reader.members(document, 'a plan', fileKeys, ['apiVersion', 'kind', ...needed]);
    this.#reader.constant(members.get('apiVersion'), 'apiVersion', fileApiVersion);
    this.#reader.constant(members.get('kind'), 'kind', migrationFileKind);
    const issuer = this.#reader.text(members, 'issuer', 'an OIDC issuer', issuerRule);
    const workloads = members.get('workloads')?.list('workloads') ?? [];
    return {
      apiVersion: fileApiVersion,
      kind: migrationFileKind,
      cluster: this.#readCluster(members.get('cluster')),
      ...(issuer === undefined ? {} : { issuer }),
      readFrom: this.#reader.text(members, 'readFrom', 'a hash', hashRule) ?? '',
      workloads: this.#withoutDoubles(workloads),
    };
  }

  #readCluster(located: Located | undefined): MigrationFile['cluster'] {
    if (located === undefined) {
      return {};
    }
    const members = this.#reader.members(located, 'cluster', clusterKeys, clusterKeys);
    const text = (key: string, noun: string, rule: Rule) => this.#reader.text(members, key, noun, rule) ?? '';
    return {
      subscription: text('subscription', 'a subscription', subscriptionRule),
      resourceGroup: text('resourceGroup', 'a resource group', resourceGroupRule),
      name: text('name', 'a cluster name', clusterNameRule),
    };
  }

  #withoutDoubles(items: readonly Located[]): readonly FileWorkload[] {
    const places = new Map<string, number>();
    return items.map((item) => {
      const workload = this.#readWorkload(item);
      const key = `${workload.kind} ${workload.namespace}/${workload.name}`;
      const first = places.get(key);
      places.set(key, first ?? item.place.line);
      if (first !== undefined) {
        this.#faults.addAt(item.place, `${key} appears twice; the first is at line ${first}.`);
      }
      return workload;
    });
  }

  #readWorkload(item: Located): FileWorkload {
    const members = this.#reader.members(item, 'a workload', workloadKeys, workloadKeys.slice(0, -1));
    const text = (key: string, noun: string, rule: Rule) => this.#reader.text(members, key, noun, rule) ?? '';
    const route = text('route', 'a route', routeRule);
    const isNew = members.get('newServiceAccount');
    if (isNew !== undefined && isNew.scalar() !== true) {
      this.#faults.addAt(isNew.place, 'newServiceAccount is true, or it is left out.');
    }
    return {
      kind: text('kind', 'a kind of workload', kindRule),
      namespace: text('namespace', 'a namespace', namespaceRule),
      name: text('name', 'the name of a workload', exceptionNameRule),
      route: routes.find((each) => each === route) ?? 'stays',
      serviceAccount: text('serviceAccount', 'the name of a service account', exceptionNameRule),
      identities: (members.get('identities')?.list('identities') ?? []).map((each) =>
        this.#readIdentity(each),
      ),
      state: text('state', 'a state', stateRule),
      readFrom: text('readFrom', 'a hash', hashRule),
      ...(isNew === undefined ? {} : { newServiceAccount: true }),
    };
  }

  #readIdentity(item: Located): FileIdentityOfWorkload {
    const members = this.#reader.members(item, 'an identity', identityKeys, identityKeys.slice(0, 2));
    const clientId = this.#reader.text(members, 'clientId', 'a client id', guidRule);
    return {
      namespace: this.#reader.text(members, 'namespace', 'a namespace', namespaceRule) ?? '',
      name: this.#reader.text(members, 'name', 'a name of a pod identity', identityNameRule) ?? '',
      ...(clientId === undefined ? {} : { clientId }),
    };
  }
}

const needed = ['cluster', 'readFrom', 'workloads'];
const fileKeys = ['apiVersion', 'kind', 'cluster', 'issuer', 'readFrom', 'workloads'];
const clusterKeys = ['subscription', 'resourceGroup', 'name'];
const workloadKeys = [
  'kind',
  'namespace',
  'name',
  'route',
  'serviceAccount',
  'identities',
  'state',
  'readFrom',
  'newServiceAccount',
];
const identityKeys = ['namespace', 'name', 'clientId'];

const hashRule: Rule = (text) =>
  /^sha256:[0-9a-f]{64}$/.test(text)
    ? undefined
    : { rule: 'sha256: and 64 hexadecimal digits, as podid migrate plan wrote it' };

const issuerRule: Rule = (text) => {
  const isUrl = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
  return isUrl ? undefined : { rule: 'a whole URL, as Azure says it' };
};

const kindRule: Rule = (text) =>
  /^[A-Z][A-Za-z0-9]{0,62}$/.test(text) ? undefined : { rule: 'a kind of Kubernetes, such as Deployment' };

const stateRule: Rule = (text) =>
  /^[a-z-]+(?:\([A-Za-z]+\))?$/.test(text)
    ? undefined
    : { rule: 'a word, such as planned, or blocked with its code: blocked(SaDefault)' };

const routeRule: Rule = (text) =>
  routes.some((each) => each === text) ? undefined : { rule: `one of ${routes.map(quoted).join(', ')}` };

const guidRule: Rule = (text) => (isGuid(text) ? undefined : { rule: 'a GUID' });
