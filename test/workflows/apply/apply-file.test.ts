import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FileIdentity, WantedEntries } from '../../../src/domain/entries/pod-identities-file.ts';
import {
  type EntryKey,
  type PodIdentityException,
  sameEntry,
} from '../../../src/domain/entries/pod-identity.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { type ApplyFileRequest, applyFile } from '../../../src/workflows/apply/apply-file.ts';
import type { Plan } from '../../../src/workflows/change/outcome.ts';
import { hintText } from '../../hint-text.ts';
import { clusterId, clusterWith, FakeAzure, identityId, options, podIdentity } from '../fake-azure.ts';

function request(wanted: WantedEntries, more: Partial<ApplyFileRequest> = {}): ApplyFileRequest {
  return {
    cluster: clusterId,
    wanted,
    files: ['pods.yaml'],
    prune: false,
    keepGoing: false,
    extras: {},
    show: () => undefined,
    ...more,
  };
}

function file(name: string, more: Partial<FileIdentity> = {}): FileIdentity {
  return { namespace: 'shop', name, identityResourceId: identityId(name), ...more };
}

const holding = (...names: string[]) =>
  new FakeAzure(clusterWith({}, { identities: names.map((name) => podIdentity(name)) }));
const keys = (list: readonly EntryKey[] | undefined) => list?.map(({ name }) => name);

describe('applying a file', () => {
  it('grants what is missing, writes once, and waits for all fresh roles together', async () => {
    const azure = new FakeAzure();
    const blocked = () => {
      throw new PodidError('AssignmentBlocked', 'The cluster may not assign it yet.');
    };
    azure.putFaults = [blocked, blocked];
    const wanted = { identities: [file('web'), file('api', { bindingSelector: 'backend' })] };
    const { done } = await applyFile(azure.deps(), request(wanted), options());
    expect(done?.failure).toBeUndefined();
    expect(azure.created).toEqual([identityId('web'), identityId('api')]);
    expect(azure.puts.map((edit) => keys(edit.putIdentities))).toEqual([['web', 'api']]);
    expect(done?.result.identities).toMatchObject([
      { name: 'web', bindingSelector: 'web', provisioningState: 'Assigned' },
      { name: 'api', bindingSelector: 'backend', provisioningState: 'Assigned' },
    ]);
    expect(
      azure.mirrored.filter(({ dryRun }) => !dryRun).map((mirrored) => keys(mirrored.identities)),
    ).toEqual([['web', 'api']]);
  });

  it('reads each identity once, eight at a time, however many entries use it', async () => {
    const azure = new FakeAzure();
    const all = Array.from({ length: 30 }, (_, at) => `app-${at}`);
    for (const name of all) {
      azure.addIdentity(name);
    }
    const deps = azure.deps();
    const { identities } = deps.azure;
    let [running, most, reads] = [0, 0, 0];
    const get: typeof identities.get = async (...asked) => {
      reads++;
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return await identities.get(...asked);
    };
    const counted = { ...deps, azure: { ...deps.azure, identities: { ...identities, get } } };
    const entries = all.flatMap((name) => [file(name), file(name, { namespace: 'other' })]);
    await applyFile(counted, request({ identities: entries }), options());
    expect([most, reads, azure.created.length]).toEqual([8, 30, 30]);
    expect(azure.puts).toHaveLength(1);
  });

  it('leaves to Azure what it is deleting already', async () => {
    const azure = new FakeAzure(
      clusterWith({}, { identities: [podIdentity('web', { provisioningState: 'Deleting' })] }),
    );
    const { done } = await applyFile(azure.deps(), request({ identities: [] }, { prune: true }), options());
    expect(done?.result.changes).toEqual([]);
    expect([azure.puts, azure.questions]).toEqual([[], []]);
  });

  it('shows the plan before it asks, and changes nothing after a no', async () => {
    const azure = holding('web', 'api');
    azure.answerYes = false;
    const plans: Plan[] = [];
    const show = (plan: Plan) => {
      expect(azure.questions).toEqual([]);
      plans.push(plan);
    };
    const wanted = { identities: [file('web', { identityResourceId: identityId('other') })] };
    const { done } = await applyFile(azure.deps(), request(wanted, { show, prune: true }), options());
    expect(plans).toMatchObject([{ puts: 2 }]);
    expect(azure.questions).toHaveLength(1);
    expect(azure.questions[0]).toMatch(/^Delete 1 pod identity, replace 1 managed identity on cluster aks\?/);
    expect(done?.result.changes).toEqual([]);
    expect([azure.puts, azure.created]).toEqual([[], []]);
  });

  it('names all identities that cannot be used in one error, and grants none of the others', async () => {
    const azure = new FakeAzure();
    const wanted = { identities: [file('gone'), file('web'), file('lost')] };
    await expect(applyFile(azure.deps(), request(wanted), options())).rejects.toMatchObject({
      code: 'IdentityNotFound',
      details: [
        { message: expect.stringMatching(/^shop\/gone: /) },
        { message: expect.stringMatching(/^shop\/lost: /) },
      ],
    });
    expect([azure.puts, azure.created]).toEqual([[], []]);
  });

  it('leaves out, under --keep-going, what Azure itself names as the obstacle', async () => {
    const azure = new FakeAzure();
    for (const name of ['web', 'api']) {
      azure.grant(identityId(name));
    }
    azure.putFaults = [
      () => {
        throw new PodidError('AssignmentBlocked', 'A deny assignment.', { target: identityId('web') });
      },
    ];
    const wanted = { identities: [file('web'), file('api')] };
    const { done } = await applyFile(azure.deps(), request(wanted, { keepGoing: true }), options());
    expect(keys(done?.result.identities)).toEqual(['api']);
    expect(done?.failure).toMatchObject({ code: 'EntriesLeftOut', exitCode: 8 });
    expect(done?.result.changes).toMatchObject([{ action: 'add', name: 'api' }]);
  });

  it('never prunes an entry that turned up after the plan', async () => {
    const azure = holding('web', 'api');
    azure.putFaults = [() => azure.changeByColleague({ putIdentities: [podIdentity('other')] })];
    const wanted = { identities: [file('web')] };
    const { done } = await applyFile(azure.deps(), request(wanted, { prune: true }), options());
    expect(keys(done?.result.identities)).toEqual(['web', 'other']);
    expect(azure.puts).toHaveLength(2);
  });

  it('replaces nothing that nobody agreed to replace', async () => {
    const azure = holding('web');
    const other = podIdentity('api', { identity: podIdentity('other').identity });
    azure.putFaults = [() => azure.changeByColleague({ putIdentities: [other] })];
    const wanted = { identities: [file('web'), file('api')] };
    await expect(applyFile(azure.deps(), request(wanted), options())).rejects.toMatchObject({
      code: 'EntryConflict',
      target: 'shop/api',
    });
    expect(azure.cluster.profile.identities[1]?.identity.resourceId).toBe(identityId('other'));
  });

  it('writes again what ended as Failed, and reports all that fail', async () => {
    const failed = { provisioningState: 'Failed', error: { code: 'VMSSUpdateFailed', message: 'Locked.' } };
    const entries = [podIdentity('web', failed), podIdentity('api', failed)];
    const azure = new FakeAzure(clusterWith({}, { identities: entries }));
    const wanted = { identities: [file('web'), file('api')] };
    const plan = await applyFile(azure.deps(), request(wanted), options({ dryRun: true, mirror: 'off' }));
    expect(plan.plan).toMatchObject({ puts: 1, changes: [{ action: 'update' }, { action: 'update' }] });

    azure.answerFault = (answer) => {
      azure.write({ ...azure.cluster.profile, identities: entries });
      return answer;
    };
    const { done } = await applyFile(azure.deps(), request(wanted), options());
    expect(azure.puts).toHaveLength(1);
    expect(done?.failure).toMatchObject({ code: 'EntryFailed', exitCode: 8 });
    expect(done?.failure?.details).toHaveLength(2);
  });

  it('refuses a file that cannot fit, before it grants anything', async () => {
    const azure = new FakeAzure();
    const identities = Array.from({ length: 201 }, (_, at) =>
      file(`app-${at}`, { identityResourceId: identityId('web') }),
    );
    await expect(applyFile(azure.deps(), request({ identities }), options())).rejects.toMatchObject({
      code: 'LimitReached',
    });
    expect([azure.puts, azure.created]).toEqual([[], []]);
  });

  it('creates what is missing when asked to, after the plan was shown', async () => {
    const azure = new FakeAzure();
    const show = () => expect(azure.createdIdentities).toEqual([]);
    const extras = {
      creation: { location: 'northeurope' },
      grants: [{ role: 'Reader', scope: '/subscriptions/sub' }],
    };
    const wanted = { identities: [file('fresh'), file('web')] };
    const { done } = await applyFile(azure.deps(), request(wanted, { extras, show }), options());
    expect(azure.createdIdentities).toEqual([identityId('fresh')]);
    expect(azure.created.toSorted()).toEqual(
      [identityId('fresh'), identityId('web'), '/subscriptions/sub', '/subscriptions/sub'].toSorted(),
    );
    expect(done?.result.identities[0]).toMatchObject({
      name: 'fresh',
      identity: { clientId: 'client-fresh', objectId: 'object-fresh' },
    });
  });

  it('waits for entries that Azure is still deleting before it adds them again', async () => {
    const azure = new FakeAzure(
      clusterWith({}, { identities: [podIdentity('web', { provisioningState: 'Deleting' })] }),
    );
    let reads = 0;
    azure.beforeGet = () => {
      if (++reads === 3) {
        azure.changeByColleague({ deleteIdentities: [{ namespace: 'shop', name: 'web' }] });
      }
    };
    const { done } = await applyFile(azure.deps(), request({ identities: [file('web')] }), options());
    expect(done?.result.identities).toMatchObject([{ name: 'web', provisioningState: 'Assigned' }]);
    expect(azure.puts).toHaveLength(1);
  });
});

describe('replacing identities by a file', () => {
  const wanted = {
    identities: [file('web', { identityResourceId: identityId('other') }), file('api')],
  };

  it('writes everything else with the first of two PUTs', async () => {
    const azure = holding('web');
    const { done } = await applyFile(azure.deps(), request(wanted), options());
    expect(azure.puts).toMatchObject([
      { putIdentities: [{ name: 'api' }], deleteIdentities: [{ name: 'web' }] },
      { putIdentities: [{ name: 'web' }] },
    ]);
    expect(done?.result.identities.find(({ name }) => name === 'web')?.identity.clientId).toBe(
      'client-other',
    );
  });

  it('puts the old entries back when the second PUT comes to nothing', async () => {
    const azure = holding('web');
    azure.putFaults = [
      undefined,
      () => {
        throw new PodidError('AzureRefused', 'A policy forbids it.');
      },
    ];
    await expect(applyFile(azure.deps(), request(wanted), options())).rejects.toMatchObject({
      code: 'AzureRefused',
    });
    expect(azure.cluster.profile.identities.find(({ name }) => name === 'web')?.identity.clientId).toBe(
      'client-web',
    );
  });

  it('says what is out, and the command that brings it back, when it is interrupted in between', async () => {
    const azure = holding('web');
    const interruption = new AbortController();
    azure.putFaults = [
      undefined,
      () => {
        interruption.abort(new PodidError('Interrupted', 'Interrupted.'));
        throw interruption.signal.reason;
      },
    ];
    const run = applyFile(azure.deps(interruption.signal), request(wanted), options());
    await expect(run).rejects.toMatchObject({
      code: 'Interrupted',
      message: expect.stringContaining('shop/web'),
      hint: hintText(
        expect.stringContaining('podid apply -g rg -c aks --subscription sub --file pods.yaml --yes'),
      ),
    });

    const again = await applyFile(azure.deps(), request(wanted), options());
    expect(again.done?.result.identities.map(({ identity }) => identity.clientId).toSorted()).toEqual([
      'client-api',
      'client-other',
    ]);
  });
});

const key = fc.record({ namespace: fc.constantFrom('a', 'b'), name: fc.constantFrom('x', 'y', 'z') });
const used = fc.constantFrom('web', 'other', 'api');
const uniqueKeys = { selector: (one: EntryKey) => `${one.namespace}/${one.name}` };
const identities = fc.uniqueArray(
  fc.tuple(key, used, fc.constantFrom('one', 'two')).map(([each, name, bindingSelector]) => ({
    ...each,
    bindingSelector,
    identityResourceId: identityId(name),
  })),
  uniqueKeys,
);
const exceptions = fc.uniqueArray(
  fc.tuple(key, fc.constantFrom('one', 'two')).map(([each, app]) => ({ ...each, podLabels: { app } })),
  uniqueKeys,
);
const optional = <Value>(list: fc.Arbitrary<Value>) => fc.option(list, { nil: undefined });

describe('a plan', () => {
  it('is what apply then does: the profile is as wanted, in as many PUTs as planned, and again in none', async () => {
    const state = fc.constantFrom('Assigned', 'Failed', 'Updating');
    await fc.assert(
      fc.asyncProperty(
        fc.array(state, { minLength: 6, maxLength: 6 }),
        identities,
        exceptions,
        optional(identities),
        optional(exceptions),
        fc.boolean(),
        async (states, hasIdentities, hasExceptions, wantsIdentities, wantsExceptions, prune) => {
          const before = hasIdentities.map(({ identityResourceId, ...entry }, at) => ({
            ...podIdentity(identityResourceId.slice(identityResourceId.lastIndexOf('/') + 1)),
            ...entry,
            provisioningState: states[at] ?? 'Assigned',
          }));
          const azure = new FakeAzure(clusterWith({}, { identities: before, exceptions: hasExceptions }));
          const wanted: WantedEntries = {
            ...(wantsIdentities ? { identities: wantsIdentities } : {}),
            ...(wantsExceptions ? { exceptions: wantsExceptions } : {}),
          };
          const asked = request(wanted, { prune });
          const { plan } = await applyFile(azure.deps(), asked, options({ dryRun: true, mirror: 'off' }));
          expect(azure.puts).toEqual([]);
          let reads = 0;
          azure.beforeGet = () => {
            if (++reads > 1) {
              settle(azure);
            }
          };
          const { done } = await applyFile(azure.deps(), asked, options());
          expect(done?.failure).toBeUndefined();
          expect(azure.puts).toHaveLength(plan?.puts ?? -1);
          expectHeld(azure, wanted, prune, { identities: hasIdentities, exceptions: hasExceptions });

          await applyFile(azure.deps(), asked, options());
          expect(azure.puts).toHaveLength(plan?.puts ?? -1);
        },
      ),
      { numRuns: 200 },
    );
  });
});

/** What Azure was at work on before comes to its end. */
function settle(azure: FakeAzure): void {
  const { profile } = azure.cluster;
  const settled = profile.identities.map((entry) =>
    entry.provisioningState === 'Updating' ? { ...entry, provisioningState: 'Assigned' } : entry,
  );
  azure.cluster = { ...azure.cluster, profile: { ...profile, identities: settled } };
}

function expectHeld(
  azure: FakeAzure,
  wanted: WantedEntries,
  prune: boolean,
  before: {
    readonly identities: readonly FileIdentity[];
    readonly exceptions: readonly PodIdentityException[];
  },
): void {
  const { profile } = azure.cluster;
  const now = profile.identities.map(({ namespace, name, bindingSelector, identity }) => {
    return { namespace, name, bindingSelector, identityResourceId: identity.resourceId };
  });
  expect(sorted(now)).toEqual(sorted(expected(before.identities, wanted.identities, prune)));
  expect(sorted(profile.exceptions)).toEqual(sorted(expected(before.exceptions, wanted.exceptions, prune)));
}

function expected<Entry extends EntryKey>(
  before: readonly Entry[],
  wanted: readonly Entry[] | undefined,
  prune: boolean,
): readonly Entry[] {
  if (wanted === undefined) {
    return before;
  }
  const others = before.filter((entry) => !wanted.some((one) => sameEntry(one, entry)));
  return [...wanted, ...(prune ? [] : others)];
}

function sorted<Entry extends EntryKey>(entries: readonly Entry[]): Entry[] {
  return entries.toSorted((one, other) =>
    `${one.namespace}/${one.name}` < `${other.namespace}/${other.name}` ? -1 : 1,
  );
}
