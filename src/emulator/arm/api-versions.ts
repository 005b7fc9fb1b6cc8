import type { World } from '../world.ts';

/** What a current Azure lists for managed clusters, newest first; a world may know others. */
const listed = [
  '2026-04-01',
  '2026-01-01',
  '2025-10-01',
  '2025-09-02-preview',
  '2025-05-01',
  '2025-03-01',
  '2024-09-01',
  '2024-02-01',
  '2023-11-01',
  '2020-11-01',
];

export function knownApiVersions(world: World): readonly string[] {
  return world.settings.clusterApiVersions.length > 0 ? world.settings.clusterApiVersions : listed;
}

/** Clusters have carried an eTag from 2024-02-02-preview on. */
export function hasETag(apiVersion: string): boolean {
  return apiVersion.slice(0, 10) >= '2024-02-02';
}
