import { describe, expect, it } from 'vitest';
import type { ClusterCommand, CommandEnd, RunCommand } from '../../../src/domain/azure/run-command.ts';
import type { MirrorRequest } from '../../../src/domain/kubernetes/cluster-objects.ts';
import { mirrorByCommand } from '../../../src/k8s/run-command/mirror-by-command.ts';
import { readByCommand } from '../../../src/k8s/run-command/read-by-command.ts';
import { hintText } from '../../hint-text.ts';

const { signal } = new AbortController();
const nothing: MirrorRequest = {
  ...{ identities: [], exceptions: [], goneIdentities: [], goneExceptions: [] },
  ...{ prune: false, force: false, dryRun: false },
};
const exception = { namespace: 'shop', name: 'legacy', podLabels: { app: 'legacy' } };

/** A cluster that answers in turn; what it was asked is kept. */
function cluster(...answers: readonly (string | CommandEnd)[]) {
  const asked: ClusterCommand[] = [];
  const left = [...answers];
  const run: RunCommand = async (command) => {
    asked.push(command);
    const answer = left.shift();
    if (answer === undefined) {
      throw new Error(`nobody expected ${command.text}`);
    }
    return typeof answer === 'string' ? { exitCode: 0, logs: answer } : answer;
  };
  return { run, asked };
}

function printed(...objects: readonly object[]): string {
  const lines = objects.map((object) => `podid-object ${JSON.stringify(object)}`);
  return ['podid-begin', ...lines, 'podid-end', ''].join('\n');
}

function stored(name: string, podLabels: object, manager = 'podid') {
  const managedFields = [
    {
      manager,
      operation: 'Update',
      apiVersion: 'aadpodidentity.k8s.io/v1',
      fieldsV1: { 'f:spec': { 'f:podLabels': {} } },
    },
  ];
  const labels = manager === 'podid' ? { 'app.kubernetes.io/managed-by': 'podid' } : {};
  const metadata = { namespace: 'shop', name, uid: `u-${name}`, resourceVersion: '7', labels, managedFields };
  return { kind: 'AzurePodIdentityException', metadata, spec: { podLabels } };
}

describe('mirroring by commands in the cluster', () => {
  it('puts nothing but words into the text that a shell reads', async () => {
    const { run, asked } = cluster(printed(), printed(stored('legacy', { app: '$(reboot)' })));
    const hostile = { ...exception, podLabels: { app: '$(reboot)' } };
    await mirrorByCommand(run, { ...nothing, exceptions: [hostile] }, signal);
    for (const { text } of asked) {
      expect(text).toMatch(/^[\w ./,=;-]+$/);
    }
    expect(asked[1]?.files['create.json']).toContain('$(reboot)');
  });

  it('never names in a command what no API server would have taken', async () => {
    const evil = stored('x; reboot', { a: 'b' });
    const { run } = cluster(printed(evil));
    await expect(mirrorByCommand(run, { ...nothing, prune: true }, signal)).rejects.toThrow(
      /not one that Kubernetes allows/,
    );
  });

  it('deletes with uid and version as preconditions', async () => {
    const { run, asked } = cluster(printed(stored('old', { a: 'b' })), printed());
    const changes = await mirrorByCommand(run, { ...nothing, prune: true }, signal);
    expect(changes.map(({ action, name }) => `${action} ${name}`)).toEqual(['delete old']);
    expect(asked[1]?.text).toContain(
      'kubectl delete --raw /apis/aadpodidentity.k8s.io/v1/namespaces/shop/azurepodidentityexceptions/old -f delete-0.json; kubectl get ',
    );
    expect(JSON.parse(asked[1]?.files['delete-0.json'] ?? '')).toMatchObject({
      preconditions: { uid: 'u-old', resourceVersion: '7' },
    });
  });

  it('sends a dry run to the server as one, deletions too', async () => {
    const { run, asked } = cluster(printed(stored('old', { a: 'b' })), 'created (server dry run)');
    const request = { ...nothing, exceptions: [exception], prune: true, dryRun: true };
    const changes = await mirrorByCommand(run, request, signal);
    expect(changes.map(({ action }) => action)).toEqual(['create', 'delete']);
    expect(asked[1]?.text).toContain('--dry-run=server');
    expect(JSON.parse(asked[1]?.files['delete-1.json'] ?? '')).toMatchObject({ dryRun: ['All'] });
  });

  it('writes again, at the version that is now, what changed between reading and writing', async () => {
    const other = { ...stored('legacy', { app: 'other' }) };
    const newer = { ...other, metadata: { ...other.metadata, resourceVersion: '8' } };
    const conflict = 'Error from server (Conflict): the object has been modified\n';
    const { run, asked } = cluster(
      printed(other),
      conflict + printed(newer),
      printed(stored('legacy', exception.podLabels)),
    );
    const changes = await mirrorByCommand(run, { ...nothing, exceptions: [exception] }, signal);
    expect(changes).toMatchObject([{ action: 'update', name: 'legacy' }]);
    const versions = asked
      .slice(1)
      .map(({ files }) => /"resourceVersion":"(\d)"/.exec(files['replace.json'] ?? '')?.[1]);
    expect(versions).toEqual(['7', '8']);
  });

  it('gives up after three rounds, with what kubectl said', async () => {
    const refused = `The AzurePodIdentityException "legacy" is invalid: spec: no\n${printed()}`;
    const { run } = cluster(printed(), refused, refused, refused);
    await expect(mirrorByCommand(run, { ...nothing, exceptions: [exception] }, signal)).rejects.toMatchObject(
      {
        code: 'MirrorFailed',
        exitCode: 7,
        message: expect.stringContaining('is invalid: spec: no'),
      },
    );
  });

  it('names the missing right', async () => {
    const words =
      'Error from server (Forbidden): azurepodidentityexceptions.aadpodidentity.k8s.io is forbidden: User "anna@contoso.com" cannot list resource "azurepodidentityexceptions" in API group "aadpodidentity.k8s.io" at the cluster scope';
    const { run } = cluster({ exitCode: 1, logs: words });
    await expect(mirrorByCommand(run, nothing, signal)).rejects.toMatchObject({
      exitCode: 6,
      hint: hintText(expect.stringContaining('--clusterrole=podid-mirror --user=anna@contoso.com')),
    });
  });
});

describe('reading by commands in the cluster', () => {
  const whole = printed(stored('legacy', { app: 'x' }));

  it.each([
    ['its end', whole.slice(0, -20)],
    ['its beginning', whole.slice(20)],
    ['its middle', whole.replace('"kind"', '')],
  ])('asks kind by kind when an output lacks %s', async (_what, cut) => {
    const { run, asked } = cluster(cut, printed(), printed(), whole);
    expect(await readByCommand(run, signal)).toHaveLength(1);
    expect(asked.map(({ text }) => text.split(' ')[2]?.split(',').length)).toEqual([3, 1, 1, 1]);
  });

  it('asks namespace by namespace when a kind does not fit either', async () => {
    const places = [
      'podid-begin',
      'podid-object shop',
      'podid-object shop',
      'podid-object demo',
      'podid-end',
    ].join('\n');
    const { run, asked } = cluster('', '', places, whole, printed(), printed(), printed());
    expect(await readByCommand(run, signal)).toHaveLength(1);
    expect(asked.map(({ text }) => /--namespace=(\w+)/.exec(text)?.[1]).filter(Boolean)).toEqual([
      'shop',
      'demo',
    ]);
  });

  it('says so when one namespace holds too much', async () => {
    const places = ['podid-begin', 'podid-object shop', 'podid-end'].join('\n');
    const { run } = cluster('', '', places, '');
    await expect(readByCommand(run, signal)).rejects.toThrow(
      /AzureIdentity in namespace shop are larger than the 512 kB/,
    );
  });
});
