import { describe, expect, it } from 'vitest';
import type { Context } from '../../../src/cli/run/context.ts';
import type { PodIdentity } from '../../../src/domain/entries/pod-identity.ts';
import { advice } from '../../../src/errors/hint.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { agentPod, fakePlace, installation } from '../../workflows/agent/fake-agent-place.ts';
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
  const connectAzure = async () => ({ ...silent, clusters: { ...silent.clusters, get } }) as never;
  const isOver = () => looked === looks.length;
  const ran = await runUntil(line, { isOver, interruption, code, waits, context: { connectAzure } });
  return { ran, waits };
}

/** How often a log is told that a step still lasts. */
const progressMs = 60_000;

/** The agents of one cluster, one look after the other: the nodes whose agents are there. */
async function watchAgents(
  line: string,
  looks: readonly (readonly string[] | Error)[],
  nodes?: (look: number) => Error | undefined,
) {
  const interruption = new AbortController();
  const waits: number[] = [];
  let looked = 0;
  const connectCluster = async () =>
    fakePlace(
      {
        installations: async () => [installation()],
        taintedNodes: async () => {
          const fault = nodes?.(looked);
          if (fault !== undefined) {
            throw fault;
          }
          return ['a', 'b'].map((name) => ({ name, ready: true, takesAgent: true, taints: [] }));
        },
      },
      {
        agents: async () => {
          const look = looks[looked];
          looked += 1;
          if (look instanceof Error) {
            throw look;
          }
          return (look ?? []).map((name) => agentPod(name));
        },
        ask: async () => ({ status: 200, text: 'podid_nmi_rules_intact 1\n' }),
      },
    ) as never;
  const isOver = () => looked === looks.length;
  const context = { connectCluster };
  return { ran: await runUntil(line, { isOver, interruption, code: 'Interrupted', waits, context }), waits };
}

interface Until {
  readonly isOver: () => boolean;
  readonly interruption: AbortController;
  readonly code: 'Interrupted' | 'Terminated';
  readonly waits: number[];
  readonly context: Partial<Context>;
}

/** A wait after the last look is interrupted. */
async function runUntil(line: string, { isOver, interruption, code, waits, context }: Until) {
  return await run(line, {
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
          if (isOver()) {
            interruption.abort(new PodidError(code, `${code}.`, { hint: advice`podid status` }));
          }
          interruption.signal.throwIfAborted();
        },
      },
      ...context,
    },
  });
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

  it('of the agents prints the nodes each time one is another, and tells a warning again only when it is another', async () => {
    const both = ['a', 'b'];
    const { ran, waits } = await watchAgents('nmi status --kubeconfig lab.yaml -w', [
      ['a'],
      ['a'],
      both,
      ['a'],
      both,
    ]);
    const ready = ran.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).nodes.map((node: { ready: boolean }) => node.ready));
    expect(ready).toEqual([
      [true, false],
      [true, true],
      [true, false],
      [true, true],
    ]);
    expect(ran.stderr.match(/1 node has no agent/g)).toHaveLength(2);
    expect(ran.stderr.match(/Looking for agents/g)).toHaveLength(1);
    expect(ran.exitCode).toBe(130);
    expect(waits.filter((ms) => ms !== progressMs)).toEqual([5000, 5000, 5000, 5000, 5000]);
  });

  it('of the agents outlives an API server that is away, and prints tables', async () => {
    const gone = new PodidError('ClusterUnreachable', 'No answer.', { hint: advice`Try again.` });
    const line = 'nmi status --kubeconfig lab.yaml --watch --poll-interval 2s -o table';
    const { ran, waits } = await watchAgents(line, [['a', 'b'], gone, gone, ['a', 'b'], ['a']]);
    expect(ran.stdout.match(/^NODE /gm)).toHaveLength(2);
    expect(ran.stderr.match(/No answer/g)).toHaveLength(1);
    expect(ran.stderr).toContain('\n2027-01-15T08:00:00.000Z\n');
    expect(new Set(waits)).toEqual(new Set([progressMs, 2000]));
    expect(ran.exitCode).toBe(130);
  });

  it('of the agents goes on where nodes may not be listed, and says so once', async () => {
    const forbidden = new PodidError('Forbidden', 'The cluster does not let you list nodes.');
    const line = 'nmi status --kubeconfig lab.yaml --watch -o table';
    const { ran } = await watchAgents(line, [['a'], [], ['a', 'b']], () => forbidden);
    expect(ran.stdout.match(/^NODE .*\n.*$/gm)).toHaveLength(2);
    expect(ran.stdout).toContain('No agent was seen, and which nodes there are is unknown');
    expect(ran.stderr.match(/let you list nodes/g)).toHaveLength(1);
    expect(ran.exitCode).toBe(130);
  });

  it('of the agents tells once what is new in looks that fail one after the other', async () => {
    const forbidden = new PodidError('Forbidden', 'The cluster does not let you list nodes.');
    const gone = new PodidError('ClusterUnreachable', 'No answer.', { hint: advice`Try again.` });
    const line = 'nmi status --kubeconfig lab.yaml --watch -o json';
    const looks = [['a', 'b'], gone, gone, gone, ['a', 'b']];
    const { ran } = await watchAgents(line, looks, (look) => (look === 0 ? undefined : forbidden));
    expect(ran.stderr.match(/let you list nodes/g)).toHaveLength(1);
    expect(ran.stderr.match(/No answer/g)).toHaveLength(1);
    expect(ran.exitCode).toBe(130);
  });

  it('does not begin where the first look fails', async () => {
    const { ran } = await watch(`list ${where} --watch`, [away]);
    expect(ran.exitCode).toBe(7);
  });

  it.each([
    [`list ${where} --poll-interval 5s`, '--poll-interval needs --watch'],
    [`status ${where} --poll-interval 5s`, '--poll-interval needs --watch'],
    ['nmi status --kubeconfig lab.yaml --poll-interval 5s', '--poll-interval needs --watch'],
    ['nmi status --kubeconfig lab.yaml -w --probe', '--watch and --probe contradict'],
    [`list ${where} -w --raw-cluster`, '--watch and --raw-cluster contradict'],
    [`status ${where} -w --poll-interval 5`, '"5" is not a duration'],
  ])('is refused before any request: %s', async (line, text) => {
    const ran = await run(line, { json: true });
    expect(ran).toMatchObject({ exitCode: 2, requests: [] });
    expect(lastError(ran).message).toContain(text);
  });
});
