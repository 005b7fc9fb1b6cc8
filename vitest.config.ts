import { defineConfig } from 'vitest/config';

/**
 * Rings: `unit` opens no socket but to itself, `emulator` talks to loopback, `node` wants root and network
 * namespaces, `cluster` a real Kubernetes of its own.
 */
const loopbackRings = [
  'test/emulator/**',
  'test/cli-on-emulator/**',
  'test/nmi-on-emulator/**',
  'test/docs-run/**',
];

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...loopbackRings, 'test/node/**', 'test/cluster/**'],
        },
      },
      {
        extends: true,
        test: { name: 'emulator', include: loopbackRings.map((folder) => `${folder}/*.test.ts`) },
      },
      {
        extends: true,
        test: {
          name: 'node',
          include: ['test/node/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
