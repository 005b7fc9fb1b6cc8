import { describe, expect, it } from 'vitest';
import { PodidError } from '../../../../src/errors/podid-error.ts';
import { hintText } from '../../../hint-text.ts';
import { identityId } from '../../fake-azure.ts';
import {
  clientIdOf,
  ExchangeWorld,
  exchangingAgent,
  ownCredential,
  switched,
  tenantId,
} from '../exchange-world.ts';

const exchanged = { credentials: [ownCredential], annotations: switched };

describe('podid exchange disable', () => {
  it('switches back and leaves the credential, so that going back is one command', async () => {
    const world = new ExchangeWorld().add('web', exchanged).add('jobs');
    const { done } = await world.disable();
    expect(done?.result).toMatchObject([
      { name: 'web', source: 'imds', state: 'trusted' },
      { name: 'jobs', source: 'imds', state: 'imds' },
    ]);
    expect(world.writes).toEqual(['shop/web = imds']);
    expect(world.questions).toEqual([
      'Get the tokens of shop/web from the nodes (IMDS) again? Each identity has to be on the nodes of its pods.',
    ]);
    await world.enable({ identities: [{ namespace: 'shop', name: 'web' }] });
    expect(world.writes).toEqual(['shop/web = imds', 'shop/web = exchange']);
  });

  it('with --revoke-trust deletes the credential of its own after the switch, and none of others', async () => {
    const world = new ExchangeWorld()
      .add('web', exchanged)
      .add('theirs', { ...exchanged, credentials: [{ ...ownCredential, name: 'by-terraform' }] });
    await world.disable({ revokeTrust: true });
    expect(world.writes).toEqual([
      'shop/web = imds',
      'shop/theirs = imds',
      'remove podid-123456789abc of web',
    ]);
  });

  it('revokes nothing where a second DaemonSet says that it is the agent', async () => {
    const world = new ExchangeWorld().add('web', exchanged);
    const madeBy = 'administrator';
    world.agents = [
      { ...exchangingAgent, namespace: 'a-team', madeBy },
      { ...exchangingAgent, namespace: 'podid', madeBy },
    ];
    await expect(world.disable({ revokeTrust: true })).rejects.toMatchObject({
      code: 'ExchangeUnavailable',
      message: expect.stringContaining('a-team/podid-nmi, podid/podid-nmi'),
    });
    expect(world.writes).toEqual([]);
    await world.disable({});
    expect(world.writes).toEqual(['shop/web = imds']);
  });

  it('revokes nothing by an agent that a tenant can have made', async () => {
    const world = new ExchangeWorld().add('web', exchanged);
    world.agents = [{ ...exchangingAgent, namespace: 'a-team' }];
    await expect(world.disable({ revokeTrust: true })).rejects.toMatchObject({
      code: 'ExchangeUnavailable',
      hint: hintText('If it is yours: podid exchange disable --agent-namespace a-team'),
    });
    expect(world.writes).toEqual([]);
  });

  it('keeps the credential that another object of the cluster still needs', async () => {
    const world = new ExchangeWorld().add('web', exchanged);
    world.addObject('second', { resourceID: identityId('web'), clientID: clientIdOf('web') }, switched);
    await world.disable({ revokeTrust: true, identities: [{ namespace: 'shop', name: 'web' }] });
    expect(world.writes).toEqual(['shop/web = imds']);
    await world.disable({ revokeTrust: true, identities: [{ namespace: 'shop', name: 'second' }] });
    expect(world.writes.slice(1)).toEqual(['shop/second = imds', 'remove podid-123456789abc of web']);
  });

  it('deletes a credential once where several objects share it', async () => {
    const world = new ExchangeWorld().add('web', exchanged);
    world.addObject('second', { resourceID: identityId('web'), clientID: clientIdOf('web') }, switched);
    await world.disable({ revokeTrust: true });
    expect(world.writes.filter((line) => line.startsWith('remove'))).toHaveLength(1);
  });

  it('writes the annotation on what the agent exchanges by its own default', async () => {
    const world = new ExchangeWorld().add('web', { credentials: [ownCredential] });
    world.agents = [
      {
        ...exchangingAgent,
        exchange: { audience: 'api://AzureADTokenExchange', source: 'exchange', tenantId, subject: 'agent' },
      },
    ];
    await world.disable();
    expect(world.writes).toEqual(['shop/web = imds']);
  });

  it('warns of nodes that do not carry the identity, with the command that puts it there', async () => {
    const world = new ExchangeWorld().add('web', exchanged).add('jobs', exchanged);
    world.machines = [
      {
        ...{
          resourceId: '/machines/aks-pool1-1-vmss',
          name: 'aks-pool1-1-vmss',
          kind: 'vmss',
          osType: 'Linux',
        },
        ...{ identityType: 'UserAssigned', provisioningState: 'Succeeded', pool: 'pool1' },
        identityIds: [identityId('jobs')],
      } as never,
    ];
    await world.disable({ dryRun: true });
    expect(world.warnings).toEqual([
      `Missing on some nodes, where pods would get no tokens from IMDS: shop/web. podid node assign -g rg -c aks --subscription sub --identities ${identityId('web')}`,
    ]);
  });

  it('works without an agent, and without an issuer', async () => {
    const world = new ExchangeWorld().add('web', exchanged);
    world.agents = [];
    const { done } = await world.disable({ revokeTrust: true });
    expect(done?.result).toMatchObject([{ source: 'imds', state: 'imds' }]);
    expect(world.writes).toEqual(['shop/web = imds']);
  });

  it('writes nothing at a dry run, where somebody says no, and where nothing is exchanged', async () => {
    const world = new ExchangeWorld().add('web', exchanged).add('jobs');
    const { plan } = await world.disable({ dryRun: true, revokeTrust: true });
    expect(plan?.changes.map(({ action, kind, name }) => `${action} ${kind} ${name}`)).toEqual([
      'update tokenSource web',
      'delete federatedCredential web',
    ]);
    world.answerYes = false;
    await world.disable();
    await world.disable({ identities: [{ namespace: 'shop', name: 'jobs' }] });
    expect(world.notes).toEqual(['Nothing to change: no such identity is exchanged.']);
    expect(world.writes).toEqual([]);
    await expect(world.disable({ identities: [{ namespace: 'shop', name: 'x' }] })).rejects.toMatchObject({
      code: 'EntryNotFound',
    });
  });

  it('takes rights away that are left of identities which are gone, and asks first', async () => {
    const world = new ExchangeWorld().add('web');
    world.grants = [{ namespace: 'shop', accounts: ['old'], rights: ['own'] }];
    const { plan } = await world.disable({ dryRun: true });
    expect(plan?.changes).toMatchObject([{ action: 'delete', kind: 'tokenRole', namespace: 'shop' }]);
    world.answerYes = false;
    await world.disable();
    expect(world.writes).toEqual([]);
    world.answerYes = true;
    await world.disable();
    expect(world.questions.at(-1)).toBe('Change of which service accounts the agent may make tokens?');
    expect(world.writes).toEqual(['token roles: []']);
    await world.disable();
    expect(world.notes).toEqual(['Nothing to change: no such identity is exchanged.']);
  });

  it('switches back for somebody who may not see those rights', async () => {
    const world = new ExchangeWorld().add('web', exchanged);
    world.grants = undefined;
    await world.disable();
    expect(world.writes).toEqual(['shop/web = imds']);
    expect(world.warnings).toContainEqual(
      expect.stringMatching(/^Whether the agent has rights left .* is not known, and none is taken away: /),
    );
  });

  it('says of credentials that it cannot see that they stay, in place of taking them for none', async () => {
    const world = new ExchangeWorld().add('web', exchanged);
    world.unreadable.add('web');
    await world.disable({ revokeTrust: true });
    expect(world.writes).toEqual(['shop/web = imds']);
    expect(world.warnings).toContainEqual(
      expect.stringMatching(/^shop\/web: its federated credentials cannot be read, .* stay: You may not/),
    );
  });

  it('leaves behind what fails, goes on with the others, and exits with 8', async () => {
    const world = new ExchangeWorld().add('web', exchanged).add('jobs', exchanged);
    world.beforeWrite = (line) => {
      if (line === 'shop/web = imds') {
        throw new PodidError('Forbidden', 'You may not.');
      }
    };
    const { done } = await world.disable();
    expect(done?.result).toMatchObject([
      { name: 'web', source: 'exchange', state: 'exchange', reason: 'Forbidden: You may not.' },
      { name: 'jobs', source: 'imds', state: 'trusted' },
    ]);
    expect(done?.failure).toMatchObject({ code: 'ExchangeIncomplete', exitCode: 8 });
  });

  it('that is interrupted says who is back already', async () => {
    const world = new ExchangeWorld().add('web', exchanged).add('jobs', exchanged);
    const stop = new AbortController();
    world.beforeWrite = () => {
      if (world.writes.length === 1) {
        stop.abort(new PodidError('Interrupted', 'Interrupted.'));
        throw stop.signal.reason;
      }
    };
    const error = await world.disable({}, stop.signal).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ exitCode: 130 });
    expect(String(error)).toContain('Served by the nodes: shop/web.');
  });
});
