import { describe, expect, it } from 'vitest';
import { seedShop, startWorld } from './agent-world.ts';

const instance = '/metadata/instance?api-version=2021-02-01';

describe('the rest of IMDS', () => {
  it('is read through the agent, with headers of its own making, and asked for once in ten seconds', async () => {
    await using world = await startWorld({ before: seedShop });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        world.ask({ target: `${instance}&x=1`, headers: { Secret: 'of the pod' } }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers[0]?.json).toHaveProperty('compute');
    expect(answers[0]?.headers['x-podid-agent']).toBeDefined();
    expect(world.imds.asked().map(({ target }) => target)).toEqual([instance]);
  });

  it('passes on what IMDS says against a request', async () => {
    await using world = await startWorld({ before: seedShop });
    expect((await world.ask({ target: '/metadata/instance' })).status).toBe(400);
    expect((await world.ask({ target: `${instance}&format=<x>` })).status).toBe(400);
    expect((await world.ask({ target: instance, method: 'POST' })).status).toBe(405);
  });

  it('is closed where a flag says so', async () => {
    await using world = await startWorld({ before: seedShop, flags: ['--block-instance-metadata'] });
    expect((await world.ask({ target: instance })).status).toBe(403);
    expect((await world.ask({ target: '/metadata/scheduledevents?api-version=2020-07-01' })).status).toBe(
      403,
    );
    expect((await world.ask({ target: '/metadata/identity/info' })).status).toBe(404);
    expect(world.imds.asked()).toEqual([]);
  });

  it('leaves a count and a line of each refusal, and nothing of a query', async () => {
    await using world = await startWorld({ before: seedShop });
    await world.ask({ target: '/metadata\\instance' });
    await world.ask({ target: '/latest/meta-data/?token=secret-of-a-client' });
    await world.ask({ target: instance, headers: { 'X-Forwarded-For': '10.0.0.1' } });
    await world.ask({ target: '/metadata/attested/document' });
    const metrics = await world.metrics();
    const seen = world.log.filter(({ kind }) => kind === 'other');
    for (const reason of ['bad-path', 'unknown-path', 'forwarded', 'blocked']) {
      expect(metrics).toContain(`podid_nmi_refused_total{reason="${reason}"} 1`);
      expect(seen.filter((line) => line['reason'] === reason)).toHaveLength(1);
    }
    expect(JSON.stringify(world.log)).not.toContain('secret-of-a-client');
  });

  it('is 503 while IMDS is away', async () => {
    await using world = await startWorld({ before: seedShop });
    await world.imds.stop();
    const answer = await world.ask({ target: instance });
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': expect.any(String) } });
  });

  it('is there for a pod though sixty addresses of no pod ask, which have one share of the queue together', async () => {
    await using world = await startWorld({ before: seedShop });
    const unknownPeers = Array.from({ length: 60 }, (_, number) =>
      world.ask({ from: `127.0.9.${number + 1}`, target: `/metadata/instance?api-version=${number}` }),
    );
    await Promise.any(unknownPeers.map(async (answer) => (await answer).status === 503 || Promise.reject()));
    expect((await world.ask({ target: instance })).status).toBe(200);
    const refused = (await Promise.all(unknownPeers)).filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThanOrEqual(50);
  });
});
