import { describe, expect, it } from 'vitest';
import type { ShownAccess } from '../../src/cli/access/access-view.ts';
import { everyWay } from './access-world.ts';
import { withoutAddon } from './doctor-faults.ts';
import { type EmulatedPodid, emulatedPodid, identityId } from './emulated-podid.ts';
import { typeOthers } from './type-others.ts';

async function findingsOf(podid: EmulatedPodid): Promise<ShownAccess['findings']> {
  return ((await podid.json('access -o json')) as ShownAccess).findings;
}

/** Of what podid writes. */
const own = { 'app.kubernetes.io/managed-by': 'podid' };

/** The command of a hint, without the words around it. */
function commandIn(hint: string): string {
  return /(?:podid|kubectl|az) (?!identity create:).*/.exec(hint)?.[0] ?? '';
}

describe('what podid access has people type', () => {
  it('is taken by podid, kubectl and az, and mends what they can mend at once', async () => {
    await using podid = await everyWay();
    const findings = await findingsOf(podid);
    for (const { hint } of findings) {
      const line = commandIn(hint);
      if (line.startsWith('podid ')) {
        expect((await podid.run(line.slice('podid '.length))).stderr).not.toContain('InvalidUsage');
      } else {
        await typeOthers(podid, line);
      }
    }
    // A rollout, an agent and an edit take their time, or a hand.
    expect((await findingsOf(podid)).map(({ code }) => code)).toEqual([
      'HostNetwork',
      'NodeUnguarded',
      'WildcardRights',
    ]);
  });

  it('names entries as commands of podid know them, with the mode that they are in', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const { emulator } = podid;
    withoutAddon(emulator);
    for (const [namespace, name, of] of [
      ['other', 'web', 'web'],
      ['demo', 'lost', 'lost'],
    ] as const) {
      emulator.kube.seed({
        apiVersion: 'aadpodidentity.k8s.io/v1',
        kind: 'AzureIdentity',
        metadata: { namespace, name, labels: own },
        spec: {
          type: 0,
          resourceID: identityId(of),
          clientID: `00000000-0000-4000-8000-0000c11e000${of === 'web' ? 1 : 9}`,
        },
      });
      emulator.kube.seed({
        apiVersion: 'aadpodidentity.k8s.io/v1',
        kind: 'AzureIdentityBinding',
        metadata: { namespace, name: `${name}-binding`, labels: own },
        spec: { azureIdentity: name, selector: name },
      });
    }
    for (const [id, machine] of emulator.world.machines) {
      const identity = machine['identity'] as { userAssignedIdentities?: Record<string, object> } | undefined;
      if (!id.includes('/virtualmachines/') && identity?.userAssignedIdentities !== undefined) {
        identity.userAssignedIdentities[identityId('jobs')] = {};
      }
    }
    emulator.seed({ record: { sinceAgoSec: 20 * 86_400, asks: [] } } as never);
    emulator.world.tokenAsks = { ...emulator.world.tokenAsks, asks: [] };
    const findings = await findingsOf(podid);
    expect(findings.map(({ code }) => code)).toEqual([
      'IdentityGone',
      'OnNodesUnused',
      'NeverAsked',
      'NoPodMatches',
      'SharedByNamespaces',
    ]);
    for (const { code, hint } of findings) {
      const line = commandIn(hint).replace('IDENTITY', 'jobs');
      const ran = await podid.run([...line.split(' ').slice(1), '--dry-run']);
      // An update that two namespaces share is a choice of names: that it is read as typed has to do.
      const wrong = code === 'SharedByNamespaces' ? [2] : [1, 2, 3, 4, 5, 6, 7, 8, 9];
      expect(wrong, `${code}: ${line}\n${ran.stderr}`).not.toContain(ran.exitCode);
    }
  });
});
