import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Rings: `unit` opens no socket but to itself, `emulator` talks to loopback, `node` wants root and network
 * namespaces, `cluster` a real Kubernetes of its own. What measures waits runs alone, after the rest of its
 * ring: `node-drills`, and `one-node`, of which there can be one on a machine.
 */
const loopbackRings = [
  'test/emulator/**',
  'test/cli-on-emulator/**',
  'test/nmi-on-emulator/**',
  'test/mic-on-emulator/**',
  'test/docs-run/**',
];
const drills = ['agent-drills', 'rules-drills', 'address-guard', 'reused-addresses', 'waiting-clients'].map(
  (name) => `test/node/${name}.test.ts`,
);
const onOneNode = [
  'in-the-cluster',
  'nmi-on-a-node',
  'standard-mode',
  'standard-takeover',
  'exchange-on-a-node',
  'migrate-on-a-node',
  'takeover-on-a-node',
  'address-guard',
  'tenants-cost-in-pods',
].map((name) => `test/cluster/${name}.test.ts`);

/** Vitest's own default leaves one core to itself, which is half of two. */
const sideBySide = { maxWorkers: availableParallelism() };
const setUp = { programs: 'test/node/set-up.ts', image: 'test/cluster/set-up.ts' };
/**
 * In CI what fails is run once more, and told in the last lines: one late answer in seven thousand tests says nothing of a
 * change. Not where attacks and drills are: a token that an attacker got once is got; nor a property, since a new seed
 * would hide what the first one found.
 */
const onceMore = {
  retry: { count: process.env['CI'] === undefined ? 0 : 1, condition: /^(?!Property failed)/ },
};
/** No module of ours keeps state, so that a worker reads them once for all files that it runs. */
const inOneWorld = {
  ...sideBySide,
  ...onceMore,
  isolate: false,
  restoreMocks: true,
  unstubEnvs: true,
  setupFiles: 'test/own-machine.ts',
};
/** As everywhere; but programs are built here, and kept. */
const builders = { setupFiles: ['test/own-machine.ts', 'test/builders-home.ts'] };
const minutes = (count: number) => ({ testTimeout: count * 60_000, hookTimeout: count * 60_000 });

/** They take longest, the first of them for as long as it is told to. */
const longest = [
  'cli-on-emulator/takeover-apply',
  'cli-on-emulator/takeover-weather',
  'cli-on-emulator/takeover-killed',
  'mic-on-emulator/scenes',
  'mic-on-emulator/killed',
  'mic-on-emulator/by-hand',
  'emulator/entra-cluster',
  'nmi-on-emulator/fuzz',
  'cli-on-emulator/hundred-adds',
  'cli-on-emulator/doctor',
  'nmi-on-emulator/trouble',
].map((name) => `/test/${name}.test.ts`);

/**
 * Begins with the longest files of a ring, so that no worker is left with one of them when the rest is done. Vitest
 * knows their times by itself only where it has run before.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = longest.findIndex((name) => moduleId.endsWith(name));
      return at < 0 ? longest.length : at;
    };
    const sorted = await super.sort(files);
    const ofProject = (name: string) => sorted.filter(({ project }) => project.name === name);
    const projects = [...new Set(sorted.map(({ project }) => project.name))];
    return projects.flatMap((name) => ofProject(name).toSorted((one, other) => place(one) - place(other)));
  }
}

export default defineConfig({
  test: {
    ...minutes(1),
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          ...inOneWorld,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...loopbackRings, 'test/node/**', 'test/cluster/**'],
        },
      },
      {
        extends: true,
        test: {
          ...inOneWorld,
          ...minutes(3),
          name: 'emulator',
          include: loopbackRings.map((folder) => `${folder}/*.test.ts`),
        },
      },
      {
        extends: true,
        test: {
          ...sideBySide,
          ...minutes(5),
          ...builders,
          name: 'node',
          globalSetup: setUp.programs,
          include: ['test/node/**/*.test.ts'],
          exclude: drills,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          ...minutes(5),
          ...builders,
          name: 'node-drills',
          globalSetup: setUp.programs,
          include: drills,
          fileParallelism: false,
          // Of the drills in one file: more of them start their agents at once than two cores carry.
          maxConcurrency: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          ...sideBySide,
          ...onceMore,
          ...minutes(10),
          ...builders,
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          exclude: onOneNode,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          ...minutes(10),
          ...builders,
          name: 'one-node',
          globalSetup: [setUp.programs, setUp.image],
          include: onOneNode,
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
