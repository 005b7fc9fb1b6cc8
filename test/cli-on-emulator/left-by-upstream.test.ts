import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { type EmulatedPodid, emulatedPodid, identityId } from './emulated-podid.ts';
import { carried } from './node-worlds.ts';
import { putOn, settle, solo, soloId } from './standard-world.ts';

const program = fileURLToPath(new URL('../../bin/podid-mic.js', import.meta.url));

async function plan({ emulator }: EmulatedPodid, ...flags: readonly string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], ...emulator.environment, MIC_POD_NAMESPACE: 'kube-system' };
  return (await promisify(execFile)(process.execPath, [program, 'plan', ...flags], { env })).stdout;
}

describe("what upstream's MIC left on machines", () => {
  it('is listed by podid-mic plan, is taken off by hand, and nothing else is', async () => {
    await using podid = await emulatedPodid({ scenario: 'standard-mode' });
    settle(podid.emulator);
    const agentpool = (await podid.json('node list --query [].identities[]'))[0];
    putOn(podid.emulator, scaleSetId('nodepool1'), 'web', 'jobs', 'of-yesterday');
    putOn(podid.emulator, soloId(podid.emulator), 'jobs', 'of-yesterday');
    expect(agentpool).toBeDefined();
    const told = await plan(podid);
    expect(told.split('\n').filter((line) => line.startsWith('unneeded'))).toEqual(
      [
        [identityId('of-yesterday'), soloId(podid.emulator)],
        [identityId('jobs'), scaleSetId('nodepool1')],
        [identityId('of-yesterday'), scaleSetId('nodepool1')],
      ].map(
        ([identity, machine = '']) =>
          `unneeded ${identity} on ${machine.toLowerCase()}; podid did not put it there, and leaves it`,
      ),
    );
    const { machines } = JSON.parse(await plan(podid, '--output=json')) as {
      machines: readonly { readonly unneeded: readonly string[] }[];
    };
    const ids = [...new Set(machines.flatMap(({ unneeded }) => unneeded))].sort();
    expect(ids).toEqual([identityId('jobs'), identityId('of-yesterday')]);
    // A binding still names it.
    expect((await podid.run(['node', 'unassign', '--identities', ...ids, '--yes'])).exitCode).toBe(5);
    const nodes = await podid.json(['node', 'unassign', '--identities', identityId('of-yesterday'), '--yes']);
    expect(carried(nodes)).toEqual([
      ['nodepool1', 'vmss', 'aks-nodepool1-12345678-vmss', 'web jobs', true],
      ['solo', 'vm', solo, 'jobs', true],
    ]);
  });

  it('is told in docs/mic.md with these commands', async () => {
    const text = await readFile(new URL('../../docs/mic.md', import.meta.url), 'utf8');
    const section = text.split(/^## /m).find((part) => part.startsWith("What upstream's MIC left")) ?? '';
    const commands = [...section.matchAll(/^```\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
      block.trim().split('\n'),
    );
    expect(commands).toEqual([
      'podid-mic plan',
      "podid-mic plan --output=json | jq -r '.machines[].unneeded[]' | sort -u",
      'podid node unassign -g demo-rg -c demo --identities ID ID --yes',
    ]);
  });
});
