import { describe, expect, it } from 'vitest';
import { type CommandRun, runCommand } from '../../../src/arm/clusters/run-command.ts';
import type { ArmAnswer } from '../../../src/arm/connection/arm-answer.ts';
import type { ArmConnection } from '../../../src/arm/connection/arm-connection.ts';
import { steppedClock } from '../../domain/time/stepped-clock.ts';

const location = 'https://management.example/commandResults/1';
const cluster = { id: { subscriptionId: 's', resourceGroup: 'g', name: 'demo' }, document: '{}' };

/** Azure takes the command, and answers each question after its result so. */
function runWith(result: Pick<ArmAnswer, 'status' | 'text'>): CommandRun {
  const connection: Partial<ArmConnection> = {
    endpoint: { url: 'https://management.example', mayReceiveToken: () => true } as never,
    clock: steppedClock(),
    caller: () => 'somebody',
    send: async ({ method }) =>
      method === 'POST'
        ? { status: 202, text: '', header: (name) => (name === 'location' ? location : undefined) }
        : { ...result, header: () => undefined },
  };
  return {
    connection: connection as ArmConnection,
    apiVersion: '2026-04-01',
    cluster: cluster as never,
    clusterToken: async () => '',
  };
}

describe('a command in the cluster whose result does not come', () => {
  const options = { pollIntervalMs: 5000, signal: new AbortController().signal };

  it.each([
    [503, 'ServerBusy', 'The service is busy right now.'],
    [429, 'TooManyRequests', 'Too many requests came from this principal.'],
  ])("ends after ten minutes with Azure's last sentence: %d", async (status, code, message) => {
    const text = JSON.stringify({ error: { code, message } });
    const ran = runCommand(runWith({ status, text }), { text: 'kubectl get pods', files: {} }, options);
    await expect(ran).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringMatching(
        new RegExp(`did not end within ten minutes\\..*${message} \\(${code}\\)`),
      ),
    });
  });

  it('says no more than that where Azure answers and the command still runs', async () => {
    const ran = runCommand(
      runWith({ status: 202, text: '' }),
      { text: 'kubectl get pods', files: {} },
      options,
    );
    await expect(ran).rejects.toMatchObject({
      message: 'The command in cluster demo did not end within ten minutes.',
    });
  });
});
