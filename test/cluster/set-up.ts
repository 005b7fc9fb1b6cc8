import type { TestProject } from 'vitest/node';
import { buildImage } from './image.ts';

declare module 'vitest' {
  interface ProvidedContext {
    image: { readonly file: string; readonly megabytes: number };
  }
}

/** Before the first file that runs pods: puts podid's image together. @returns what removes it */
export default function setUp(project: TestProject): () => void {
  const { file, megabytes, remove } = buildImage();
  project.provide('image', { file, megabytes });
  return remove;
}
