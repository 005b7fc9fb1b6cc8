import { describe, expect, it } from 'vitest';
import { type BlockerCode, blockerCodes } from '../../../src/domain/migrate/blockers/blocker.ts';
import type { MigrationFacts, ReadTrigger } from '../../../src/domain/migrate/migration-facts.ts';
import { planMigration } from '../../../src/domain/migrate/plan-migration.ts';
import type { PlannedWorkload } from '../../../src/domain/migrate/planned-workload.ts';
import type { PodTemplate, ReadWorkload } from '../../../src/domain/migrate/read-workload.ts';
import type { SeenUse } from '../../../src/domain/migrate/seen.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { faultsOfHint, wordsOf } from './hint-faults.ts';
import {
  account,
  bound,
  clientIdOf,
  credential,
  forbidden,
  issuer,
  kinds,
  migrationWorld,
  podOf,
  read,
  resourceIdOf,
  template,
  tenantId,
  trusting,
  workload,
} from './migration-world.ts';

const nowMs = Date.parse('2026-12-01T00:00:00Z');
const options = { nowMs, credentialName: () => 'podid-0123456789ab' };

function planOf(changes: Partial<MigrationFacts>): readonly PlannedWorkload[] {
  return planMigration(migrationWorld(changes), options).workloads;
}

/** The workload that a row is about: the first one. */
function planned(changes: Partial<MigrationFacts>, name?: string): PlannedWorkload {
  const [first] = planOf(changes).filter((each) => name === undefined || each.name === name);
  if (first === undefined) {
    throw new Error('Nothing was planned.');
  }
  return first;
}

function deployment(changes: Partial<PodTemplate>, own: Partial<ReadWorkload> = {}): Partial<MigrationFacts> {
  return { workloads: kinds({ Deployment: [workload({ ...own, template: template(changes) })] }) };
}

function seen(use: Partial<SeenUse>, changes: Partial<PodTemplate> = {}): Partial<MigrationFacts> {
  const own = workload({ template: template(changes) });
  const asked = {
    sdk: 'azsdk-python-identity',
    version: '1.13.0',
    lastAsked: '2026-11-30T23:00:00Z',
    chosenBy: 'client-id',
  } as const;
  return {
    workloads: kinds({ Deployment: [own] }),
    pods: read([podOf(own)]),
    seen: { since: '2026-11-01T00:00:00Z', pods: [{ namespace: 'demo', name: 'web-1', ...asked, ...use }] },
  };
}

const exchanged = /^podid exchange enable --identity demo\/web$/;
const tooOld = { sdk: 'azsdk-python-identity', version: '1.12.0' };
const keda: ReadTrigger = {
  kind: 'TriggerAuthentication',
  namespace: 'demo',
  name: 'queue',
  provider: 'azure',
};
const identities = bound('web');
const [webIdentity] = identities.identities;

function identityWeb(spec: object): MigrationFacts['resources'] {
  return {
    ...identities,
    identities: [{ metadata: { namespace: 'demo', name: 'web' }, spec: { ...webIdentity?.spec, ...spec } }],
  };
}

interface Row {
  readonly code: BlockerCode;
  readonly what: string;
  readonly facts: Partial<MigrationFacts>;
  /** What the hint's command begins with. */
  readonly typed: RegExp;
  readonly route?: PlannedWorkload['route'];
  /** The workload that it is about, where there are several. */
  readonly of?: string;
  /** It closed a route and holds none: the workload goes another way. */
  readonly isPassed?: true;
}

const rows: readonly Row[] = [
  {
    code: 'Unread',
    what: 'service accounts that may not be listed',
    facts: { serviceAccounts: forbidden('serviceaccounts') },
    typed: /^podid doctor /,
  },
  {
    code: 'Unread',
    what: 'federated credentials that may not be read',
    facts: {
      identities: new Map([
        [
          resourceIdOf('web').toLowerCase(),
          {
            azure: read({ kind: 'there', clientId: 'c', tenantId } as const),
            credentials: forbidden('credentials'),
          },
        ],
      ]),
    },
    typed: /^podid doctor /,
  },
  {
    code: 'Unread',
    what: 'Deployments that may not be listed, which may share the account',
    facts: {
      workloads: new Map([
        ['Deployment', forbidden('deployments')],
        ['StatefulSet', read([workload({ kind: 'StatefulSet' })])],
      ]),
    },
    typed: /^podid doctor /,
  },
  {
    code: 'UnknownOwner',
    what: 'a Rollout',
    facts: { workloads: kinds({ Rollout: [workload({ kind: 'Rollout' })] }) },
    typed: /^kubectl edit rollouts.argoproj.io web -n demo$/,
  },
  {
    code: 'ExceptionUser',
    what: 'a workload that an exception takes',
    facts: {
      resources: {
        ...bound(),
        exceptions: [{ metadata: { namespace: 'demo', name: 'all' }, spec: { podLabels: { app: 'web' } } }],
      },
    },
    typed: /^podid add .*--namespace demo --identity-resource-id ID$/,
    route: 'stays',
  },
  {
    code: 'ServicePrincipal',
    what: 'an identity of type 1',
    facts: { resources: identityWeb({ type: 1 }) },
    typed: /^az ad app federated-credential create --id /,
    route: 'stays',
  },
  {
    code: 'IdentityGone',
    what: 'an identity that Azure does not have',
    facts: {
      identities: new Map([
        [
          resourceIdOf('web').toLowerCase(),
          { azure: read({ kind: 'gone' } as const), credentials: forbidden('x') },
        ],
      ]),
    },
    typed: /^podid doctor .*--namespace demo$/,
  },
  {
    code: 'IdentityGone',
    what: 'a client id of which Azure has no identity',
    facts: { resources: identityWeb({ resourceID: '' }) },
    typed: /^podid identity list --subscription /,
  },
  {
    code: 'NoClientId',
    what: 'an identity without ids',
    facts: { resources: identityWeb({ clientID: '', resourceID: '' }) },
    typed: /^kubectl patch azureidentity web -n demo --type merge -p /,
  },
  {
    code: 'NoClientId',
    what: 'an identity whose client id Azure does not say',
    facts: {
      resources: identityWeb({ clientID: '' }),
      identities: new Map([
        [resourceIdOf('web').toLowerCase(), { azure: forbidden('identities'), credentials: read([]) }],
      ]),
    },
    typed: /^az identity show --query clientId -o tsv --ids /,
  },
  {
    code: 'NoTenant',
    what: 'an identity of which Azure names no tenant',
    facts: {
      identities: new Map([
        [
          resourceIdOf('web').toLowerCase(),
          { azure: read({ kind: 'there', clientId: 'c' } as const), credentials: read([]) },
        ],
      ]),
    },
    typed: /^az identity show --query tenantId -o tsv --ids /,
  },
  {
    code: 'TenantOther',
    what: 'an identity of another tenant',
    facts: { tenantId: '00000000-0000-4000-8000-0000000000bb' },
    typed: /^podid identity list --subscription /,
  },
  {
    code: 'KubeSystem',
    what: 'a workload in kube-system',
    facts: {
      ...deployment({}, { namespace: 'kube-system' }),
      fitOf: () => ({ kind: 'fits', identity: webIdentity as never }),
    },
    typed: exchanged,
    route: 'exchange',
    isPassed: true,
  },
  {
    code: 'VaultBound',
    what: 'an agent of Vault that signs in by its azure method',
    facts: deployment({ annotations: { 'vault.hashicorp.com/auth-type': 'azure' } }),
    typed: /^kubectl edit deployment web -n demo$/,
  },
  {
    code: 'VirtualNode',
    what: 'a workload for virtual nodes',
    facts: deployment({ virtualNode: true }),
    typed: /^kubectl edit deployment web -n demo$/,
  },
  {
    code: 'BarePod',
    what: 'a pod without an owner',
    facts: { workloads: kinds({}), pods: read([{ ...podOf(workload()), controller: undefined as never }]) },
    typed: /^kubectl get pod web-1 -n demo -o yaml$/,
  },
  {
    code: 'Immutable',
    what: 'a Job that is running',
    facts: { workloads: kinds({ Job: [workload({ kind: 'Job' })] }) },
    typed: /^kubectl get job web -n demo -o yaml$/,
  },
  {
    code: 'OnDelete',
    what: 'a DaemonSet that leaves its pods alone',
    facts: { workloads: kinds({ DaemonSet: [workload({ kind: 'DaemonSet', onDelete: true })] }) },
    typed: /^kubectl patch daemonset web -n demo -p /,
  },
  {
    code: 'OnDelete',
    what: 'a ReplicaSet without a Deployment',
    facts: { workloads: kinds({ ReplicaSet: [workload({ kind: 'ReplicaSet' })] }) },
    typed: /^kubectl get replicaset web -n demo -o yaml$/,
  },
  {
    code: 'SelectorLabel',
    what: 'a selector with the label of pod identity',
    facts: deployment({}, { selector: { aadpodidbinding: 'web' } }),
    typed: /^kubectl get deployment web -n demo -o yaml$/,
  },
  {
    code: 'NoIssuer',
    what: 'a cluster without an issuer',
    facts: { issuer: read(undefined) },
    typed: /^az aks update /,
  },
  {
    code: 'NoWebhook',
    what: 'a cluster without the webhook',
    facts: { webhook: read(false) },
    typed: /^az aks update /,
  },
  {
    code: 'SaMissing',
    what: 'an account that is not there',
    facts: { serviceAccounts: read([account('default')]) },
    typed: /^kubectl create serviceaccount web -n demo$/,
  },
  {
    code: 'SaDefault',
    what: 'the account of the namespace',
    facts: deployment({ serviceAccount: 'default' }),
    typed:
      /^kubectl create serviceaccount web-deployment -n demo$|^kubectl create serviceaccount web -n demo$|^kubectl patch deployment web -n demo -p /,
  },
  {
    code: 'SaShared',
    what: 'an account that a workload without identity has too',
    facts: {
      workloads: kinds({
        Deployment: [workload(), workload({ name: 'worker', template: template({ labels: {} }) })],
      }),
    },
    typed: /^kubectl create serviceaccount web-deployment -n demo$/,
  },
  {
    code: 'FicForeign',
    what: 'a credential of the pair for another audience',
    facts: { identities: trusting(credential({ name: 'other', audiences: ['api://AKSIdentityBinding'] })) },
    typed:
      /^az identity federated-credential delete --name other --identity-name web -g demo-rg --subscription /,
  },
  {
    code: 'FicRegion',
    what: 'a region without federated credentials',
    facts: {
      identities: new Map([
        [
          resourceIdOf('web').toLowerCase(),
          {
            azure: read({ kind: 'there', clientId: 'c' } as const),
            credentials: { kind: 'unread', error: new PodidError('FederationUnavailable', 'Not enabled.') },
          },
        ],
      ]),
    },
    typed: /^podid update .*--namespace demo --name web --identity-resource-id ID$/,
  },
  {
    code: 'FicLimit',
    what: 'an identity that has twenty credentials',
    facts: {
      identities: trusting(
        ...Array.from({ length: 20 }, (_, at) =>
          credential({ name: `c${at}`, subject: `system:serviceaccount:x:${at}` }),
        ),
      ),
    },
    typed:
      /^az identity federated-credential list --identity-name web -g demo-rg --subscription .* -o table$/,
  },
  {
    code: 'FicLimit',
    what: 'an identity that has room for fewer than there are workloads',
    facts: {
      workloads: kinds({
        Deployment: [
          workload({ name: 'api', template: template({ serviceAccount: 'api' }) }),
          workload({ name: 'aaa', template: template({ labels: {}, serviceAccount: 'aaa' }) }),
          workload(),
        ].toReversed(),
      }),
      serviceAccounts: read([account('api'), account('web')]),
      identities: trusting(
        ...Array.from({ length: 19 }, (_, at) =>
          credential({ name: `c${at}`, subject: `system:serviceaccount:x:${at}` }),
        ),
      ),
    },
    typed: exchanged,
    of: 'web',
  },
  {
    code: 'CsiPodIdentity',
    what: 'a Key Vault volume by pod identity',
    facts: {
      ...deployment({ secretProviderClasses: ['vault'] }),
      providerClasses: read([{ namespace: 'demo', name: 'vault', usesPodIdentity: true }]),
    },
    typed: /^kubectl patch secretproviderclass vault -n demo --type merge -p /,
    route: 'csi',
  },
  {
    code: 'KedaPodIdentity',
    what: "KEDA's operator with a trigger by pod identity",
    facts: {
      ...deployment({ labels: { aadpodidbinding: 'web', app: 'keda-operator' } }),
      triggers: read([keda]),
    },
    typed: /^kubectl patch triggerauthentication queue -n demo --type merge -p /,
    route: 'keda',
  },
  {
    code: 'MultiIdentity',
    what: 'two identities, and none is named',
    facts: { resources: twoIdentities() },
    typed: /^kubectl set env deployment\/web -n demo AZURE_CLIENT_ID=/,
  },
  {
    code: 'OwnEnv',
    what: 'a secret of its own',
    facts: deployment({ variables: [{ name: 'AZURE_CLIENT_SECRET' }] }),
    typed: /^kubectl set env deployment\/web -n demo AZURE_CLIENT_SECRET-$/,
  },
  {
    code: 'OwnEnv',
    what: 'the client id of an identity that it does not have',
    facts: deployment({ variables: [{ name: 'AZURE_CLIENT_ID', value: 'other' }] }),
    typed: /^kubectl set env deployment\/web -n demo AZURE_CLIENT_ID-$/,
  },
  {
    code: 'SdkTooOld',
    what: 'a library before Workload Identity',
    facts: seen(tooOld),
    typed: exchanged,
    route: 'proxy',
    isPassed: true,
  },
  {
    code: 'SdkTooOld',
    what: 'a client that never takes it',
    facts: seen({ sdk: 'curl', version: '8.5.0' }),
    typed: exchanged,
    route: 'proxy',
    isPassed: true,
  },
  {
    code: 'SdkUnknown',
    what: 'a workload that has not asked',
    facts: { seen: { since: '2026-11-01T00:00:00Z', pods: [] } },
    typed: /^podid migrate plan .*--namespace demo --workload Deployment\/web$/,
  },
  {
    code: 'GoManagedIdentity',
    what: 'a Go application that still asks though it has the label',
    facts: seen(
      { sdk: 'azsdk-go-azidentity', version: 'v1.8.0' },
      { labels: { aadpodidbinding: 'web', 'azure.workload.identity/use': 'true' } },
    ),
    typed: exchanged,
    route: 'proxy',
    isPassed: true,
  },
  {
    code: 'ChoiceByResourceId',
    what: 'an application that names its identity by resource id',
    facts: seen({ chosenBy: 'resource-id' }),
    typed: exchanged,
    route: 'exchange',
    isPassed: true,
  },
  {
    code: 'HostNetwork',
    what: "an old library on the node's network",
    facts: seen(tooOld, { hostNetwork: true }),
    typed: /^kubectl edit deployment web -n demo$/,
    route: 'native',
  },
  {
    code: 'Windows',
    what: 'an old library on Windows',
    facts: seen(tooOld, { windows: true }),
    typed: /^kubectl edit deployment web -n demo$/,
    route: 'native',
  },
  {
    code: 'PodSecurity',
    what: 'an old library in a namespace that refuses the sidecar',
    facts: {
      ...seen(tooOld),
      namespaces: read([{ name: 'demo', labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } }]),
    },
    typed: /^kubectl label namespace demo pod-security.kubernetes.io\/enforce=privileged --overwrite$/,
    route: 'exchange',
    isPassed: true,
  },
  {
    code: 'PortInUse',
    what: "an old library beside a listener on the sidecar's port",
    facts: seen(tooOld, { ports: [8000] }),
    typed: /^kubectl patch deployment web -n demo -p .*8001/,
    route: 'exchange',
    isPassed: true,
  },
  {
    code: 'EgressUnknown',
    what: 'a network policy that allows the node alone',
    facts: {
      networkPolicies: read([
        {
          namespace: 'demo',
          name: 'tight',
          podSelector: { matchLabels: {}, matchExpressions: [] },
          egress: [{ ranges: [{ cidr: '169.254.169.254/32', except: [] }] }],
        },
      ]),
    },
    typed: /^kubectl edit networkpolicy tight -n demo$/,
  },
  {
    code: 'EgressUnknown',
    what: 'network policies that may not be listed',
    facts: { networkPolicies: forbidden('networkpolicies') },
    typed: /^podid doctor /,
  },
  {
    code: 'GitOps',
    what: 'a Deployment that Argo CD writes',
    facts: deployment(
      {},
      { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:demo/web' } },
    ),
    typed: /^kubectl patch deployment web -n demo -p /,
  },
];

function twoIdentities(): MigrationFacts['resources'] {
  const both = bound('web', 'mail');
  const bindings = both.bindings.map((each) => ({ ...each, spec: { ...each.spec, selector: 'web' } }));
  return { ...both, bindings };
}

describe('a blocker', () => {
  it.each(rows.map((row) => [row.code, row.what, row] as const))('%s is found: %s', (code, _what, row) => {
    const plan = planned(row.facts, row.of);
    const among = row.isPassed ? plan.passed : plan.blockers;
    const found = among.find((blocker) => blocker.code === code);
    expect([...plan.blockers, ...plan.passed].map((each) => each.code)).toContain(code);
    expect(found?.message).toMatch(/^[A-Z\w].*\.$/);
    const commands = found === undefined ? [] : wordsOf(found.hint);
    expect(
      commands.map((words) => words.join(' ')).some((line) => row.typed.test(line)),
      commands.join('\n'),
    ).toBe(true);
    expect(plan.route).toBe(row.route ?? 'native');
    expect(plan.state.startsWith('blocked')).toBe(row.isPassed !== true);
  });

  it('of each code has a row', () => {
    expect(new Set(rows.map(({ code }) => code))).toEqual(new Set(blockerCodes));
  });

  it.each(rows.map((row) => [row.code, row.what, row] as const))(
    '%s has a hint that can be typed: %s',
    async (_code, _what, { facts, of }) => {
      const plan = planned(facts, of);
      const hints = [...plan.blockers, ...plan.passed].map(({ hint }) => hint);
      for (const hint of [...hints, plan.next]) {
        expect(await faultsOfHint(hint), String(hint)).toEqual([]);
      }
    },
  );

  it('holds nothing in a world in which all is well', () => {
    expect(planned({})).toMatchObject({ blockers: [], passed: [], state: 'planned', route: 'native' });
  });
});

const useLabel = 'azure.workload.identity/use';
const clientIdAnnotation = 'azure.workload.identity/client-id';
const annotatedAccount = {
  serviceAccounts: read([account('web', { [clientIdAnnotation]: clientIdOf('web') })]),
};
const labelled = { labels: { ...template().labels, [useLabel]: 'true' } };
const labelledWeb = workload({ template: template(labelled) });

describe('the state of a workload', () => {
  it.each<[PlannedWorkload['state'], string, Partial<MigrationFacts>, RegExp]>([
    [
      'planned',
      'nothing is done',
      {},
      /^az identity federated-credential create --name podid-0123456789ab --identity-name web -g demo-rg /,
    ],
    [
      'trusted',
      'its identity trusts the account',
      { identities: trusting(credential()) },
      /^Prove it: podid migrate check .*--workload Deployment\/web; then: kubectl annotate serviceaccount web -n demo azure.workload.identity\/client-id=/,
    ],
    [
      'annotated',
      'its account names the identity',
      { identities: trusting(credential()), ...annotatedAccount },
      /^kubectl patch deployment web -n demo -p '\{"spec":\{"template":\{"metadata":\{"labels":\{"azure.workload.identity\/use":"true"/,
    ],
    [
      'dual',
      'its template has the label',
      { identities: trusting(credential()), ...annotatedAccount, ...deployment(labelled) },
      /podid migrate plan .*--workload Deployment\/web$/,
    ],
    [
      'moved',
      'its pods have asked no agent for a day',
      {
        identities: trusting(credential()),
        ...annotatedAccount,
        workloads: kinds({ Deployment: [labelledWeb] }),
        pods: read([podOf(labelledWeb)]),
        seen: {
          since: '2026-11-01T00:00:00Z',
          pods: [
            {
              namespace: 'demo',
              name: 'web-1',
              sdk: 'azsdk-python-identity',
              version: '1.13.0',
              lastAsked: '2026-11-29T23:00:00Z',
              chosenBy: 'nothing',
            },
          ],
        },
      },
      /podid migrate apply .*--namespace demo --workload Deployment\/web --until cleaned$/,
    ],
    [
      'planned',
      'it has the label, and nobody trusts its account',
      { ...annotatedAccount, ...deployment(labelled) },
      /^It has the label azure.workload.identity\/use already. Back: podid migrate rollback .*--namespace demo --workload Deployment\/web; on: its new pods get no token until this is done: az identity federated-credential create /,
    ],
    [
      'planned',
      'the credential is of another issuer',
      { identities: trusting(credential({ issuer: issuer.slice(0, -1) })) },
      /^az identity federated-credential create /,
    ],
    [
      'exchange',
      'its identity is exchanged by the agent, which an old library needs',
      {
        ...seen({ ...tooOld, chosenBy: 'resource-id' }),
        resources: {
          ...identities,
          identities: identities.identities.map((each) => ({
            ...each,
            metadata: {
              ...each.metadata,
              annotations: { 'podid.io/token-source': 'exchange', 'podid.io/tenant-id': tenantId },
            },
          })),
        },
      },
      /^podid exchange status /,
    ],
  ])('is %s where %s', (state, _what, facts, next) => {
    const plan = planned(facts);
    expect([plan.state, String(plan.next)]).toEqual([state, expect.stringMatching(next)]);
  });

  it('is dual as long as the agents have not kept their record for a day', () => {
    const facts = {
      identities: trusting(credential()),
      ...annotatedAccount,
      ...seen({ lastAsked: '2026-11-20T00:00:00Z' }, labelled),
    };
    expect(planned(facts).state).toBe('moved');
    const young = { since: '2026-11-30T12:00:00Z', pods: facts.seen?.pods ?? [] };
    expect(planned({ ...facts, seen: young }).state).toBe('dual');
  });

  it("keeps the sidecar in the label's patch on the route of the proxy", () => {
    const plan = planned({ ...seen(tooOld), identities: trusting(credential()), ...annotatedAccount });
    expect(plan.state).toBe('annotated');
    expect(String(plan.next)).toContain('"azure.workload.identity/inject-proxy-sidecar":"true"');
    const early = planned({
      ...seen(tooOld, labelled),
      identities: trusting(credential()),
      ...annotatedAccount,
    });
    expect(early.state).toBe('annotated');
    expect(String(early.next)).toMatch(/^It has the label .* already\. Back: podid migrate rollback /);
    expect(String(early.next).endsWith(`; on: ${plan.next}`)).toBe(true);
  });
});

describe('a new service account', () => {
  const shared = {
    workloads: kinds({
      Deployment: [workload({ template: template({ serviceAccount: 'default', audiences: ['vault'] }) })],
    }),
    serviceAccounts: read([{ ...account('default'), imagePullSecrets: ['registry'], secrets: ['token'] }]),
    roleBindings: read([
      {
        kind: 'RoleBinding' as const,
        namespace: 'demo',
        name: 'reader',
        role: 'ClusterRole/view',
        accounts: [{ namespace: 'demo', name: 'default' }],
      },
      {
        kind: 'ClusterRoleBinding' as const,
        name: 'other',
        role: 'ClusterRole/x',
        accounts: [{ namespace: 'x', name: 'default' }],
      },
    ]),
  };

  it('comes with what the old one has', () => {
    expect(planned(shared).newServiceAccount).toEqual({
      name: 'web',
      exists: false,
      roleBindings: ['RoleBinding reader (ClusterRole/view)'],
      imagePullSecrets: ['registry'],
      secrets: ['token'],
      audiences: ['vault'],
    });
  });

  it('says that role bindings are unknown where they may not be read', () => {
    const plan = planned({ ...shared, roleBindings: forbidden('rolebindings') });
    expect(plan.newServiceAccount).not.toHaveProperty('roleBindings');
    expect(plan.blockers[0]?.message).toContain('Its role bindings could not be read.');
  });

  it('is not needed where all that run as the account have the same identities', () => {
    const both = [workload(), workload({ name: 'worker' })];
    const plans = planOf({ workloads: kinds({ Deployment: both }) });
    expect(plans.map(({ state, newServiceAccount }) => [state, newServiceAccount])).toEqual([
      ['planned', undefined],
      ['planned', undefined],
    ]);
  });

  it('has another name for a workload of another kind with the same name', () => {
    const own = template({ serviceAccount: 'default' });
    const unbound = template({ serviceAccount: 'default', labels: {} });
    const plan = planned({
      workloads: kinds({
        Deployment: [workload({ template: unbound })],
        StatefulSet: [workload({ kind: 'StatefulSet', template: own })],
      }),
    });
    expect(plan.newServiceAccount?.name).toBe('web-statefulset');
  });
});

describe('the limit of an identity', () => {
  const accounts = Array.from({ length: 5 }, (_, at) => `w${at}`);
  const many = {
    serviceAccounts: read(accounts.map((name) => account(name))),
    workloads: kinds({
      Deployment: accounts.map((name) => workload({ name, template: template({ serviceAccount: name }) })),
    }),
    identities: trusting(
      credential({ subject: 'system:serviceaccount:demo:w0' }),
      ...Array.from({ length: 17 }, (_, at) =>
        credential({ name: `c${at}`, subject: `system:serviceaccount:x:${at}` }),
      ),
    ),
  };

  it('counts what is there and what comes, and holds those alone for which there is no room', () => {
    const { workloads, limits } = planMigration(migrationWorld(many), options);
    expect(limits).toEqual([{ identity: resourceIdOf('web'), used: 18, after: 22, most: 20 }]);
    expect(workloads.map(({ name, state }) => [name, state])).toEqual([
      ['w0', 'trusted'],
      ['w1', 'planned'],
      ['w2', 'planned'],
      ['w3', 'blocked(FicLimit)'],
      ['w4', 'blocked(FicLimit)'],
    ]);
  });

  it('does not count those that the agent exchanges, for they need none of their own', () => {
    const { limits, workloads } = planMigration(migrationWorld(seen({ chosenBy: 'resource-id' })), options);
    expect(workloads.map(({ route }) => route)).toEqual(['exchange']);
    expect(limits).toEqual([]);
  });

  it('is unknown where the credentials may not be read', () => {
    const azure = read({ kind: 'there', clientId: clientIdOf('web') } as const);
    const unreadable = new Map([
      [resourceIdOf('web').toLowerCase(), { azure, credentials: forbidden('credentials') }],
    ]);
    const { limits } = planMigration(migrationWorld({ identities: unreadable }), options);
    expect(limits).toEqual([{ identity: resourceIdOf('web'), most: 20 }]);
  });
});

describe('what of it is harmless', () => {
  it.each<[string, Partial<MigrationFacts>]>([
    [
      'the client id of its own identity',
      deployment({ variables: [{ name: 'AZURE_CLIENT_ID', value: clientIdOf('web') }] }),
    ],
    ['the tenant of the cluster', deployment({ variables: [{ name: 'AZURE_TENANT_ID', value: tenantId }] })],
    [
      'two identities of which it names one',
      {
        resources: twoIdentities(),
        ...deployment({ variables: [{ name: 'AZURE_CLIENT_ID', value: clientIdOf('mail') }] }),
      },
    ],
    [
      'Helm, which keeps what others add',
      deployment({}, { annotations: { 'meta.helm.sh/release-name': 'web' } }),
    ],
    [
      'a policy that lets out to the world on 443',
      {
        networkPolicies: read([
          {
            namespace: 'demo',
            name: 'https',
            podSelector: { matchLabels: {}, matchExpressions: [] },
            egress: [{ ports: [{ protocol: 'TCP', port: 443 }] }],
          },
        ]),
      },
    ],
    [
      'a kind of others that may not be listed',
      {
        workloads: new Map([
          ['Deployment', read([workload()])],
          ['Rollout', forbidden('rollouts')],
        ]),
      },
    ],
  ])('%s', (_what, facts) => {
    expect(planned(facts)).toMatchObject({ state: 'planned', blockers: [] });
  });
});

describe('an application that podid knows', () => {
  it.each([
    ['cert-manager', /clusterissuers,issuers -A -o yaml; the client id: /],
    ['external-dns', /"useWorkloadIdentityExtension": true .*kubectl get deployment web -n demo -o yaml$/],
  ])('is told what to change besides, and is not held: %s', (name, says) => {
    for (const label of ['app', 'app.kubernetes.io/name']) {
      const { notes, state } = planned(deployment({ labels: { aadpodidbinding: 'web', [label]: name } }));
      expect(notes?.map(({ hint }) => String(hint))).toEqual([expect.stringMatching(says)]);
      expect(state).toBe('planned');
    }
  });

  it.each(['web', 'toString', '__proto__'])('is none of the name %s', (name) => {
    const labels = Object.fromEntries([
      ['aadpodidbinding', 'web'],
      ['app', name],
    ]);
    expect(planned(deployment({ labels })).notes).toBeUndefined();
  });
});
