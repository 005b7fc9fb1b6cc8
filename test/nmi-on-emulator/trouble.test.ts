import { Agent, request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { nodeUptimeMs, writeHeartbeat } from '../../src/nmi/rules/heartbeat.ts';
import {
  type AgentWorld,
  azureIdentity,
  binding,
  identityOf,
  pod,
  seedShop,
  startWorld,
  tokenTarget,
  until,
} from './agent-world.ts';

describe('the agent, when the API server is away,', () => {
  it.concurrent('serves what it knew, says so in its readiness and metrics, and catches up', async () => {
    await using world = await startWorld({ before: seedShop });
    await world.kube.refuse();
    expect((await world.ask()).status).toBe(200);
    expect((await world.ask({ from: '127.0.0.8' })).status).toBe(400);
    const notReady = await until(async () => {
      const probe = await world.probe('/readyz');
      return probe.status === 503 ? probe : undefined;
    });
    expect(notReady.text).toMatch(
      /Nothing was received from the API server about \w+ for .* serving from the last known state/,
    );
    expect((await world.probe('/healthz')).status).toBe(200);
    expect(await world.metrics()).toMatch(/podid_nmi_watch_live\{resource="pods"\} 0/);

    world.kube.store.remove('AzureIdentityBinding', 'shop', 'web-binding');
    await world.kube.accept();
    await until(async () => ((await world.ask()).status === 400 ? true : undefined));
  });

  it.concurrent('holds the first requests of a cold start, and refuses them when nothing comes', async () => {
    await using world = await startWorld({
      waitForReady: false,
      before: (kube) => {
        seedShop(kube);
        kube.store.faults.away = '503';
      },
    });
    const refused = await world.ask();
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toBe('2');
    expect(refused.ms).toBeGreaterThan(4_500);
    const held = world.ask();
    world.kube.store.faults.away = null;
    expect((await held).status).toBe(200);
  });

  it('answers a request without the Metadata header at once all the same', async () => {
    await using world = await startWorld({
      waitForReady: false,
      before: (kube) => {
        kube.store.faults.away = 'hang';
      },
    });
    const answer = await world.ask({ headers: { Metadata: 'no' } });
    expect(answer.status).toBe(400);
    expect(answer.ms).toBeLessThan(500);
    world.kube.store.faults.away = null;
  });
});

describe.concurrent('the watch', () => {
  it('survives cuts, duplicates, 410 and events out of order', async () => {
    await using world = await startWorld({ before: seedShop });
    const { store } = world.kube;
    store.faults.duplicateEvents = true;
    store.seed(azureIdentity('api'));
    store.seed(binding('api', 'api'));
    store.seed(pod({ name: 'api', ip: '127.0.0.9', labels: { aadpodidbinding: 'api' } }));
    await until(async () => ((await world.ask({ from: '127.0.0.9' })).status === 200 ? true : undefined));
    store.faults.duplicateEvents = false;
    store.cutWatches();
    store.seed(binding('api', 'web'));
    await until(async () => ((await world.ask({ from: '127.0.0.9' })).status === 400 ? true : undefined));
    store.faults.reorderEvents = true;
    store.seed(binding('api', 'api'));
    store.remove('AzureIdentityBinding', 'shop', 'api-binding');
    store.faults.reorderEvents = false;
    await until(async () => ((await world.ask({ from: '127.0.0.9' })).status === 400 ? true : undefined));
    expect((await world.ask()).status).toBe(200);
  });
});

describe.concurrent('watches that are open and silent', () => {
  // Whether the server is asked for new ones or not, they bring nothing.
  it('do not let the next pod of an address have the tokens of the one before it', async () => {
    await using world = await startWorld({ before: seedShop, flags: ['--hold-sec=0'] });
    expect((await world.ask()).json['client_id']).toBe(identityOf('web').clientId);
    const { store } = world.kube;
    store.faults.hangWatches = true;
    store.remove('Pod', 'shop', 'web');
    store.seed(pod({ name: 'next', ip: '127.0.0.7' }));
    const began = performance.now();
    const answer = await until(async () => {
      const said = await world.ask();
      return said.status === 200 ? undefined : said;
    }, 60_000);
    process.stdout.write(
      `measured: watches silent, the next pod of the address: the token of the one before it for ${((performance.now() - began) / 1000).toFixed(1)} s\n`,
    );
    expect(answer.json['error_description']).toMatch(/shop\/next/);
  });
});

describe.concurrent('a pod that the agent does not know', () => {
  it('waits for the watch and is served when it comes', async () => {
    await using world = await startWorld({ before: seedShop });
    const asked = world.ask({ from: '127.0.0.20' });
    world.kube.store.seed(pod({ name: 'late', ip: '127.0.0.20', labels: { aadpodidbinding: 'web' } }));
    expect((await asked).json['client_id']).toBe(identityOf('web').clientId);
  });

  it('costs the API server two lists at most, however often it asks', async () => {
    await using world = await startWorld({ before: seedShop });
    const before = world.kube.store.count('list', 'pods');
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, index) =>
        world.ask({ from: `127.0.${1 + (index % 5)}.${index % 200}` }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect(answers.every(({ headers }) => headers['retry-after'] !== undefined)).toBe(true);
    expect(world.kube.store.count('list', 'pods') - before).toBeLessThanOrEqual(2);
  });

  it('is refused when two live pods claim its address', async () => {
    await using world = await startWorld({
      before: (kube) => {
        seedShop(kube);
        kube.store.seed(pod({ name: 'equivalent', namespace: 'other', ip: '127.0.0.7' }));
      },
    });
    const answer = await world.ask();
    expect(answer.status).toBe(503);
    expect(answer.json['error_description']).toMatch(/Several pods/);
  });
});

describe.concurrent('an address that the CNI gave to another pod than the API says', () => {
  it('gets no token until both agree', { timeout: 5 * 60_000 }, async () => {
    await using world = await startWorld({
      flags: ['--heartbeat-file=HEARTBEAT', '--hold-sec=1'],
      before: (kube) => {
        seedShop(kube);
        kube.store.seed(
          pod({ name: 'web', ip: '127.0.0.7', labels: { aadpodidbinding: 'web' }, uid: 'uid-web' }),
        );
      },
    });
    const uid = world.kube.store.get('Pod', 'shop', 'web')?.metadata.uid ?? '';
    // The keeper of the rules was never heard.
    expect((await world.ask()).status).toBe(503);
    // A record is stale after seconds, which a busy machine needs for less.
    const untilAnswered = (status: number, addresses: Record<string, string>) =>
      until(async () => {
        await beat(world, addresses);
        return (await world.ask()).status === status ? true : undefined;
      }, 60_000);
    await untilAnswered(200, { '127.0.0.7': uid });
    for (const addresses of [{ '127.0.0.7': 'uid-of-an-intruder' }, { '127.0.0.9': uid }]) {
      await untilAnswered(503, addresses);
      await untilAnswered(200, { '127.0.0.7': uid });
    }
  });
});

describe('an agent that ends', () => {
  it('breaks no keep-alive connection, and asks each client to open a new one', async () => {
    await using world = await startWorld({ before: seedShop });
    await world.ask();
    const clients = Array.from({ length: 16 }, () => keepAsking(world.port));
    await until(() => (clients.every((client) => client.answers() >= 5) ? true : undefined));
    const ended = world.end();
    const outcomes = await Promise.all(clients.map((client) => client.outcome));
    await ended;
    expect(outcomes).toEqual(Array(16).fill('asked to close'));
  });
});

describe('standard mode', () => {
  const flags = ['--operation-mode=standard', '--forceNamespaced=false'];
  const assignment = (state: string) => ({
    apiVersion: 'aadpodidentity.k8s.io/v1',
    kind: 'AzureAssignedIdentity',
    metadata: { name: 'web-shop-web', namespace: 'shop', labels: { nodename: 'node-1' } },
    spec: {
      azureIdentityRef: azureIdentity('web'),
      azureBindingRef: binding('web', 'web'),
      pod: 'web',
      podNamespace: 'shop',
      nodename: 'node-1',
    },
    status: { status: state },
  });

  it.concurrent('holds a request until MIC has assigned the identity', async () => {
    await using world = await startWorld({ flags, before: seedShop });
    world.kube.store.seed(assignment('Created'));
    const asked = world.ask();
    await until(() => (world.kube.store.count('watch', 'azureassignedidentities') > 0 ? true : undefined));
    world.kube.store.seed(assignment('Assigned'));
    expect((await asked).json['client_id']).toBe(identityOf('web').clientId);
  });

  it.concurrent('says 503 when MIC does not, after as long as it was told to hold the request', async () => {
    await using world = await startWorld({
      flags: [...flags, '--hold-sec=2'],
      before: (kube) => {
        seedShop(kube);
        kube.store.seed(assignment('Created'));
      },
    });
    const answer = await world.ask();
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
    expect(answer.ms).toBeGreaterThan(1_900);
  });
});

function beat(world: AgentWorld, addresses: Record<string, string>): Promise<void> {
  return writeHeartbeat(world.heartbeatFile, {
    rules: { intact: true, backend: 'nft', putBack: 0, packets: {} },
    guard: { active: false, pods: 0, unknown: 0, putBack: 0, packets: {} },
    listenOn: ['127.0.0.1'],
    problems: [],
    addresses,
    records: { keepsRecords: true, stamp: '', sources: {} },
    intervalMs: 60_000,
    writtenAtMs: Date.now(),
    writtenAtUptimeMs: nodeUptimeMs(),
  });
}

/** Asks again and again on one connection, until that ends, and says how. */
function keepAsking(port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let answers = 0;
  const once = () =>
    new Promise<string | undefined>((resolve) => {
      const headers = { Metadata: 'true' };
      httpRequest(
        { port, host: '127.0.0.1', path: tokenTarget, localAddress: '127.0.0.7', headers, agent },
        (answer) => {
          answer.resume();
          answer.on('error', () => resolve('broken'));
          answer.on('end', () => {
            answers += 1;
            const isLast = answer.headers.connection === 'close';
            resolve(
              answer.statusCode !== 200
                ? `status ${answer.statusCode}`
                : isLast
                  ? 'asked to close'
                  : undefined,
            );
          });
        },
      )
        .on('error', (error) => resolve(`broken: ${error.message}`))
        .end();
    });
  const run = async () => {
    for (;;) {
      const outcome = await once();
      if (outcome !== undefined) {
        agent.destroy();
        return outcome;
      }
    }
  };
  return { answers: () => answers, outcome: run() };
}
