import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ApiServer, startApiServer } from './api-server.ts';

const upstream = 'test/cluster/fixtures/upstream-crds.yaml';
const ours = 'deploy/crds';
const kinds = 'azureidentities,azureidentitybindings,azurepodidentityexceptions,azureassignedidentities';
const takesUp = { timeout: 60_000, interval: 200 };
const serverSide = ['--server-side', '--force-conflicts'];

describe('the CRDs', () => {
  let api: ApiServer;
  let folder: string;
  let before: unknown;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'podid-crds-'));
    api = await startApiServer('crds');
    api.kubectl('apply', '-f', upstream);
    established();
    api.kubectl('create', '-f', 'test/cluster/fixtures/stored-objects.yaml');
    apply(identity('oversized', { type: 0, clientID: 'c', tenantID: 'x'.repeat(3_000) }));
    before = stored();
  });
  afterAll(async () => {
    await api?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const established = () =>
    api.kubectl('wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all');
  const stored = () =>
    JSON.parse(api.kubectl('get', kinds, '--all-namespaces', '--output=json', '--show-managed-fields')).items;
  const apply = (object: object, ...args: string[]) => {
    const path = join(folder, 'object.json');
    writeFileSync(path, JSON.stringify(object));
    return api.kubectl('create', '-f', path, ...args);
  };
  const identity = (name: string, spec?: object) => ({
    apiVersion: 'aadpodidentity.k8s.io/v1',
    kind: 'AzureIdentity',
    metadata: { name, namespace: 'default' },
    ...(spec && { spec }),
  });
  const binding = (name: string, spec: object) => ({
    apiVersion: 'aadpodidentity.k8s.io/v1',
    kind: 'AzureIdentityBinding',
    metadata: { name, namespace: 'default' },
    spec,
  });
  const merge = (kind: string, name: string, patch: object) =>
    api.kubectl('patch', kind, name, '--type=merge', `--patch=${JSON.stringify(patch)}`);

  it('go over those of upstream and change no stored object', () => {
    api.kubectl('apply', '-f', ours);
    established();
    expect(stored()).toEqual(before);
    expect(
      api.kubectl(
        'get',
        'crd',
        '--output=jsonpath={.items[*].status.conditions[?(@.type=="NonStructuralSchema")].status}',
      ),
    ).toBe('');
  });

  it('are listed by one word, and each by a short name', async () => {
    const named = (what: string) => api.kubectl('get', what, '--all-namespaces', '--output=name').split('\n');
    // kubectl asks anew which kinds there are when a word is unknown to it; the server knows a moment later.
    await vi.waitFor(() => expect(named('podid').toSorted()).toEqual(named(kinds).toSorted()), takesUp);
    for (const [short, kind] of Object.entries({
      azid: 'azureidentity',
      azidb: 'azureidentitybinding',
      azidx: 'azurepodidentityexception',
      azassigned: 'azureassignedidentity',
    })) {
      expect(named(short)).toEqual(named(kind));
      expect(named(short)[0]).toContain(`${kind}.aadpodidentity.k8s.io/`);
    }
  });

  it.each([
    ['azureidentity', 'type-seven'],
    ['azureidentity', 'no-secret'],
    ['azureidentity', 'four-tenants'],
    ['azureidentity', 'empty'],
    ['azureidentity', 'oversized'],
    ['azureidentitybinding', 'to-nobody'],
    ['azurepodidentityexception', 'legacy'],
    ['azureassignedidentity', 'web-0-default-web'],
  ])('let the %s %s, stored with its faults, be labelled, and changed elsewhere', (kind, name) => {
    api.kubectl('label', kind, name, 'team=shop');
    merge(kind, name, { spec: { metadata: {}, ...(kind === 'azureidentity' && { adResourceID: 'x' }) } });
    api.kubectl('label', kind, name, 'team-');
  });

  it('let a faulty object lose its finalizers and go', () => {
    apply({
      ...identity('going', { type: 9 }),
      metadata: { name: 'going', namespace: 'default', finalizers: ['example.net/keep'] },
    });
    api.kubectl('delete', 'azureidentity', 'going', '--wait=false');
    merge('azureidentity', 'going', { metadata: { finalizers: null } });
    expect(() => api.kubectl('get', 'azureidentity', 'going')).toThrow(/NotFound/);
  });

  const principal = { type: 1, clientID: 'c', clientPassword: { name: 's' } };
  it.each([
    ['a type that there is not', identity('a', { type: 0 }), { type: 7 }, /spec.type must be 0/],
    ['a service principal without its id', identity('b', principal), { clientID: '' }, /needs spec.clientID/],
    ['one that loses its secret', identity('c', principal), { clientPassword: null }, /clientPassword.name/],
    [
      'a managed identity made a principal',
      identity('d', { clientID: 'c' }),
      { type: 2 },
      /clientPassword.name/,
    ],
    [
      'a fourth tenant',
      identity('e', principal),
      { auxiliaryTenantIDs: ['1', '2', '3', '4'] },
      /at most three/,
    ],
    ['a binding to nobody', binding('a', { azureIdentity: 'web' }), { azureIdentity: null }, /must name an/],
    [
      'a name that is too long',
      binding('b', { azureIdentity: 'web' }),
      { azureIdentity: 'x'.repeat(254) },
      /253/,
    ],
    [
      'a selector that is too long',
      binding('c', { azureIdentity: 'web' }),
      { selector: 'x'.repeat(64) },
      /at most 63/,
    ],
    [
      'a selector that no label has',
      binding('d', { azureIdentity: 'w', selector: 'w' }),
      { selector: 'a b' },
      /at both ends/,
    ],
  ])('refuse a change that makes a sound object useless: %s', (_what, object, spec, reason) => {
    apply(object);
    const kind = object.kind.toLowerCase();
    expect(() => merge(kind, object.metadata.name, { spec })).toThrow(reason);
    api.kubectl('label', kind, object.metadata.name, 'team=shop');
    api.kubectl('delete', kind, object.metadata.name);
  });

  const labels = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`label-${index}`, 'x']));
  const exception = (podLabels: Record<string, string>) => ({
    apiVersion: 'aadpodidentity.k8s.io/v1',
    kind: 'AzurePodIdentityException',
    metadata: { name: 'long', namespace: 'default' },
    spec: { podLabels },
  });
  it.each([
    ['an id of 1.4 MB', identity('long', { clientID: 'x'.repeat(1_400_000) }), /clientID: Too long/],
    ['a resource id', identity('long', { resourceID: 'x'.repeat(2_049) }), /resourceID: Too long/],
    ['what nobody reads', identity('long', { adResourceID: 'x'.repeat(2_049) }), /adResourceID: Too long/],
    [
      'tenants',
      identity('long', { auxiliaryTenantIDs: Array(101).fill('t') }),
      /auxiliaryTenantIDs: Too many/,
    ],
    [
      'a selector',
      binding('long', { azureIdentity: 'a', selector: 'x'.repeat(1_025) }),
      /selector: Too long/,
    ],
    ['labels', exception(labels(1_001)), /podLabels: Too many/],
    ['the value of a label', exception({ app: 'x'.repeat(1_025) }), /podLabels.app: Too long/],
  ])('refuse what is longer than anything that works: %s', (_what, object, reason) => {
    expect(() => apply(object)).toThrow(reason);
  });

  it('let in what is as long as it may be', () => {
    const most = identity('longest', { type: 0, resourceID: 'x'.repeat(2_048), clientID: 'x'.repeat(1_024) });
    apply(most, '--dry-run=server');
    apply(exception(labels(1_000)), '--dry-run=server');
  });

  it('let a faulty object be fixed, in one step or in several', () => {
    apply(identity('fixed', { type: 7 }));
    merge('azureidentity', 'fixed', { spec: { type: 0, clientID: 'c' } });
    apply(identity('slowly', { type: 2 }));
    merge('azureidentity', 'slowly', { spec: { clientID: 'c' } });
    merge('azureidentity', 'slowly', { spec: { clientPassword: { name: 's' } } });
    expect(() => merge('azureidentity', 'slowly', { spec: { clientID: '' } })).toThrow(/needs spec.clientID/);
    api.kubectl('delete', 'azureidentity', 'fixed', 'slowly');
  });

  it("print columns for people, upstream's first", () => {
    const heads = (kind: string) => api.kubectl('get', kind).split('\n')[0]?.split(/\s+/).filter(Boolean);
    expect(heads('azureidentity')).toEqual(['NAME', 'TYPE', 'CLIENTID', 'AGE']);
    expect(heads('azureidentitybinding')).toEqual(['NAME', 'AZUREIDENTITY', 'SELECTOR', 'AGE']);
    expect(heads('azurepodidentityexception')).toEqual(['NAME', 'PODLABELS', 'AGE']);
    expect(heads('azureassignedidentity')).toEqual([
      'NAME',
      'PODNAMESPACE',
      'POD',
      'AZUREIDENTITY',
      'NODE',
      'STATE',
      'AGE',
    ]);
    expect(api.kubectl('explain', 'azureidentitybinding.spec.selector')).toMatch(/no label\s+selector/);
  });

  it('give way to those of upstream again, with every object as it was last written', () => {
    const withOurs = stored();
    api.kubectl('apply', '-f', upstream);
    established();
    expect(stored()).toEqual(withOurs);
    merge('azureidentity', 'web', { spec: { type: 7 } });
    merge('azureidentity', 'web', { spec: { type: 0 } });
    expect(
      JSON.stringify(
        JSON.parse(api.kubectl('get', 'crd', '--output=json')).items.map(
          ({ spec }: { spec: unknown }) => spec,
        ),
      ),
    ).not.toContain('x-kubernetes-validations');
  });

  it('go over them by server-side apply too, as over those of the add-on', () => {
    api.kubectl('replace', '-f', upstream);
    api.kubectl('apply', ...serverSide, '-f', ours);
    established();
    expect(JSON.parse(api.kubectl('get', 'azureidentity', 'ledger', '--output=json')).spec.replicas).toBe(3);
    expect(() => merge('azureidentity', 'web', { spec: { type: 7 } })).toThrow(/spec.type must be 0/);
    api.kubectl('apply', ...serverSide, '-f', upstream);
    api.kubectl('apply', ...serverSide, '-f', ours);
  });

  describe('over objects that are older than any schema', () => {
    const old = {
      ...{ 'azureidentity/text': { type: '0', resourceID: '/r', clientID: 'c' } },
      ...{ 'azureidentity/capital': { type: 0, ResourceID: '/r', ClientID: 'c', TenantID: 't' } },
      ...{ 'azureidentity/principal': { type: '1', ClientID: 'c', ClientPassword: { Name: 's' } } },
      ...{ 'azureidentitybinding/capital': { AzureIdentity: 'capital', Selector: 'old' } },
      ...{ 'azurepodidentityexception/capital': { PodLabels: { app: 'old' } } },
    };
    const specOf = (path: string) =>
      JSON.parse(api.kubectl('get', ...path.split('/'), '--output=json', '--namespace=old')).spec;

    beforeAll(async () => {
      api.kubectl('create', 'namespace', 'old');
      const bare = JSON.parse(api.kubectl('get', 'crd', '--output=json')).items.map(withoutSchema);
      writeFileSync(
        join(folder, 'bare.json'),
        JSON.stringify({ apiVersion: 'v1', kind: 'List', items: bare }),
      );
      api.kubectl('replace', '-f', join(folder, 'bare.json'));
      await vi.waitFor(() => {
        for (const [path, spec] of Object.entries(old)) {
          const [kind = '', name = ''] = path.split('/');
          const kindName = { azureidentity: 'AzureIdentity', azureidentitybinding: 'AzureIdentityBinding' }[
            kind
          ];
          const object = {
            ...identity(name, spec),
            kind: kindName ?? 'AzurePodIdentityException',
            metadata: { name, namespace: 'old' },
          };
          writeFileSync(join(folder, 'old.json'), JSON.stringify(object));
          api.kubectl('replace', '--force', '-f', join(folder, 'old.json'));
          expect(specOf(path)).toEqual(spec);
        }
      }, takesUp);
      api.kubectl('apply', ...serverSide, '-f', ours);
      established();
    });
    it.each(Object.entries(old))('keep what is stored, and let it be labelled: %s', (path, spec) => {
      expect(specOf(path)).toEqual(spec);
      api.kubectl('label', ...path.split('/'), 'team=shop', '--namespace=old');
      api.kubectl('annotate', ...path.split('/'), 'note=kept', '--namespace=old');
      expect(specOf(path)).toEqual(spec);
    });

    it('let a type as text become a number, and take no new text', () => {
      const inOld = ['--namespace=old', '--type=merge'];
      api.kubectl('patch', 'azureidentity', 'text', ...inOld, '--patch={"spec":{"type":0}}');
      expect(() =>
        api.kubectl('patch', 'azureidentity', 'text', ...inOld, '--patch={"spec":{"type":"1"}}'),
      ).toThrow(/spec.type must be a number/);
      expect(() => apply(identity('new-text', { type: '0', clientID: 'c' }))).toThrow(
        /spec.type must be a number/,
      );
      expect(() => apply(identity('no-number', { type: true, clientID: 'c' }))).toThrow(/type/);
    });
  });

  describe('with the checks of object-checks.yaml', () => {
    const guid = '00000000-0000-4000-8000-0000c11e0001';
    const resourceID = `/subscriptions/${guid}/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web`;
    beforeAll(async () => {
      api.kubectl('apply', '-f', 'deploy/manifests/object-checks.yaml');
      // The server takes up each policy on its own within a second or so, and says nowhere that it has.
      const probe = () => refusal(identity('probe', { type: 7 }), '--dry-run=server');
      await vi.waitFor(() => expect(probe()).toMatch(/spec.type must be 0/), takesUp);
    });

    const refusal = (object: object, ...args: string[]) => {
      try {
        apply(object, ...args);
        return '';
      } catch (error) {
        return String(error);
      }
    };

    it.each([
      [identity('new', { type: 1, clientPassword: { name: 's' } }), /needs spec.clientID/],
      [identity('new', { type: 2, clientID: 'c' }), /clientPassword.name/],
      [identity('new', { ...principal, auxiliaryTenantIDs: ['1', '2', '3', '4'] }), /at most three/],
      [binding('new', { selector: 'web' }), /must name an AzureIdentity/],
      [binding('new', { azureIdentity: 'web', selector: 'a b' }), /at both ends/],
    ])('refuse what could never work when it is new: %j', async (object, reason) => {
      const said = () => refusal(object, '--dry-run=server');
      await vi.waitFor(() => expect(said()).toMatch(reason), takesUp);
    });

    it("admit what works, in upstream's widest reading", () => {
      const sound = [
        identity('empty-spec'),
        identity('by-resource', { resourceID: 'anything' }),
        identity('principal', principal),
        binding('no-selector', { azureIdentity: 'web' }),
      ];
      for (const object of sound) {
        apply(object, '--dry-run=server');
      }
    });

    it.each([
      [identity('new'), /names nobody/],
      [identity('new', { resourceID: '/subscriptions/x/resourceGroups/y' }), /no full id/],
      [identity('new', principal), /spec.tenantID is missing/],
      [
        identity('new', { ...principal, clientPassword: { name: 's', namespace: 'other' } }),
        /own namespace, and of another only where/,
      ],
      [binding('new', { azureIdentity: 'web' }), /without spec.selector matches no pod/],
      [identity('new', { clientID: 'my-identity' }), /clientID is no GUID/],
      [identity('new', { clientID: `${guid}\r` }), /clientID is no GUID/],
      [identity('new', { clientID: ` ${guid}` }), /clientID is no GUID/],
      [identity('new', { ...principal, tenantID: 't', clientID: 'app' }), /clientID is no GUID/],
      [exception({}), /without spec.podLabels matches no pod/],
      [exception({ app: 'web', aadpodidbinding: 'web' }), /takes every pod that is bound by it/],
    ])('warn of what is most likely a slip: %j', async (object, advice) => {
      const said = () => refusal(object, '--dry-run=server', '--warnings-as-errors');
      await vi.waitFor(() => expect(said()).toMatch(advice), takesUp);
    });

    it.each([
      identity('sound', { type: 0, resourceID, clientID: guid }),
      identity('by-client', { type: 0, clientID: guid.toUpperCase() }),
      identity('by-resource', { type: 0, resourceID: resourceID.toLowerCase() }),
      identity('principal', { ...principal, clientID: guid, tenantID: guid }),
      binding('sound', { azureIdentity: 'web', selector: 'web' }),
      exception({ app: 'web' }),
    ])('have no word to say of what is sound: %j', (object) => {
      expect(refusal(object, '--dry-run=server', '--warnings-as-errors')).toBe('');
    });

    it.each([
      ['azureidentity/text', /clientID is no GUID/],
      ['azureidentity/capital', /clientID is no GUID/],
      ['azureidentity/principal', /spec.tenantID is missing/],
      ['azureidentitybinding/capital', undefined],
      ['azurepodidentityexception/capital', undefined],
    ])(
      'read what is older than any schema as agents do, and never refuse a change of it: %s',
      (path, advice) => {
        const label = ['label', ...path.split('/'), '--namespace=old', '--overwrite'];
        const said = () => {
          try {
            return api.kubectl(...label, 'team=bank', '--dry-run=server', '--warnings-as-errors');
          } catch (error) {
            return String(error);
          }
        };
        expect(said()).toMatch(advice ?? /^\S+ labeled/);
        expect(said()).not.toMatch(/names nobody|matches no pod/);
        api.kubectl(...label, 'team=bank');
      },
    );

    it('leave stored objects alone', () => {
      api.kubectl('label', 'azureidentity', 'type-seven', 'team=shop');
      merge('azureidentitybinding', 'to-nobody', { spec: { weight: 1 } });
    });
  });

  it('are the ones of the chart', () => {
    const kindsOfChart = api.kubectl('diff', '-f', 'deploy/chart/crds');
    expect(kindsOfChart).toBe('');
    expect(readFileSync('deploy/chart/crds/azureidentities.yaml', 'utf8')).toBe(
      readFileSync('deploy/crds/azureidentities.yaml', 'utf8'),
    );
  });
});

/** As definitions of v1beta1 were stored: every field is kept, whatever it is. */
function withoutSchema(definition: {
  metadata: { name: string };
  spec: { versions: { schema: unknown; additionalPrinterColumns?: unknown }[] };
}): unknown {
  const { metadata, spec } = definition;
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    ...definition,
    metadata: { name: metadata.name, annotations: { 'api-approved.kubernetes.io': 'unapproved' } },
    spec: {
      ...spec,
      versions: spec.versions.map(({ additionalPrinterColumns: _, ...version }) => ({ ...version, schema })),
    },
  };
}
