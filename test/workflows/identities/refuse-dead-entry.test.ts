import { describe, expect, it } from 'vitest';
import { applyFile } from '../../../src/workflows/apply/apply-file.ts';
import type { ChangeOptions } from '../../../src/workflows/change/start-change.ts';
import { addIdentity } from '../../../src/workflows/entries/add-identity.ts';
import { updateIdentity } from '../../../src/workflows/entries/update-identity.ts';
import { clusterId, clusterWith, FakeAzure, identityId, options, podIdentity } from '../fake-azure.ts';

type Command = (azure: FakeAzure, more?: Partial<ChangeOptions>) => Promise<unknown>;

const named = (namespace: string, name: string, identity: string) => ({
  namespace,
  name,
  identityResourceId: identityId(identity),
});
const add =
  (identity: string, name = identity): Command =>
  (azure, more) =>
    addIdentity(azure.deps(), { cluster: clusterId, ...named('shop', name, identity) }, options(more));
const update: Command = (azure, more) =>
  updateIdentity(azure.deps(), { cluster: clusterId, ...named('shop', 'web', 'api') }, options(more));
const apply =
  (prune: boolean): Command =>
  (azure, more) =>
    applyFile(
      azure.deps(),
      {
        cluster: clusterId,
        wanted: { identities: [named('shop', 'web', 'web'), named('shop', 'api', 'api')] },
        files: ['pods.yaml'],
        prune,
        keepGoing: false,
        extras: {},
        show: () => undefined,
      },
      options(more),
    );

/** Beside `web`, which is as it should be, there is `dead`, whose managed identity is gone. */
const azureWith = (more = {}) =>
  new FakeAzure(clusterWith({}, { identities: [podIdentity('web'), podIdentity('dead', more)] }));

describe('an entry whose managed identity is gone', () => {
  it.each<[string, Command]>([
    ['add', add('api')],
    ['update', update],
    ['apply', apply(false)],
    ['add --dry-run', (azure) => add('api')(azure, { dryRun: true })],
  ])('is named by %s before anything is granted beside it', async (_, command) => {
    const azure = azureWith();
    const error = await command(azure).then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: 'AssignmentBlocked', exitCode: 5 });
    expect(error.message).toContain(`entry shop/dead: its managed identity ${identityId('dead')} is gone.`);
    expect(String(error.hint)).toMatch(/^podid delete .* --namespace shop --name dead$/);
    expect([azure.created, azure.puts]).toEqual([[], []]);
  });

  it.each<[string, Command, FakeAzure]>([
    ['has nothing to grant, and leaves it to Azure', add('web', 'second'), azureWith()],
    ['removes it in the same write', apply(true), azureWith()],
    ['finds it on its way out', add('api'), azureWith({ provisioningState: 'Deleting' })],
  ])('stops no command that %s', async (_, command, azure) => {
    await command(azure);
    expect(azure.puts).toHaveLength(1);
  });
});
