import type {
  ExchangeAnswer,
  FederatedCredential,
  FederatedTrust,
} from '../../../src/domain/azure/federated-credential.ts';
import type { Machine } from '../../../src/domain/azure/machines.ts';
import type { Cluster } from '../../../src/domain/clusters/cluster.ts';
import type { Deps } from '../../../src/domain/deps.ts';
import { profileStore } from '../../../src/domain/entries/profile-store.ts';
import type { ExchangeGrant } from '../../../src/domain/exchange/exchange-cluster.ts';
import { tenantIdAnnotation, tokenSourceAnnotation } from '../../../src/domain/exchange/token-source.ts';
import type { AgentInstallation } from '../../../src/domain/kubernetes/agent-installation.ts';
import type { AzureIdentity } from '../../../src/domain/kubernetes/identity-resources.ts';
import type { Azure, ManagedIdentity } from '../../../src/domain/ports.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import type { ChangeOptions } from '../../../src/workflows/change/start-change.ts';
import { disableExchange } from '../../../src/workflows/exchange/disable/disable-exchange.ts';
import { enableExchange } from '../../../src/workflows/exchange/enable-exchange.ts';
import { steppedClock } from '../../domain/time/stepped-clock.ts';
import { agentPod, installation } from '../agent/fake-agent-place.ts';
import { clusterId, clusterWith, identityId } from '../fake-azure.ts';

export const issuer = 'https://westeurope.oic.prod-aks.azure.com/t/g/';
export const tenantId = '00000000-0000-4000-8000-00000000aaaa';
export const trust: FederatedTrust = {
  issuer,
  subject: 'system:serviceaccount:kube-system:podid-nmi',
  audience: 'api://AzureADTokenExchange',
};
export const ownCredential: FederatedCredential = {
  name: 'podid-123456789abc',
  issuer,
  subject: trust.subject,
  audiences: [trust.audience],
};

/** A client id that names the number of its identity. */
export const clientIdOf = (name: string) =>
  `00000000-0000-4000-8000-${[...name]
    .reduce((sum, each) => (sum * 31 + each.charCodeAt(0)) % 16 ** 8, 7)
    .toString(16)
    .padStart(12, '0')}`;

export const exchangingAgent = installation({
  exchange: { audience: trust.audience, source: 'imds', tenantId: '', subject: 'agent' },
});

interface FakeIdentity {
  readonly credentials: FederatedCredential[];
  readonly managed: ManagedIdentity;
}

/** A cluster with AzureIdentities, its Azure and its Entra, in memory. Every write is a line of `writes`. */
export class ExchangeWorld {
  cluster: Cluster = clusterWith({ oidcIssuer: { url: issuer }, nodeResourceGroup: 'nodes' });
  agents: AgentInstallation[] = [exchangingAgent];
  readonly objects = new Map<string, AzureIdentity>();
  readonly identities = new Map<string, FakeIdentity>();
  readonly writes: string[] = [];
  readonly warnings: string[] = [];
  readonly notes: string[] = [];
  readonly questions: string[] = [];
  readonly exchanges: { readonly name: string; readonly atMs: number }[] = [];
  readonly clock = steppedClock();
  readonly subjects = new Set([trust.subject]);
  /** By the roles of the agent; undefined: who asks may not see them. */
  grants: readonly ExchangeGrant[] | undefined = [];
  /** Of Kubernetes: 30 for 1.30. */
  serverMinor = 34;
  answerYes = true;
  /** Scale sets of the nodes. */
  machines: Machine[] = [];
  /** Of the API server. */
  signsFor = issuer;
  tokensMade = 0;
  /** Of the token that each agent holds; undefined where it does not say. */
  agentsIssuers: (string | undefined)[] = [issuer, issuer];
  /** Instead of a token; undefined lets it pass. @param count of exchanges of this identity, from 0 */
  entra: (name: string, count: number) => ExchangeAnswer | undefined = () => undefined;
  /** Runs before each write, and may throw. */
  beforeWrite: (line: string) => void = () => undefined;
  /** Names of managed identities whose federated credentials may not be listed. */
  readonly unreadable = new Set<string>();
  beforeToken: () => void = () => undefined;

  add(
    name: string,
    more: { credentials?: FederatedCredential[]; annotations?: Record<string, string> } = {},
  ): this {
    const resourceId = identityId(name);
    const managed = { resourceId, clientId: clientIdOf(name), principalId: `object-${name}`, tenantId };
    this.identities.set(resourceId.toLowerCase(), { managed, credentials: [...(more.credentials ?? [])] });
    return this.addObject(name, { resourceID: resourceId, clientID: managed.clientId }, more.annotations);
  }

  addObject(name: string, spec: AzureIdentity['spec'], annotations: Record<string, string> = {}): this {
    const metadata = { namespace: 'shop', name, uid: `uid-${name}`, annotations };
    this.objects.set(`shop/${name}`, { metadata, spec });
    return this;
  }

  credentialsOf(name: string): FederatedCredential[] {
    return this.identities.get(identityId(name).toLowerCase())?.credentials ?? [];
  }

  sourceOf(name: string): string {
    return this.objects.get(`shop/${name}`)?.metadata.annotations?.[tokenSourceAnnotation] ?? '';
  }

  enable(
    more: Partial<Parameters<typeof enableExchange>[1]> & Partial<ChangeOptions> = {},
    signal?: AbortSignal,
  ) {
    const { identities, rehearsal = { rounds: 20, overMs: 120_000 } } = more;
    const subject = more.subject === undefined ? {} : { subject: more.subject };
    const { unasked = false, agentNamespace } = more;
    const request = { cluster: clusterId, identities, rehearsal, unasked, agentNamespace, ...subject };
    return enableExchange(this.deps(signal), request, { ...options, ...more });
  }

  disable(
    more: Partial<Parameters<typeof disableExchange>[1]> & Partial<ChangeOptions> = {},
    signal?: AbortSignal,
  ) {
    const { identities, revokeTrust = false, agentNamespace } = more;
    return disableExchange(
      this.deps(signal),
      { cluster: clusterId, identities, revokeTrust, agentNamespace },
      {
        ...options,
        ...more,
      },
    );
  }

  private write(line: string): void {
    this.beforeWrite(line);
    this.writes.push(line);
  }

  deps(signal = new AbortController().signal): Omit<Deps, 'deadline'> {
    const azure = this.azure();
    return {
      azure,
      entries: profileStore(azure.clusters),
      kube: { prepare: async () => undefined, connect: async () => this.kube() } as unknown as Deps['kube'],
      clock: this.clock,
      signal,
      report: {
        progress: () => undefined,
        note: (text) => this.notes.push(String(text)),
        warn: (text, hint) => this.warnings.push(hint === undefined ? text : `${text} ${hint}`),
      },
      confirm: async (question) => {
        this.questions.push(question);
        return this.answerYes;
      },
    };
  }

  private azure(): Azure {
    const find = (resourceId: string) => this.identities.get(resourceId.toLowerCase()) ?? missing(resourceId);
    return {
      clusters: {
        get: async () => this.cluster,
        put: async (_base: Cluster, edit: object) => {
          this.write(`PUT ${JSON.stringify(edit)}`);
          this.signsFor = issuer;
          this.cluster = { ...this.cluster, oidcIssuer: { url: issuer }, eTag: '2' };
          return { cluster: this.cluster };
        },
      },
      machines: { scaleSets: async () => this.machines, virtualMachines: async () => [] },
      identities: { get: async (resourceId: string) => find(resourceId).managed },
      federatedCredentials: {
        list: async (resourceId: string) => {
          if (this.unreadable.has(nameIn(resourceId))) {
            throw new PodidError('Forbidden', 'You may not list federated credentials.');
          }
          return [...find(resourceId).credentials];
        },
        create: async (resourceId: string, wanted: FederatedTrust) => {
          const { credentials } = find(resourceId);
          const same = credentials.find(
            (each) => each.issuer === wanted.issuer && each.subject === wanted.subject,
          );
          if (same !== undefined) {
            return { name: same.name, created: false };
          }
          this.write(`credential ${nameIn(resourceId)}`);
          credentials.push({ ...ownCredential, ...wanted, audiences: [wanted.audience] });
          return { name: ownCredential.name, created: true };
        },
        remove: async (resourceId: string, name: string) => {
          this.write(`remove ${name} of ${nameIn(resourceId)}`);
          const { credentials } = find(resourceId);
          credentials.splice(
            credentials.findIndex((each) => each.name === name),
            1,
          );
        },
      },
      exchangeAssertion: async ({ clientId, token }: { clientId: string; token: string }) => {
        if (token === '') {
          throw new Error('an exchange without a token');
        }
        const found = [...this.identities.values()].find(({ managed }) => managed.clientId === clientId);
        const { managed, credentials } = found ?? missing(clientId);
        const name = nameIn(managed.resourceId);
        const count = this.exchanges.filter((each) => each.name === name).length;
        this.exchanges.push({ name, atMs: this.clock.monotonic() });
        const trusted = credentials.some((each) => each.issuer === issuer && each.subject === trust.subject);
        return this.entra(name, count) ?? (trusted ? tokenOf(managed) : refusedBy('AADSTS700213'));
      },
    } as unknown as Azure;
  }

  private kube() {
    return {
      agent: { installations: async () => this.agents, serverMinor: async () => this.serverMinor },
      read: async () => ({
        resources: { identities: [...this.objects.values()], bindings: [], exceptions: [] },
      }),
      migration: {
        workloads: async () => [],
        pods: async () => [],
        serviceAccounts: async () => [],
        providerClasses: async () => [],
      },
      workloads: {
        agents: async () => this.agentsIssuers.map((_, at) => agentPod(`node-${at}`)),
        ask: async ({ name }: { readonly name: string }) => {
          const held = this.agentsIssuers[Number(name.split('-').at(-1))];
          const sample = held === undefined ? '' : `podid_nmi_exchange_token_info{issuer="${held}"} 1\n`;
          return { status: 200, text: `podid_nmi_build_info{version="1"} 1\n${sample}` };
        },
      },
      exchange: {
        accountToken: async () => {
          this.beforeToken();
          this.tokensMade += 1;
          return { token: `token-${this.tokensMade}`, issuer: this.signsFor };
        },
        subjects: async () => this.subjects,
        grants: async () => this.grants ?? forbidden(),
        refusedGrants: async () => new Map(),
        setGrants: async (_agent: object, wanted: ReadonlyMap<string, readonly string[]>) => {
          this.write(`token roles: ${JSON.stringify([...wanted])}`);
          this.grants = [...wanted].map(([namespace, accounts]) => ({
            namespace,
            accounts,
            rights: ['own'],
          }));
          return new Map();
        },
        setTokenSource: async (
          { metadata }: AzureIdentity,
          source: { readonly name: string; readonly tenantId?: string },
        ) => {
          const key = `${metadata.namespace}/${metadata.name}`;
          this.write(`${key} = ${source.name}`);
          const found = this.objects.get(key);
          if (found === undefined) {
            throw new PodidError('StaleCluster', `${key} is gone.`);
          }
          const annotations = {
            ...found.metadata.annotations,
            [tokenSourceAnnotation]: source.name,
            ...(source.tenantId === undefined ? {} : { [tenantIdAnnotation]: source.tenantId }),
          };
          this.objects.set(key, { ...found, metadata: { ...found.metadata, annotations } });
        },
      },
    };
  }
}

const options: ChangeOptions = {
  timeoutMs: 1_800_000,
  pollIntervalMs: 5_000,
  headers: {},
  dryRun: false,
  noWait: false,
  skipRoleAssignment: false,
  mirror: 'best-effort',
  force: false,
};

export function tokenOf({ clientId, principalId, tenantId: tid = '' }: ManagedIdentity): ExchangeAnswer {
  return { kind: 'token', clientId, objectId: principalId, tenantId: tid };
}

export function refusedBy(code: string, more: Partial<ExchangeAnswer> = {}): ExchangeAnswer {
  return {
    kind: 'refused',
    code,
    sentence: `${code}: Entra says no.`,
    passing: false,
    ...more,
  } as ExchangeAnswer;
}

export const switched = { [tokenSourceAnnotation]: 'exchange', [tenantIdAnnotation]: tenantId };

function nameIn(resourceId: string): string {
  return resourceId.split('/').at(-1) ?? '';
}

function forbidden(): never {
  throw new PodidError('Forbidden', 'You may not.');
}

function missing(resourceId: string): never {
  throw new PodidError('IdentityNotFound', `There is no ${resourceId}.`);
}
