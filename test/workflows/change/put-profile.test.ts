import { describe, expect, it } from 'vitest';
import type { ProfileEdit } from '../../../src/domain/entries/profile-edit.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import type { Write } from '../../../src/workflows/change/profile-change.ts';
import { putProfile } from '../../../src/workflows/change/put-profile.ts';
import { type ChangeOptions, startChange } from '../../../src/workflows/change/start-change.ts';
import { hintText } from '../../hint-text.ts';
import { clusterWith, FakeAzure, options, podIdentity } from '../fake-azure.ts';

const { provisioningState: _, ...web } = podIdentity('web');
const colleagues = podIdentity('api');
const addWeb: ProfileEdit = { putIdentities: [web] };

/** The fake's dice lie in the middle: pauses are three quarters of the longest. */
const shortest = 0.75 * 5_000;

type Code = ConstructorParameters<typeof PodidError>[0];
type Arrange = (azure: FakeAzure) => void;

/** What a PUT is answered by instead of its own answer; `alsoWrites` when it arrives all the same. */
function answeredBy(code: Code, alsoWrites?: Arrange, more: { retryAfterMs?: number } = {}): Arrange {
  return (azure) => {
    azure.putFaults.push(() => {
      alsoWrites?.(azure);
      throw new PodidError(code, `${code} it is.`, more);
    });
  };
}

async function put(
  arrange: Arrange = () => undefined,
  { signal, ...more }: Partial<ChangeOptions> & { readonly signal?: AbortSignal } = {},
  tries: Write['tries'] = { transientFailures: 0, assignment: 0, autoscaled: 0 },
  freshlyGranted: readonly string[] = [],
) {
  const azure = new FakeAzure(clusterWith({}, { identities: [colleagues] }));
  azure.grant(web.identity.resourceId);
  arrange(azure);
  const change: Write['change'] = { decide: () => ({ kind: 'write', edit: addWeb }), freshlyGranted };
  const write = { change, edit: addWeb, tries };
  const session = startChange(azure.deps(signal), options(more));
  const beganMs = azure.nowMs;
  const written = await putProfile(session, azure.cluster, write).catch((error: unknown) => ({
    kind: 'thrown' as const,
    error,
  }));
  return { azure, tries, written, tookMs: azure.nowMs - beganMs };
}

const names = ({ cluster }: { readonly cluster: FakeAzure['cluster'] }) =>
  cluster.profile.identities.map(({ name, provisioningState }) => `${name} ${provisioningState}`);

const writing = 'Writing the change of cluster aks';

describe('one PUT of the profile', () => {
  it('is followed to the end of its operation, and the cluster read again', async () => {
    const { azure, written } = await put();
    expect(written).toMatchObject({ kind: 'written' });
    expect(written).not.toHaveProperty('failure');
    expect(names(azure)).toEqual(['api Assigned', 'web Assigned']);
    expect(written).toMatchObject({ cluster: azure.cluster });
    expect(azure.progress).toEqual([
      writing,
      'Azure updates cluster aks',
      'Azure updates cluster aks: ReconcilingAddons',
      'Reading cluster aks',
    ]);
  });

  it.each<[string, Arrange, Partial<ChangeOptions>]>([
    [
      'has no operation',
      (azure) => {
        azure.answerFault = ({ cluster }) => ({ cluster });
      },
      {},
    ],
    ['is not to be waited for', () => undefined, { noWait: true }],
  ])('is done with its answer when it %s', async (_what, arrange, more) => {
    const { azure, written } = await put(arrange, more);
    expect(written).toMatchObject({ kind: 'written', cluster: azure.cluster });
    expect(names(azure)).toEqual(['api Assigned', 'web Updating']);
    expect(azure.progress).toEqual([writing]);
  });

  const byColleague: Arrange = (azure) => azure.changeByColleague({ putIdentities: [podIdentity('other')] });
  const arrives: Arrange = (azure) => azure.changeByColleague({ putIdentities: [podIdentity('web')] });
  it.each<[string, Arrange, string, string[]]>([
    [
      'is decided again on a fresh read after a 412',
      answeredBy('StaleCluster', byColleague),
      'again',
      ['api Assigned', 'other Assigned'],
    ],
    [
      'is done when the 412 comes of somebody who wrote the same',
      answeredBy('StaleCluster', arrives),
      'written',
      ['api Assigned', 'web Assigned'],
    ],
    ['is sent again after a 409', answeredBy('ClusterBusy'), 'again', ['api Assigned']],
    ['is sent again after a 5xx that nothing came of', answeredBy('Unavailable'), 'again', ['api Assigned']],
    [
      'is done when it arrived though the answer was a 5xx, or the connection was reset',
      answeredBy('Unavailable', arrives),
      'written',
      ['api Assigned', 'web Assigned'],
    ],
  ])('%s', async (_what, arrange, kind, entries) => {
    const { azure, written } = await put(arrange);
    expect(written).toMatchObject({ kind, cluster: azure.cluster });
    expect(names(azure)).toEqual(entries);
    // It was sent, and answered before it came to the profile: nothing was sent behind that.
    expect(azure.puts).toEqual([]);
    expect(azure.progress).toHaveLength(2);
  });

  it('says meanwhile what Azure answered', async () => {
    const { azure } = await put(answeredBy('Unavailable'));
    expect(azure.progress.at(-1)).toBe('Unavailable it is; checking whether the write arrived');
  });

  it('waits after a 409 until the other operation has ended', async () => {
    let reads = 0;
    const { azure, written, tookMs } = await put((fresh) => {
      answeredBy('ClusterBusy')(fresh);
      fresh.beforeGet = () => {
        reads += 1;
        fresh.cluster = { ...fresh.cluster, provisioningState: reads < 4 ? 'Updating' : 'Succeeded' };
      };
    });
    expect(written).toMatchObject({ kind: 'again', cluster: { provisioningState: 'Succeeded' } });
    expect([reads, tookMs]).toEqual([4, 4 * shortest]);
    expect(azure.progress.at(-1)).toBe('Azure is working on cluster aks: Updating');
  });

  it('fails by a 409 when nothing is to be waited for', async () => {
    const { written } = await put(answeredBy('ClusterBusy'), { noWait: true });
    expect(written).toMatchObject({ kind: 'thrown', error: { code: 'ClusterBusy' } });
  });

  it.each([
    [0, {}, shortest],
    [2, {}, 4 * shortest],
    [4, {}, 45_000],
    [0, { retryAfterMs: 50_000 }, 50_000],
  ])(
    'pauses longer after each 5xx in a row (%d before it, %j), as Azure asks at least',
    async (before, more, pauseMs) => {
      const tries = { transientFailures: before, assignment: 0, autoscaled: 0 };
      const { tookMs } = await put(answeredBy('Unavailable', undefined, more), {}, tries);
      expect([tries.transientFailures, tookMs]).toEqual([before + 1, pauseMs]);
    },
  );

  it('counts 5xx anew behind a 412', async () => {
    const { tries } = await put(
      answeredBy('StaleCluster'),
      {},
      { transientFailures: 3, assignment: 0, autoscaled: 0 },
    );
    expect(tries.transientFailures).toBe(0);
  });

  it('gives a server up that answered 5xx to six in a row', async () => {
    const { written } = await put(
      answeredBy('Unavailable'),
      {},
      { transientFailures: 5, assignment: 0, autoscaled: 0 },
    );
    expect(written).toMatchObject({ kind: 'thrown', error: { code: 'Unavailable' } });
  });

  it.each<Code>(['Forbidden', 'ClusterNotFound', 'LimitReached'])(
    'fails at once by %s, and reads nothing',
    async (code) => {
      const { written, azure, tookMs } = await put((fresh) => {
        answeredBy(code)(fresh);
        fresh.beforeGet = () => {
          throw new Error('nobody reads now');
        };
      });
      expect(written).toMatchObject({ kind: 'thrown', error: { code } });
      expect([azure.progress, tookMs]).toEqual([[writing], 0]);
    },
  );

  it('says whose write was on its way when the user ends it meanwhile', async () => {
    const ending = new AbortController();
    const { written } = await put(
      (azure) =>
        azure.putFaults.push(() => {
          ending.abort(new PodidError('Interrupted', 'Interrupted.'));
          throw ending.signal.reason;
        }),
      { signal: ending.signal },
    );
    expect(written).toMatchObject({
      kind: 'thrown',
      error: {
        code: 'Interrupted',
        message: 'Interrupted. The write was sent, and Azure may have accepted it.',
        hint: hintText(expect.stringMatching(/^podid wait .*--namespace shop --name web --for assigned/)),
      },
    });
  });
});

describe('the answer to a PUT', () => {
  it('that lacks an entry which was sent is a loss, with the command that puts it back', async () => {
    const { written } = await put((azure) => {
      azure.answerFault = (answer) => {
        const { profile } = answer.cluster;
        const identities = profile.identities.filter(({ name }) => name !== 'api');
        return { ...answer, cluster: { ...answer.cluster, profile: { ...profile, identities } } };
      };
    });
    expect(written).toMatchObject({
      kind: 'thrown',
      error: {
        code: 'EntriesLost',
        message: expect.stringContaining('pod identity shop/api'),
        hint: hintText(expect.stringMatching(/^podid add .*--namespace shop --name api/)),
      },
    });
  });
});

describe('the operation of a PUT', () => {
  it.each([
    [
      'Failed',
      { code: 'InternalOperationError', message: 'Out of luck.' },
      'ended as Failed: InternalOperationError: Out of luck.',
    ],
    ['Canceled', undefined, 'ended as Canceled: Azure gave no reason'],
  ] as const)('that ended as %s is a failure of what was written', async (status, error, said) => {
    const { written } = await put((azure) => {
      azure.ends = [{ status, ...(error && { error }) }];
    });
    expect(written).toMatchObject({
      kind: 'written',
      failure: {
        code: 'EntryFailed',
        message: expect.stringContaining(said),
        hint: hintText(expect.stringMatching(/^podid list/)),
      },
    });
  });

  it('that knows nothing yet of a role just granted is tried again, later each time', async () => {
    const tries = { transientFailures: 0, assignment: 2, autoscaled: 0 };
    const blocked = { code: 'PodIdentityAddonIdentitiesAssignmentError', message: 'No rights.' };
    const { written, azure, tookMs } = await put(
      (fresh) => {
        fresh.ends = [{ status: 'Failed', error: blocked }];
      },
      {},
      tries,
      [web.identity.resourceId],
    );
    expect(written).toMatchObject({ kind: 'again' });
    expect([tries.assignment, tookMs]).toEqual([3, 4 * shortest]);
    expect(azure.progress.at(-1)).toContain('waiting for Azure to see it');
  });

  it('that the user may not read leaves the cluster to be watched', async () => {
    const azure = new FakeAzure();
    const deps = azure.deps();
    const follow = () => Promise.reject(new PodidError('Forbidden', 'No right to read operations.'));
    const session = startChange({ ...deps, entries: { ...deps.entries, follow } }, options());
    const write: Write = {
      change: { decide: () => ({ kind: 'write', edit: addWeb }) },
      edit: addWeb,
      tries: { transientFailures: 0, assignment: 0, autoscaled: 0 },
    };
    expect(await putProfile(session, azure.cluster, write)).toMatchObject({ kind: 'written' });
    expect(azure.warnings).toEqual(['No right to read operations. Watching the cluster instead.']);
  });
});
