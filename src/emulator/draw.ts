import type { World } from './world.ts';

/** From 0 to below 1. The same seed gives the same numbers in the same order (mulberry32). */
export function draw(world: World): number {
  world.draws += 1;
  let state = (world.settings.seed * 0x9e3779b9 + world.draws * 0x6d2b79f5) | 0;
  state = Math.imul(state ^ (state >>> 15), state | 1);
  state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
  return ((state ^ (state >>> 14)) >>> 0) / 4294967296;
}
