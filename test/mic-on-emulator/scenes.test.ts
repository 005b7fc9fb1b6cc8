import { describe, expect, it } from 'vitest';
import { assignments, type MicWorld, micWorld, type RunningMic } from './mic-world.ts';
import { machineScenes } from './scenes/machine-scenes.ts';
import { objectScenes } from './scenes/object-scenes.ts';
import type { Scene, SceneWorld } from './scenes/scene.ts';

/** A scene goes on as soon as it can; so long it waits for what does not come. */
const waitMs = 40_000;

async function sceneWorld(world: MicWorld, flags: readonly string[]): Promise<SceneWorld> {
  const { emulator } = world;
  const { kube } = emulator;
  let mic: RunningMic = await world.start(...flags);
  return {
    emulator,
    async put(...objects) {
      for (const object of objects) {
        kube.seed(object as never);
      }
    },
    async remove(kind, namespace = '', name) {
      kube.remove(kind, namespace, name);
    },
    assignments: async () => assignments(emulator),
    async until(isTrue) {
      const endMs = performance.now() + waitMs;
      while (!(await isTrue())) {
        if (performance.now() > endMs) {
          return false;
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return true;
    },
    async restart() {
      await mic.end();
      mic = await world.start(...flags);
    },
  };
}

describe('podid-mic, where users of upstream had trouble', () => {
  it.each<[string, Scene]>([...objectScenes, ...machineScenes].map((scene) => [scene.title, scene]))(
    '%s',
    async (_title, { flags = [], sharedFlags = [], settings = {}, run }) => {
      await using world = await micWorld({ seed: { settings: settings as never } });
      expect(await run(await sceneWorld(world, [...flags, ...sharedFlags]))).toBeUndefined();
    },
  );
});
