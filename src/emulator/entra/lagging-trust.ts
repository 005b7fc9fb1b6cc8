import { draw } from '../draw.ts';
import type { World } from '../world.ts';

/** To be called when a federated credential was written: Entra knows it, as it is now, only after a while. */
export function beginLag(world: World, key: string): void {
  const { credentialLagMs } = world.settings;
  const madeMs = world.clock.now();
  if (credentialLagMs > 0) {
    world.laggingCredentials.set(key, { madeMs, seenAtMs: madeMs + credentialLagMs });
  }
}

export function isSeen(world: World, key: string): boolean {
  return (world.laggingCredentials.get(key)?.seenAtMs ?? 0) <= world.clock.now();
}

/** Lags, at the longest, by how often they are asked about too early. */
const longestLags = 3;

/** Entra remembers for as long again that it did not find a credential, up to three lags from its making. */
export function prolongLag(world: World, key: string): void {
  const lag = world.laggingCredentials.get(key);
  if (lag !== undefined) {
    const { credentialLagMs } = world.settings;
    const seenAtMs = Math.min(
      lag.madeMs + longestLags * credentialLagMs,
      Math.max(lag.seenAtMs, world.clock.now() + credentialLagMs),
    );
    world.laggingCredentials.set(key, { ...lag, seenAtMs });
  }
}

/** Whether Entra overlooks a credential this time, however old it is. */
export function isOverlooked(world: World): boolean {
  const { credentialMissRate } = world.settings;
  return credentialMissRate > 0 && draw(world) < credentialMissRate;
}
