import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { nodeName } from '../../src/emulator/scenarios/nodes.ts';
import { type MicCluster, startMicCluster } from '../../test/cluster/mic-cluster.ts';
import type { SeenAssignment } from '../../test/mic-on-emulator/mic-world.ts';
import { machineScenes } from '../../test/mic-on-emulator/scenes/machine-scenes.ts';
import { objectScenes } from '../../test/mic-on-emulator/scenes/object-scenes.ts';
import { nodeObject, type Scene, type SceneWorld } from '../../test/mic-on-emulator/scenes/scene.ts';
import type { Peer } from './peers.ts';
import { pause } from './watch.ts';

/** So long a scene waits for what does not come: longer than a lease of upstream's counts. */
const waitMs = 40_000;

/**
 * Plays each scene with each peer, on an API server and an Azure of its own, and prints what was seen. The exit code
 * says whether podid-mic was as it is to be in all of them.
 *
 * @param only a word of the titles; empty: all
 */
export async function printScenes(peers: readonly Peer[], only: string): Promise<void> {
  const played = [...objectScenes, ...machineScenes].filter(({ title }) => title.includes(only));
  console.log(`| scene | ${peers.map(({ name }) => name).join(' | ')} |`);
  console.log(`|---|${peers.map(() => '---|').join('')}`);
  for (const scene of played) {
    const cells: string[] = [];
    for (const peer of peers) {
      const seen = await play(scene, peer).catch(
        (error: unknown) => `it could not be played: ${String(error)}`,
      );
      cells.push(seen === undefined ? 'yes' : `no: ${seen.replaceAll('\n', ' ').slice(0, 200)}`);
      if (peer.name === 'podid' && seen !== undefined) {
        process.exitCode = 1;
      }
    }
    console.log(`| ${scene.title} | ${cells.join(' | ')} |`);
  }
}

async function play(scene: Scene, peer: Peer): Promise<string | undefined> {
  const { settings = {}, flags = [], sharedFlags = [] } = scene;
  await using cluster = await startMicCluster('mic-scene', {
    identities: [],
    machines: [],
    settings,
    tls: true,
  });
  // A cluster whose pods may use identities of their own namespace alone, which is podid-mic's default.
  const its = [...(peer.name === 'podid' ? flags : ['--forceNamespaced=true']), ...sharedFlags];
  const nodes = [0, 1].map((number) =>
    nodeObject(nodeName(number), `azure://${scaleSetId('nodepool1')}/virtualMachines/${number}`),
  );
  const world = sceneWorld(cluster, peer, its);
  try {
    await world.put(...nodes);
    return await scene.run(world);
  } finally {
    await world.end();
  }
}

function sceneWorld(cluster: MicCluster, peer: Peer, flags: readonly string[]) {
  const { api, emulator, folder } = cluster;
  let mic = peer.start(cluster, flags);
  const put = (object: object & { readonly status?: unknown }) => {
    const path = join(folder, 'object.json');
    writeFileSync(path, JSON.stringify(object));
    api.kubectl('apply', '--server-side', '--force-conflicts', '-f', path);
    if (object.status !== undefined) {
      api.kubectl('apply', '--server-side', '--force-conflicts', '--subresource=status', '-f', path);
    }
  };
  const world: SceneWorld & { end(): Promise<void> } = {
    emulator,
    async put(...objects) {
      objects.forEach(put);
    },
    async remove(kind, namespace, name) {
      const where = namespace === undefined ? [] : ['-n', namespace];
      const now = kind === 'Pod' ? ['--grace-period=0', '--force'] : [];
      api.kubectl('delete', kind, name, ...where, ...now, '--wait=false');
    },
    assignments: async (): Promise<readonly SeenAssignment[]> =>
      JSON.parse(api.kubectl('get', 'azureassignedidentities', '-A', '-o', 'json')).items,
    async until(isTrue) {
      const endMs = Date.now() + waitMs;
      while (!(await isTrue())) {
        if (Date.now() > endMs) {
          return false;
        }
        await pause(200);
      }
      return true;
    },
    async restart() {
      await mic.stop('SIGTERM');
      mic = peer.start(cluster, flags);
    },
    async end() {
      await mic.stop('SIGKILL');
    },
  };
  return world;
}
