import type { TestProject } from 'vitest/node';
import { bundlePrograms } from './bundled-programs.ts';

declare module 'vitest' {
  interface ProvidedContext {
    programsFolder: string;
  }
}

/** Before the first file of a ring: bundles the programs that all of them run. @returns what removes them */
export default async function setUp(project: TestProject): Promise<() => void> {
  const programs = await bundlePrograms();
  project.provide('programsFolder', programs.folder);
  return () => programs.remove();
}
