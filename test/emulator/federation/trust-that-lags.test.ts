import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/emulator/exact-json.ts';
import type { Fault } from '../../../src/emulator/faults.ts';
import { type ArmClient, withArm } from '../arm/arm-client.ts';
import {
  agent,
  agentSubject,
  askAbout,
  clientIdOf,
  credentialPath,
  enableIssuer,
  exchange,
  tokenOf,
  trust,
} from './federation-client.ts';

/** @returns what asks Entra once, and says the code that it refuses with; undefined for a token */
async function askEntra(arm: ArmClient) {
  const asked = { client_id: clientIdOf(arm, 'web'), client_assertion: await tokenOf(arm, agent) };
  return async () => (await exchange(arm, asked)).body.error_codes?.[0] as number | undefined;
}

const withSettings = (settings: JsonObject, run: (arm: ArmClient) => Promise<void>) =>
  withArm({ seed: { settings } }, run);

describe('a federated credential that was just written', () => {
  it('is not seen by Entra for a while', () =>
    withSettings({ credentialLagMs: 10_000 }, async (arm) => {
      const issuer = await enableIssuer(arm);
      arm.emulator.clock.setSpeed(0);
      await trust(arm, 'web', { issuer, subject: agentSubject });
      arm.emulator.clock.advance(10_000);
      const ask = await askEntra(arm);
      expect(await ask()).toBeUndefined();
      await trust(arm, 'web', { issuer, subject: agentSubject });
      expect(await ask()).toBe(700213);
    }));

  it('takes longer when Entra is asked too early, and three times as long at most', () =>
    withSettings({ credentialLagMs: 10_000 }, async (arm) => {
      const issuer = await enableIssuer(arm);
      arm.emulator.clock.setSpeed(0);
      await trust(arm, 'web', { issuer, subject: agentSubject });
      const ask = await askEntra(arm);
      arm.emulator.clock.advance(6000);
      expect(await ask()).toBe(700213);
      arm.emulator.clock.advance(9000);
      expect(await ask()).toBe(700213);
      arm.emulator.clock.advance(9000);
      expect(await ask()).toBe(700213);
      arm.emulator.clock.advance(6000);
      expect(await ask()).toBeUndefined();
    }));

  it('is not missed by an assertion that another credential trusts', () =>
    withSettings({ credentialLagMs: 10_000 }, async (arm) => {
      const issuer = await enableIssuer(arm);
      arm.emulator.clock.setSpeed(0);
      await trust(arm, 'web', { issuer, subject: agentSubject });
      arm.emulator.clock.advance(10_000);
      await trust(arm, 'web', { name: 'other', issuer, subject: 'system:serviceaccount:demo:web' });
      expect(await (await askEntra(arm))()).toBeUndefined();
    }));
});

describe('a steady rate of refusals', () => {
  it('is two of a hundred, at the same exchanges each time', async () => {
    const run = () =>
      withArm({ seed: { settings: { credentialMissRate: 0.02 } } }, async (arm) => {
        const issuer = await enableIssuer(arm);
        await trust(arm, 'web', { issuer, subject: agentSubject });
        const ask = await askEntra(arm);
        const codes: (number | undefined)[] = [];
        for (let number = 0; number < 400; number += 1) {
          codes.push(await ask());
        }
        return codes;
      });
    const codes = await run();
    const refused = codes.filter((code) => code !== undefined);
    expect(new Set(refused)).toEqual(new Set([700213]));
    expect(refused.length).toBeGreaterThanOrEqual(2);
    expect(refused.length).toBeLessThanOrEqual(20);
    expect(await run()).toEqual(codes);
  });
});

describe('the faults that docs/emulator-federation.md shows', () => {
  it('are answered by Entra one after the other', async () => {
    const page = await readFile(new URL('../../../docs/emulator-federation.md', import.meta.url), 'utf8');
    const [, text = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? [];
    const faults = JSON.parse(text) as Fault[];
    await withArm({}, async (arm) => {
      const issuer = await enableIssuer(arm);
      await trust(arm, 'web', { issuer, subject: agentSubject });
      const asked = { client_id: clientIdOf(arm, 'web'), client_assertion: await tokenOf(arm, agent) };
      const once = async (fault: Fault) => {
        const sent = await arm.call('PUT', `${arm.emulator.url}/_podid/faults`, [
          { ...fault, effect: { ...fault.effect, ...(fault.effect.delayMs && { delayMs: 50 }) } },
        ]);
        expect(sent.status, sent.text).toBe(200);
        const response = await fetch(`${arm.emulator.url}/common/oauth2/v2.0/token`, {
          method: 'POST',
        }).catch(() => undefined);
        return [response?.status, response?.headers.get('retry-after')];
      };
      const answers = [];
      for (const fault of faults) {
        answers.push(await once(fault));
      }
      expect(answers).toEqual([
        [429, '60'],
        [503, null],
        [undefined, undefined],
        [400, null],
      ]);
      expect((await exchange(arm, asked)).status).toBe(200);
    });
  });
});

describe('a flexible credential', () => {
  it('is read as it is, with no subject, and trusts nobody', () =>
    withArm({}, async (arm) => {
      const issuer = await enableIssuer(arm);
      const id = credentialPath('web', 'flexible');
      const claimsMatchingExpression = {
        value: "claims['sub'] matches 'system:serviceaccount:*'",
        languageVersion: 1,
      };
      const properties = {
        issuer,
        subject: null,
        audiences: ['api://AzureADTokenExchange'],
        claimsMatchingExpression,
      };
      arm.emulator.seed({ federatedCredentials: [{ id, name: 'flexible', properties }] });
      expect((await askAbout(arm, 'GET', id)).body.properties).toEqual(properties);
      expect(await (await askEntra(arm))()).toBe(700213);
    }));
});
