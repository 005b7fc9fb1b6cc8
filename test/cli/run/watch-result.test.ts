import { describe, expect, it } from 'vitest';
import type { PodIdentity } from '../../../src/domain/entries/pod-identity.ts';
import { advice } from '../../../src/errors/hint.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { identityId, lastError, run, silentAzure, subscriptionId } from '../fake-context.ts';
import { oneCluster } from '../one-cluster.ts';

const where = `-g demo -c demo --subscription ${subscriptionId}`;
const web = (provisioningState: string): PodIdentity => ({
  namespace: 'shop',
  name: 'web',
  bindingSelector: 'web',
  identity: { resourceId: identityId, clientId: 'client-1', objectId: 'object-1' },
  provisioningState,
});
const away = new PodidError('Unavailable', 'Azure does not answer.', { hint: advice`Try again.` });

/** Azure answers one look after the other; after the last the command is interrupted. */
async function watch(
  line: string,
  looks: readonly (string | Error)[],
  code: 'Interrupted' | 'Terminated' = 'Interrupted',
) {
  const interruption = new AbortController();
  const waits: number[] = [];
  let looked = 0;
  const silent = silentAzure([]);
  const get = async () => {
    const look = looks[looked];
    looked += 1;
    if (look instanceof Error) {
      throw look;
    }
    return oneCluster({ identities: look === undefined ? [] : [web(look)] });
  };
  const ran = await run(line, {
    terminal: line.includes('-o table'),
    env: { NO_COLOR: '1' },
    context: {
      signal: interruption.signal,
      clock: {
        now: () => 1_800_000_000_000,
        monotonic: () => 0,
        random: () => 0,
        async sleep(ms) {
          waits.push(ms);
          if (looked === looks.length) {
            interruption.abort(new PodidError(code, `${code}.`, { hint: advice`podid status` }));
          }
          interruption.signal.throwIfAborted();
        },
      },
      connectAzure: async () => ({ ...silent, clusters: { ...silent.clusters, get } }) as never,
    },
  });
  return { ran, waits };
}

describe('a watch', () => {
  it('prints a line of JSON each time the list is another, and ends with Ctrl-C without a word', async () => {
    const { ran, waits } = await watch(`list ${where} --watch`, [
      'Updating',
      'Updating',
      'Failed',
      'Assigned',
    ]);
    const states = ran.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)[0].provisioningState);
    expect(states).toEqual(['Updating', 'Failed', 'Assigned']);
    expect(ran).toMatchObject({ exitCode: 130, stderr: expect.not.stringContaining('Interrupted') });
    expect(waits).toEqual([5000, 5000, 5000, 5000]);
  });

  it('looks as often as it is told, and ends with 143 by SIGTERM', async () => {
    const { ran, waits } = await watch(
      `ls ${where} -w --poll-interval 2s`,
      ['Assigned', 'Assigned'],
      'Terminated',
    );
    expect([ran.exitCode, waits]).toEqual([143, [2000, 2000]]);
  });

  it('prints tables with the time between them', async () => {
    const { ran } = await watch(`list ${where} -w -o table`, ['Updating', 'Assigned']);
    expect(ran.stdout.match(/^NAME /gm)).toHaveLength(2);
    expect(ran.stderr).toContain('\n2027-01-15T08:00:00.000Z\n');
  });

  it('picks as the list does', async () => {
    const { ran } = await watch(`list ${where} -w --state Failed -o name`, [
      'Updating',
      'Failed',
      'Assigned',
    ]);
    expect(ran.stdout).toBe('shop/web\n');
  });

  it('outlives an Azure that is away, and says so once', async () => {
    const { ran } = await watch(`status ${where} -w`, ['Updating', away, away, 'Failed', away, 'Failed']);
    expect(ran.exitCode).toBe(130);
    expect(ran.stderr.match(/Azure does not answer/g)).toHaveLength(2);
    const failed = ran.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).failed.length);
    expect(failed).toEqual([0, 1]);
  });

  it('does not begin where the first look fails', async () => {
    const { ran } = await watch(`list ${where} --watch`, [away]);
    expect(ran.exitCode).toBe(7);
  });

  it.each([
    [`list ${where} --poll-interval 5s`, '--poll-interval needs --watch'],
    [`status ${where} --poll-interval 5s`, '--poll-interval needs --watch'],
    [`list ${where} -w --raw-cluster`, '--watch and --raw-cluster contradict'],
    [`status ${where} -w --poll-interval 5`, '"5" is not a duration'],
  ])('is refused before any request: %s', async (line, text) => {
    const ran = await run(line, { json: true });
    expect(ran).toMatchObject({ exitCode: 2, requests: [] });
    expect(lastError(ran).message).toContain(text);
  });
});
