import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/emulator/faults.ts';
import { type ArmClient, clusterPath, identityPath, withArm } from './arm/arm-client.ts';

const put = { operation: 'clusters.put' } as const;
const get = { operation: 'clusters.get' } as const;

async function state(arm: ArmClient) {
  const { body } = await arm.get();
  const entries = body.properties.podIdentityProfile.userAssignedIdentities ?? [];
  return entries.map(
    (one: { name: string; provisioningState: string }) => `${one.name} ${one.provisioningState}`,
  );
}

const cases: readonly { does: string; faults: readonly Fault[]; run: (arm: ArmClient) => Promise<void> }[] = [
  {
    does: 'answers with a status, headers and body, as often as it is set to, from the nth on',
    faults: [
      {
        match: { ...get, nth: 2, times: 1 },
        effect: { status: 429, headers: { 'retry-after': '3' }, body: { code: 'x' } },
      },
    ],
    run: async (arm) => {
      const answers = [await arm.get(), await arm.get(), await arm.get()];
      expect(answers.map((one) => one.status)).toEqual([200, 429, 200]);
      expect([answers[1]?.headers.get('retry-after'), answers[1]?.body]).toEqual(['3', { code: 'x' }]);
    },
  },
  {
    does: 'answers HTML where JSON was due, and redirects',
    faults: [
      {
        match: { ...get, times: 1 },
        effect: { status: 502, headers: { 'content-type': 'text/html' }, text: '<html></html>' },
      },
      {
        match: { path: 'userAssignedIdentities' },
        effect: { status: 307, headers: { location: 'http://127.0.0.1:9/' } },
      },
    ],
    run: async (arm) => {
      const html = await arm.get();
      expect([html.headers.get('content-type'), html.text]).toEqual(['text/html', '<html></html>']);
      expect((await arm.get(identityPath('web'))).status).toBe(307);
    },
  },
  {
    does: 'cuts a body off, and drops a connection',
    faults: [
      { match: { ...get, times: 1 }, effect: { truncate: true } },
      { match: { ...get, nth: 1, times: 1 }, effect: { drop: true } },
    ],
    run: async (arm) => {
      await expect(arm.get()).rejects.toThrow();
      expect((await arm.get()).status).toBe(200);
      arm.emulator.faults.set([{ match: { ...get, times: 1 }, effect: { truncate: true } }]);
      await expect(arm.get()).rejects.toThrow();
    },
  },
  {
    does: 'hangs without any effect',
    faults: [{ match: put, effect: { hang: true } }],
    run: async (arm) => {
      const { emulator } = arm;
      const signal = AbortSignal.timeout(100);
      const headers = { authorization: `Bearer ${emulator.armToken}` };
      const url = `${emulator.url}${clusterPath}?api-version=2026-04-01`;
      await expect(fetch(url, { method: 'PUT', body: '{}', headers, signal })).rejects.toThrow();
      expect((await arm.get()).body.properties.provisioningState).toBe('Succeeded');
    },
  },
  {
    does: 'accepts a PUT and answers 500, or nothing',
    faults: [{ match: { ...put, times: 1 }, effect: { status: 500, body: {}, when: 'after' } }],
    run: async (arm) => {
      await arm.grant('web');
      expect((await arm.addEntry('web')).status).toBe(500);
      expect(await state(arm)).toEqual([expect.stringMatching(/^web /)]);
      arm.emulator.clock.advance(60_000);
      arm.emulator.faults.set([{ match: put, effect: { drop: true, when: 'after' } }]);
      await expect(arm.edit((document) => Object.assign(document, { tags: { a: 'b' } }))).rejects.toThrow();
      expect((await arm.get()).body.tags).toEqual({ a: 'b' });
    },
  },
  {
    does: 'lets polls be dead for minutes of emulator time',
    faults: [{ match: { operation: 'operations.get', forMs: 180_000 }, effect: { drop: true } }],
    run: async (arm) => {
      const answer = await arm.edit(() => {});
      await expect(arm.finish(answer)).rejects.toThrow();
      arm.emulator.clock.advance(179_000);
      await expect(arm.finish(answer)).rejects.toThrow();
      arm.emulator.clock.advance(1_000);
      expect((await arm.finish(answer)).body.status).toBe('Succeeded');
    },
  },
  {
    does: 'ends an entry Failed although its operation succeeded',
    faults: [
      {
        match: put,
        effect: { failEntry: { namespace: 'demo', name: 'web', error: { code: 'Locked', message: 'm' } } },
      },
    ],
    run: async (arm) => {
      await arm.grant('web');
      expect((await arm.finish(await arm.addEntry('web'))).body.status).toBe('Succeeded');
      expect(await state(arm)).toEqual(['web Failed']);
      const [entry] = (await arm.get()).body.properties.podIdentityProfile.userAssignedIdentities;
      expect(entry.provisioningInfo.error.error.code).toBe('Locked');
    },
  },
  {
    does: 'ends an operation Failed with its own error, and the cluster with it',
    faults: [
      {
        match: put,
        effect: {
          operation: { status: 'Failed', error: { code: 'ReconcilePodIdentityAddonError', message: 'm' } },
        },
      },
    ],
    run: async (arm) => {
      await arm.grant('web');
      const last = await arm.finish(await arm.addEntry('web'));
      expect([last.body.status, last.body.error.code]).toEqual(['Failed', 'ReconcilePodIdentityAddonError']);
      expect(await state(arm)).toEqual(['web Failed']);
      expect((await arm.get()).body.properties.provisioningState).toBe('Failed');
    },
  },
  {
    does: 'lets a colleague in between GET and PUT',
    faults: [
      {
        match: { ...put, times: 1 },
        effect: {
          edit: {
            add: [{ name: 'other', namespace: 'demo', identity: { resourceId: identityPath('jobs') } }],
          },
        },
      },
    ],
    run: async (arm) => {
      await arm.grant('web');
      await arm.grant('jobs');
      const { eTag } = (await arm.get()).body;
      expect((await arm.edit(() => {}, { 'if-match': eTag })).status).toBe(412);
      expect(await state(arm)).toEqual(['other Assigned']);
    },
  },
  {
    does: 'loses an entry on the way',
    faults: [{ match: put, effect: { loseEntry: { namespace: 'demo', name: 'web' } } }],
    run: async (arm) => {
      await arm.grant('web');
      const answer = await arm.addEntry('web');
      expect(answer.status).toBe(200);
      expect(answer.text).not.toContain('"Updating","name":"web"');
      await arm.finish(answer);
      expect(await state(arm)).toEqual([]);
    },
  },
  {
    does: 'leaves out eTags for a while, and slows answers down',
    faults: [{ match: { ...get, times: 1 }, effect: { withoutETag: true, delayMs: 30 } }],
    run: async (arm) => {
      const start = performance.now();
      expect((await arm.get()).text).not.toContain('eTag');
      expect(performance.now() - start).toBeGreaterThanOrEqual(25);
      expect((await arm.get()).text).toContain('eTag');
    },
  },
];

describe('a fault of the emulator', () => {
  it.each(cases)('$does', async ({ faults, run }) => {
    await withArm({}, async (arm) => {
      arm.emulator.faults.set(faults);
      await run(arm);
    });
  });

  it('is set, listed with its hits, and cleared over HTTP, and refused when it is misspelt', async () => {
    await withArm({}, async (arm) => {
      const url = `${arm.emulator.url}/_podid/faults`;
      const fault = { match: { operation: 'clusters.get' }, effect: { status: 503 } };
      await arm.call('PUT', url, [fault]);
      expect((await arm.get()).status).toBe(503);
      expect((await arm.call('GET', url)).body).toEqual([{ ...fault, hits: 1 }]);
      expect((await arm.call('PUT', url, [{ effect: { statuss: 503 } }])).status).toBe(400);
      await arm.call('DELETE', url);
      expect((await arm.get()).status).toBe(200);
    });
  });

  it('has in its schema exactly the effects that are taken', async () => {
    const document = await readFile(new URL('../../docs/emulator.md', import.meta.url), 'utf8');
    const schemas = [...document.matchAll(/```json\n(.*?)```/gs)].map(([, text]) => JSON.parse(text ?? ''));
    const schema = schemas.find((one) => one.title === 'Faults');
    const { effect, match } = schema.items.properties;
    await withArm({}, async (arm) => {
      const take = (fault: object) => arm.call('POST', `${arm.emulator.url}/_podid/faults`, [fault]);
      const operation = 'nothing';
      for (const name of Object.keys(effect.properties)) {
        expect((await take({ match: { operation }, effect: { [name]: null } })).status).toBe(200);
      }
      for (const name of Object.keys(match.properties)) {
        expect((await take({ match: { [name]: 'nothing', operation }, effect: {} })).status).toBe(200);
      }
    });
  });
});
