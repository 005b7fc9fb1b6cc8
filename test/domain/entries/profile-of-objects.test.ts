import { describe, expect, it } from 'vitest';
import type { Machine } from '../../../src/domain/azure/machines.ts';
import { type KnownIdentity, profileOfObjects } from '../../../src/domain/entries/profile-of-objects.ts';
import type { ServicePrincipalObject } from '../../../src/domain/kubernetes/cluster-objects.ts';
import type { LiveAssignment } from '../../../src/domain/kubernetes/live-assignment.ts';

const web = {
  namespace: 'shop',
  name: 'web',
  bindingSelector: 'front',
  resourceId: '/id/WEB',
  clientId: 'C1',
};
const known = (found: KnownIdentity) => new Map([['/id/web', found]]);
const there = known({ clientId: 'c1', principalId: 'p1' });
const machine = (name: string, ...identityIds: string[]): Machine => ({
  resourceId: `/machines/${name}`,
  name,
  kind: 'vmss',
  osType: 'Linux',
  identityType: 'UserAssigned',
  identityIds,
  provisioningState: 'Succeeded',
});

function stateOf(
  entry: Partial<typeof web> & { readonly beingDeleted?: true },
  identities: ReadonlyMap<string, KnownIdentity>,
  machines: readonly Machine[] | undefined,
) {
  const objects = { identities: [{ namespace: 'shop', name: 'web', ...entry }], exceptions: [] };
  const [made] = profileOfObjects(objects, { identities, machines }).identities;
  return [made?.provisioningState, made?.error?.code];
}

describe('the objects of a cluster as entries', () => {
  it('have the ids that object and Azure give together, and the name as selector where there is none', () => {
    const objects = { identities: [web, { namespace: 'shop', name: 'bare' }], exceptions: [] };
    const { identities, enabled } = profileOfObjects(objects, { identities: there, machines: undefined });
    expect(enabled).toBe(true);
    expect(identities[0]).toEqual({
      namespace: 'shop',
      name: 'web',
      bindingSelector: 'front',
      identity: { resourceId: '/id/WEB', clientId: 'C1', objectId: 'p1' },
    });
    expect(identities[1]).toMatchObject({
      bindingSelector: 'bare',
      identity: { resourceId: '', objectId: '' },
    });
  });

  it.each([
    [
      'every machine carries the identity, in any case',
      web,
      there,
      [machine('a', '/ID/web')],
      ['Assigned', undefined],
    ],
    ['one machine lacks it', web, there, [machine('a', '/id/web'), machine('b')], ['Failed', 'NotOnNodes']],
    ['nobody could look at the machines', web, there, undefined, [undefined, undefined]],
    ['there are no machines', web, there, [], [undefined, undefined]],
    ['Azure was not asked', web, new Map(), [machine('a', '/id/web')], ['Assigned', undefined]],
    ['the identity is gone', web, known({ gone: true }), [], ['Failed', 'IdentityNotFound']],
    [
      'the identity was made again',
      web,
      known({ clientId: 'c2', principalId: 'p2' }),
      [machine('a', '/id/web')],
      ['Failed', 'ClientIdMismatch'],
    ],
    [
      'no binding selects it',
      { ...web, bindingSelector: undefined },
      there,
      [],
      ['Failed', 'BindingMissing'],
    ],
    ...['web server', 'web\n', 'x'.repeat(64), '-web', '*'].map(
      (bindingSelector): [string, Partial<typeof web>, typeof there, Machine[], [string, string]] => [
        `no label can be ${JSON.stringify(bindingSelector)}`,
        { ...web, bindingSelector },
        there,
        [machine('a', '/id/web')],
        ['Failed', 'SelectorInvalid'],
      ],
    ),
    [
      'it is being deleted',
      { ...web, bindingSelector: 'a b', beingDeleted: true },
      known({ gone: true }),
      [machine('b')],
      ['Deleting', undefined],
    ],
    [
      'a client id alone is there',
      { bindingSelector: 'front', clientId: 'C1' },
      new Map(),
      [{ ...machine('a', '/id/web'), identityClientIds: { '/id/web': 'c1' } }],
      ['Assigned', undefined],
    ],
    [
      'a client id alone is not there',
      { bindingSelector: 'front', clientId: 'C1' },
      new Map(),
      [{ ...machine('a', '/id/jobs'), identityClientIds: { '/id/jobs': 'c2' } }],
      ['Failed', 'NotOnNodes'],
    ],
    [
      'a client id alone cannot be compared',
      { bindingSelector: 'front', clientId: 'C1' },
      new Map(),
      [machine('a', '/id/jobs')],
      [undefined, undefined],
    ],
    [
      'a resource id alone is there',
      { bindingSelector: 'front', resourceId: '/id/WEB' },
      there,
      [machine('a', '/id/web')],
      ['Assigned', undefined],
    ],
    [
      'agents pass over a client id that can be none',
      { ...web, clientId: '{C1}' },
      there,
      [machine('a', '/id/web')],
      ['Assigned', undefined],
    ],
    ['it names no identity', { bindingSelector: 'front' }, there, [], ['Failed', 'ResourceIdMissing']],
  ] as const)('are as the agent will find them where %s', (_what, entry, identities, machines, state) => {
    const { bindingSelector, ...rest } = entry as Partial<typeof web>;
    const given = bindingSelector === undefined ? rest : { ...rest, bindingSelector };
    expect(stateOf(given, identities, machines)).toEqual(state);
  });
});

describe('service principals among the objects', () => {
  const vault = {
    namespace: 'shop',
    name: 'vault',
    bindingSelector: 'reader',
    clientId: 'C9',
    signIn: {
      signsInBy: 'certificate' as const,
      tenantId: 't',
      secret: { namespace: 'shop', name: 'vault-certificate' },
    },
  };
  const madeOf = (one: ServicePrincipalObject, assignments?: readonly LiveAssignment[]) =>
    profileOfObjects(
      { identities: [], exceptions: [], servicePrincipals: [one] },
      { identities: new Map(), machines: undefined, ...(assignments && { assignments }) },
    );
  const waiting: LiveAssignment = {
    metadata: { namespace: 'default', name: 'p-shop-vault' },
    spec: { azureIdentityRef: { metadata: { namespace: 'shop', name: 'vault' }, spec: {} } },
    status: { status: 'Created' },
    finalizers: [],
    beingDeleted: false,
  };

  it('are shown and are none of the entries that are written', () => {
    const { identities, servicePrincipals } = madeOf(vault);
    expect(identities).toEqual([]);
    expect(servicePrincipals).toEqual([
      {
        namespace: 'shop',
        name: 'vault',
        bindingSelector: 'reader',
        identity: { resourceId: '', clientId: 'C9', objectId: '' },
        provisioningState: 'Assigned',
        servicePrincipal: vault.signIn,
      },
    ]);
  });

  const { bindingSelector: _none, ...unbound } = vault;
  it.each([
    ['nothing is missing: nothing is put on nodes', vault, undefined, ['Assigned', undefined]],
    ['the controller of standard mode has assigned it', vault, [], ['Assigned', undefined]],
    ['a pod waits for the controller', vault, [waiting], ['Updating', undefined]],
    ['no binding selects it', unbound, undefined, ['Failed', 'BindingMissing']],
    [
      'no label can be the selector',
      { ...vault, bindingSelector: 'a b' },
      undefined,
      ['Failed', 'SelectorInvalid'],
    ],
    [
      'it is being deleted',
      { ...vault, fault: 'lacks x', beingDeleted: true },
      undefined,
      ['Deleting', undefined],
    ],
    ['a member is missing', { ...vault, fault: 'lacks x' }, undefined, ['Failed', 'IdentityIncomplete']],
    [
      'its Secret is in another namespace, which an agent may be told to read',
      { ...vault, signIn: { ...vault.signIn, secret: { namespace: 'bank', name: 'x' } } },
      undefined,
      [undefined, undefined],
    ],
  ] as const)('are as the agent will find them where %s', (_what, one, assignments, state) => {
    const [made] = madeOf(one, assignments).servicePrincipals ?? [];
    expect([made?.provisioningState, made?.error?.code]).toEqual(state);
  });
});

describe('an AzureIdentity with several bindings', () => {
  it('is usable as long as a pod can have one of the selectors', () => {
    const objects = {
      identities: [{ ...web, bindingSelector: 'a b' }],
      exceptions: [],
      moreBindings: [{ namespace: 'shop', name: 'other', identity: 'web', bindingSelector: 'back' }],
    };
    const facts = { identities: there, machines: [machine('a', '/id/web')] };
    expect(profileOfObjects(objects, facts).identities[0]?.provisioningState).toBe('Assigned');
  });

  const more = (identity: string, bindingSelector: string, namespace = 'shop') => ({
    namespace,
    name: `${identity}-${bindingSelector}`,
    identity,
    bindingSelector,
  });
  it('has the selectors of all of them, each once, and of no other', () => {
    const objects = {
      identities: [web, { namespace: 'shop', name: 'jobs', bindingSelector: 'jobs' }],
      exceptions: [],
      moreBindings: [
        ...[more('web', 'back'), more('web', 'front'), more('web', 'back')],
        ...[more('web', 'other', 'bank'), more('nobody', 'x')],
      ],
    };
    const { identities } = profileOfObjects(objects, { identities: there, machines: undefined });
    expect(
      identities.map(({ name, bindingSelector, moreSelectors }) => [name, bindingSelector, moreSelectors]),
    ).toEqual([
      ['web', 'front', ['back']],
      ['jobs', 'jobs', undefined],
    ]);
  });
});
