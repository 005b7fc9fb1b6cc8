import { setMaxListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { installation } from '../agent/fake-agent-place.ts';
import { clusterWith, identityId } from '../fake-azure.ts';
import {
  ExchangeWorld,
  exchangingAgent,
  issuer,
  ownCredential,
  refusedBy,
  switched,
  tenantId,
  trust,
} from './exchange-world.ts';

/** A ClusterRoleBinding of podid's names its account. */
const provenAgent = { ...exchangingAgent, madeBy: 'administrator' as const };

const statesOf = async (outcome: ReturnType<ExchangeWorld['enable']>) =>
  (await outcome).done?.result.map(({ name, source, state }) => `${name}: ${source} ${state}`);

const twentyOthers = Array.from({ length: 20 }, (_, at) => ({
  ...ownCredential,
  name: `fic-${at}`,
  subject: at < 3 ? `system:serviceaccount:old:app-${at}` : `repo:x/${at}`,
  issuer: at < 3 ? issuer : 'https://token.actions.githubusercontent.com',
}));

describe('podid exchange enable', () => {
  it('makes trust, waits, rehearses, and only then switches', async () => {
    const world = new ExchangeWorld().add('web');
    expect(await statesOf(world.enable())).toEqual(['web: exchange exchange']);
    expect(world.writes).toEqual(['credential web', 'shop/web = exchange']);
    const times = world.exchanges.map(({ atMs }) => atMs);
    expect(times).toHaveLength(20);
    expect(times[0]).toBe(20_000);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBe(120_000);
    expect(world.objects.get('shop/web')?.metadata.annotations).toEqual(switched);
    expect(world.questions).toEqual([
      'Rehearse, and then get the tokens of shop/web from Entra? Federated credentials to make: 1.',
    ]);
  });

  it('writes nothing at a second run, asks nobody, and makes no token', async () => {
    const world = new ExchangeWorld().add('web').add('jobs');
    await world.enable();
    const { writes, tokensMade, questions } = world;
    const before = [writes.length, tokensMade, questions.length];
    expect(await statesOf(world.enable())).toEqual(['web: exchange exchange', 'jobs: exchange exchange']);
    expect([world.writes.length, world.tokensMade, world.questions.length]).toEqual(before);
    expect(world.notes.at(-1)).toBe('Nothing to change: 2 identities are exchanged already.');
  });

  it('rehearses at once where the credential is there, and adopts one of another name', async () => {
    const world = new ExchangeWorld().add('web', {
      credentials: [{ ...ownCredential, name: 'by-terraform' }],
    });
    await world.enable();
    expect(world.writes).toEqual(['shop/web = exchange']);
    expect(world.exchanges[0]?.atMs).toBe(0);
  });

  it('mends an identity that was switched and is not trusted', async () => {
    const world = new ExchangeWorld().add('web', { annotations: switched });
    expect(await statesOf(world.enable())).toEqual(['web: exchange exchange']);
    expect(world.writes).toEqual(['credential web']);
  });

  it('takes 100 identities side by side in little more than the time of one', async () => {
    setMaxListeners(0);
    const world = new ExchangeWorld();
    for (let at = 0; at < 100; at += 1) {
      world.add(`web-${at}`);
    }
    const outcome = await world.enable();
    expect(outcome.done?.failure).toBeUndefined();
    expect(world.clock.monotonic()).toBeLessThan(150_000);
    expect(world.tokensMade).toBeLessThan(5);
  });

  it('changes those that are named, and no other', async () => {
    const world = new ExchangeWorld().add('web').add('jobs');
    await world.enable({ identities: [{ namespace: 'shop', name: 'jobs' }] });
    expect(world.writes).toEqual(['credential jobs', 'shop/jobs = exchange']);
    await expect(world.enable({ identities: [{ namespace: 'shop', name: 'x' }] })).rejects.toMatchObject({
      code: 'EntryNotFound',
    });
  });

  it('writes nothing where it is a dry run, or somebody says no', async () => {
    const world = new ExchangeWorld().add('web').add('jobs', { credentials: [ownCredential] });
    world.cluster = clusterWith();
    const dry = await world.enable({ dryRun: true });
    expect(dry.plan?.puts).toBe(1);
    expect(dry.plan?.changes.map(({ action, kind, name }) => `${action} ${kind} ${name}`)).toEqual([
      'update cluster null',
      'add federatedCredential web',
      'update tokenSource web',
      'add federatedCredential jobs',
      'update tokenSource jobs',
    ]);
    world.answerYes = false;
    await world.enable();
    expect(world.writes).toEqual([]);
    expect(world.exchanges).toEqual([]);
  });
});

describe('the issuer', () => {
  it('is turned on first, in one PUT of nothing else, and waited for', async () => {
    const world = new ExchangeWorld().add('web');
    world.cluster = clusterWith();
    world.signsFor = 'https://demo.hcp.westeurope.azmk8s.io';
    await world.enable();
    expect(world.writes).toEqual(['PUT {"oidcIssuer":true}', 'credential web', 'shop/web = exchange']);
    expect(world.questions[0]).toMatch(
      /^This first turns on the OIDC issuer of cluster aks: its API server restarts, and Azure cannot turn/,
    );
  });

  it.each([
    [
      'hold tokens of before',
      ['https://before', issuer],
      /^1 of 2 agents hold a token of the issuer https:\/\/before/,
    ],
    [
      'do not say whose tokens they hold',
      [undefined],
      /^The OIDC issuer is on, and the agents still hold tokens/,
    ],
  ])('stays on, and nothing is switched, while the agents %s', async (_, issuers, sentence) => {
    const world = new ExchangeWorld().add('web');
    world.cluster = clusterWith();
    world.agentsIssuers = issuers;
    await expect(world.enable()).rejects.toMatchObject({
      code: 'ExchangeUnavailable',
      message: expect.stringMatching(sentence),
      hint: expect.objectContaining({}),
    });
    expect(world.writes).toEqual(['PUT {"oidcIssuer":true}']);
    world.agentsIssuers = [issuer, issuer];
    expect(await statesOf(world.enable())).toEqual(['web: exchange exchange']);
  });

  it('that others turned on is waited for where an agent says that its token is of before', async () => {
    const world = new ExchangeWorld().add('web');
    world.agentsIssuers = [issuer, 'https://before'];
    await expect(world.enable()).rejects.toMatchObject({ code: 'ExchangeUnavailable' });
    expect([...world.writes, ...world.questions]).toEqual([]);
    world.agentsIssuers = [undefined, issuer];
    expect(await statesOf(world.enable())).toEqual(['web: exchange exchange']);
  });

  it('is not turned on where no identity would be exchanged', async () => {
    const world = new ExchangeWorld().addObject('sp', { type: 1 });
    world.cluster = clusterWith();
    await world.enable();
    expect(world.writes).toEqual([]);
  });

  it('of another cluster stops everything before the first write', async () => {
    const world = new ExchangeWorld().add('web');
    world.signsFor = `${issuer}other/`;
    await expect(world.enable()).rejects.toMatchObject({
      code: 'ExchangeUnavailable',
      message: expect.stringContaining(`signs for the issuer ${issuer}other/`),
    });
    expect(world.writes).toEqual([]);
  });
});

describe('the agent', () => {
  it.each([
    ['none', [], 'podid nmi install --set podid.exchange.enabled=true'],
    ['one without a token to exchange', [installation()], 'podid nmi install --namespace kube-system --set'],
    [
      "Helm's, without one",
      [installation({ release: { name: 'podid', namespace: 'kube-system' } })],
      'helm upgrade --reuse-values podid CHART -n kube-system --set podid.exchange.enabled=true',
    ],
    ["the add-on's NMI alone", [installation({ kind: 'addon', name: 'nmi' })], '--alongside'],
  ])('that is %s is told of before anything is written', async (_, agents, hint) => {
    const world = new ExchangeWorld().add('web');
    world.agents = agents;
    const error = await world.enable().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ExchangeUnavailable', exitCode: 5 });
    expect(String((error as PodidError).hint)).toContain(hint);
    expect([...world.writes, ...world.questions]).toEqual([]);
  });

  it("beside the add-on's NMI serves the pods, and exchanges", async () => {
    const world = new ExchangeWorld().add('web');
    world.agents = [installation({ kind: 'addon', name: 'nmi' }), exchangingAgent];
    expect(await statesOf(world.enable())).toEqual(['web: exchange exchange']);
  });

  it('is not taken from several that say so, for whoever may make a DaemonSet can make such a one', async () => {
    const world = new ExchangeWorld().add('web');
    world.agents = ['a-team', 'podid'].map((namespace) => ({ ...provenAgent, namespace }));
    const error = await world.enable().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'ExchangeUnavailable',
      message: expect.stringContaining(`a-team/${exchangingAgent.name}, podid/${exchangingAgent.name}`),
    });
    expect(String((error as PodidError).hint)).toMatch(/podid exchange enable --agent-namespace NAMESPACE$/);
    expect([...world.writes, ...world.questions]).toEqual([]);
    world.agents.push(exchangingAgent);
    await world.enable();
    expect([...world.identities.values()][0]?.credentials.map(({ subject }) => subject)).toEqual([
      trust.subject,
    ]);
  });

  it('that is not in kube-system is named by its account where the user is asked', async () => {
    const world = new ExchangeWorld().add('web');
    world.agents = [{ ...provenAgent, namespace: 'a-team' }];
    world.answerYes = false;
    await world.enable();
    expect(world.questions[0]).toMatch(
      / They will trust system:serviceaccount:a-team:[\w-]+, whose agent is not in kube-system\.$/,
    );
  });

  it.each(['anybody', 'unknown'] as const)(
    'that is not in kube-system, and is made by %s as far as one sees, is trusted only where somebody names it',
    async (madeBy) => {
      const world = new ExchangeWorld().add('web');
      world.agents = [{ ...exchangingAgent, namespace: 'a-team', madeBy }];
      const error = await world.enable().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'ExchangeUnavailable',
        message: expect.stringContaining('DaemonSet a-team/podid-nmi has the labels of podid'),
      });
      expect(String((error as PodidError).hint)).toBe(
        'If it is yours: podid exchange enable --agent-namespace a-team',
      );
      expect([...world.writes, ...world.questions]).toEqual([]);
      const named = await world.enable({ agentNamespace: 'a-team', dryRun: true });
      expect(named.plan?.changes[0]?.after).toMatchObject({
        subject: 'system:serviceaccount:a-team:podid-nmi',
      });
    },
  );

  it('that is not in kube-system is trusted without a question only where somebody names it', async () => {
    const world = new ExchangeWorld().add('web');
    world.agents = [{ ...provenAgent, namespace: 'a-team' }];
    const error = await world.enable({ unasked: true }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'ExchangeUnavailable',
      message: expect.stringContaining('would trust system:serviceaccount:a-team:podid-nmi'),
    });
    expect(String((error as PodidError).hint)).toBe(
      'If it is: podid exchange enable --agent-namespace a-team',
    );
    expect([...world.writes, ...world.questions]).toEqual([]);
    await world.enable({ unasked: true, agentNamespace: 'a-team', dryRun: true });
  });

  it('is the one in the namespace that is named, and no other', async () => {
    const world = new ExchangeWorld().add('web');
    world.agents = [exchangingAgent, { ...provenAgent, namespace: 'podid' }];
    const { plan } = await world.enable({ agentNamespace: 'podid', dryRun: true });
    expect(plan?.changes[0]?.after).toMatchObject({ subject: 'system:serviceaccount:podid:podid-nmi' });
    await expect(world.enable({ agentNamespace: 'a-team' })).rejects.toMatchObject({
      message: "podid's agent is not in namespace a-team.",
    });
  });

  it('that nothing can confine on an old Kubernetes is told of with the way that is left', async () => {
    const world = new ExchangeWorld().add('web');
    world.serverMinor = 29;
    const error = await world.enable({ subject: 'workload' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'ExchangeUnavailable',
      message: expect.stringContaining('OldKubernetes: this is Kubernetes 1.29'),
    });
    expect(String((error as PodidError).hint)).toMatch(/podid exchange enable .*--subject agent$/);
    expect(world.writes).toEqual([]);
  });

  it('whose account you may not make tokens of is told of before anything is written', async () => {
    const world = new ExchangeWorld().add('web');
    world.beforeToken = () => {
      throw new PodidError('Forbidden', 'You may not.');
    };
    await expect(world.enable()).rejects.toMatchObject({ code: 'Forbidden' });
    expect(world.writes).toEqual([]);
  });
});

describe('who cannot be exchanged', () => {
  it('stays as it is and is listed, and the others go on', async () => {
    const world = new ExchangeWorld()
      .add('web')
      .addObject('sp', { type: 1, clientID: 'x' })
      .addObject('half', { resourceID: identityId('half') })
      .add('full', { credentials: twentyOthers })
      .addObject('gone', { resourceID: identityId('gone'), clientID: tenantId })
      .add('anew');
    world.addObject('anew', { resourceID: identityId('anew'), clientID: tenantId });
    const { done } = await world.enable();
    expect(
      done?.result.map(({ name, state, reason = '' }) => `${name} ${state} ${reason.split(':')[0]}`),
    ).toEqual([
      'web exchange ',
      'sp blocked ServicePrincipal',
      'half blocked NoClientId',
      'full blocked LimitReached',
      'gone blocked IdentityNotFound',
      'anew blocked ClientIdDiffers',
    ]);
    expect(world.writes).toEqual(['credential web', 'shop/web = exchange']);
    expect(done?.failure).toMatchObject({ code: 'ExchangeIncomplete', exitCode: 8 });
    expect(done?.failure?.details.map(({ code }) => code)).toEqual([
      'NoClientId',
      'LimitReached',
      'IdentityNotFound',
      'ClientIdDiffers',
    ]);
  });

  it.each(['FederationUnavailable', 'AzureRefused', 'FederatedCredentialDiffers', 'Forbidden'] as const)(
    'by %s of Azure stays on IMDS, with the sentence of Azure',
    async (code) => {
      const world = new ExchangeWorld().add('web').add('jobs');
      world.beforeWrite = (line) => {
        if (line === 'credential web') {
          throw new PodidError(code, 'Azure says no.');
        }
      };
      const { done } = await world.enable();
      expect(done?.result).toMatchObject([
        { name: 'web', source: 'imds', state: 'blocked', reason: `${code}: Azure says no.` },
        { name: 'jobs', source: 'exchange', state: 'exchange' },
      ]);
      expect(done?.failure).toMatchObject({ code: 'ExchangeIncomplete' });
    },
  );

  it('for want of room names the credentials whose service accounts are gone', async () => {
    const world = new ExchangeWorld().add('web', { credentials: twentyOthers.slice(0, 19) });
    world.subjects.add('system:serviceaccount:old:app-1');
    world.beforeWrite = (line) => {
      if (line === 'credential web') {
        throw new PodidError('LimitReached', 'There are 20 already.');
      }
    };
    const { done } = await world.enable();
    expect(done?.result[0]?.reason).toBe(
      'LimitReached: There are 20 already. These name service accounts that this cluster does not have: fic-0 (system:serviceaccount:old:app-0), fic-2 (system:serviceaccount:old:app-2).',
    );
  });
});

describe('a rehearsal that fails', () => {
  it('leaves the identity on IMDS with its credential, and the others go on', async () => {
    const world = new ExchangeWorld().add('web').add('jobs');
    world.entra = (name) => (name === 'web' ? refusedBy('AADSTS700212') : undefined);
    const { done } = await world.enable();
    expect(done?.result).toMatchObject([
      { name: 'web', source: 'imds', state: 'trusted', reason: 'AADSTS700212: AADSTS700212: Entra says no.' },
      { name: 'jobs', source: 'exchange', state: 'exchange' },
    ]);
    expect(done?.failure).toMatchObject({ exitCode: 8 });
    expect(world.sourceOf('web')).toBe('');
    world.entra = () => undefined;
    expect(await statesOf(world.enable())).toEqual(['web: exchange exchange', 'jobs: exchange exchange']);
  });

  it('after a first success fails the identity too', async () => {
    const world = new ExchangeWorld().add('web');
    world.entra = (_, count) => (count >= 3 ? refusedBy('AADSTS700213') : undefined);
    const { done } = await world.enable();
    expect(done?.result).toMatchObject([
      { state: 'trusted', reason: expect.stringContaining('AADSTS700213') },
    ]);
    expect(world.exchanges).toHaveLength(3 + 6);
    expect(world.sourceOf('web')).toBe('');
  });

  it('does not fail by refusals that the agent outwaits, and tells their number', async () => {
    const world = new ExchangeWorld().add('web');
    world.entra = (_, count) => (count % 7 === 5 ? refusedBy('AADSTS700213') : undefined);
    expect(await statesOf(world.enable())).toEqual(['web: exchange exchange']);
    expect(world.notes.at(-1)).toMatch(/^shop\/web: Entra refused 3 of 23 requests/);
  });
});

describe('bad weather', () => {
  it('of an API server that is away in the middle is waited out', async () => {
    const world = new ExchangeWorld().add('web');
    let away = 4;
    world.beforeWrite = (line) => {
      if (line.endsWith('= exchange') && away-- > 0) {
        throw new PodidError('ClusterUnreachable', 'The API is away.');
      }
    };
    world.beforeToken = () => {
      if (world.tokensMade === 1 && world.clock.monotonic() > 0 && away > 2) {
        away -= 1;
        throw new PodidError('ClusterUnreachable', 'The API is away.');
      }
    };
    expect(await statesOf(world.enable())).toEqual(['web: exchange exchange']);
  });

  it('of an object that was deleted meanwhile is told, and changes nothing else', async () => {
    const world = new ExchangeWorld().add('web').add('jobs');
    world.beforeWrite = (line) => {
      if (line === 'shop/web = exchange') {
        throw new PodidError('StaleCluster', 'It was made anew.');
      }
    };
    const { done } = await world.enable();
    expect(done?.result).toMatchObject([
      { state: 'trusted', reason: 'StaleCluster: It was made anew.' },
      { state: 'exchange' },
    ]);
  });

  it('of two operators at once ends as of one', async () => {
    const world = new ExchangeWorld().add('web').add('jobs');
    const both = await Promise.all([world.enable(), world.enable()]);
    expect(both.map(({ done }) => done?.failure)).toEqual([undefined, undefined]);
    expect(world.credentialsOf('web')).toHaveLength(1);
    expect(['web', 'jobs'].map((name) => world.sourceOf(name))).toEqual(['exchange', 'exchange']);
  });

  it('of an interruption tells what is done, and the next run goes on', async () => {
    const world = new ExchangeWorld().add('web', { credentials: [ownCredential] }).add('jobs');
    const stop = new AbortController();
    world.beforeWrite = (line) => {
      if (line === 'shop/web = exchange') {
        stop.abort(new PodidError('Interrupted', 'Interrupted.'));
      }
    };
    const error = await world.enable({}, stop.signal).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'Interrupted', exitCode: 130 });
    expect(String(error)).toContain('Switched: shop/web.');
    expect(String(error)).toContain('With a federated credential, and still served by IMDS: shop/jobs.');
    world.beforeWrite = () => undefined;
    expect(await statesOf(world.enable())).toEqual(['web: exchange exchange', 'jobs: exchange exchange']);
    expect(world.writes).toEqual(['credential jobs', 'shop/web = exchange', 'shop/jobs = exchange']);
  });

  it('that lasts ends with --timeout, and says how far it came', async () => {
    const world = new ExchangeWorld().add('web');
    world.entra = () => refusedBy('HTTP 503', { passing: true });
    const error = await world.enable({ timeoutMs: 60_000 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'TimedOut', exitCode: 7 });
    expect(String(error)).toContain('No identity was switched.');
    expect(String(error)).toContain('still served by IMDS: shop/web');
  });
});

it('trusts the account of the agent, wherever it is installed', async () => {
  const world = new ExchangeWorld().add('web');
  world.agents = [{ ...provenAgent, namespace: 'podid', serviceAccount: 'own' }];
  world.entra = () => undefined;
  await world.enable({ rehearsal: { rounds: 1, overMs: 1 }, dryRun: true }).then(({ plan }) => {
    expect(plan?.changes[0]?.after).toMatchObject({
      issuer: trust.issuer,
      subject: 'system:serviceaccount:podid:own',
    });
  });
});
