import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MigrationFacts } from '../../../src/domain/migrate/migration-facts.ts';
import { planMigration } from '../../../src/domain/migrate/plan-migration.ts';
import type { ReadPod, ReadWorkload } from '../../../src/domain/migrate/read-workload.ts';
import {
  account,
  bound,
  credential,
  kinds,
  migrationWorld,
  podOf,
  read,
  template,
  trusting,
  workload,
} from './migration-world.ts';

const options = { nowMs: Date.parse('2026-12-01T00:00:00Z'), credentialName: () => 'podid-0123456789ab' };
const names = ['api', 'mail', 'web', 'worker'] as const;
const kindsToTry = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Job', 'Rollout'] as const;

/** One workload of a world: no two have the same kind and name. */
const oneWorkload = fc.record({
  kind: fc.constantFrom(...kindsToTry),
  name: fc.constantFrom(...names),
  label: fc.constantFrom('', ...names, 'nobody'),
  account: fc.constantFrom('default', ...names),
  pods: fc.integer({ min: 0, max: 3 }),
  labelledPods: fc.boolean(),
});

const world = fc.record({
  workloads: fc.uniqueArray(oneWorkload, { maxLength: 12, selector: ({ kind, name }) => `${kind}/${name}` }),
  bindings: fc.uniqueArray(
    fc.record({ identity: fc.constantFrom(...names, 'gone'), selector: fc.constantFrom(...names) }),
    {
      maxLength: 8,
      selector: ({ identity, selector }) => `${identity}/${selector}`,
    },
  ),
  credentials: fc.nat({ max: 20 }),
});

type World = ReturnType<typeof factsOf>;

function factsOf(made: typeof world extends fc.Arbitrary<infer Made> ? Made : never) {
  const workloads = made.workloads.map(({ kind, name, label, account: serviceAccount }) =>
    workload({
      kind,
      name,
      template: template({ serviceAccount, labels: label === '' ? {} : { aadpodidbinding: label } }),
    }),
  );
  const pods = workloads.flatMap((own, at) =>
    Array.from({ length: made.workloads[at]?.pods ?? 0 }, (_, number) => {
      const one = podOf(own, `${own.kind.toLowerCase()}-${own.name}-${number}`);
      return made.workloads[at]?.labelledPods ? { ...one, labels: { aadpodidbinding: 'web' } } : one;
    }),
  );
  const bindings = made.bindings.map(({ identity, selector }) => ({
    metadata: { namespace: 'demo', name: `${identity}-${selector}` },
    spec: { azureIdentity: identity, selector },
  }));
  return { workloads, pods, bindings, credentials: made.credentials };
}

function toFacts({ workloads, pods, bindings, credentials }: World): MigrationFacts {
  const byKind = Object.fromEntries(
    kindsToTry.map((kind) => [kind, workloads.filter((each) => each.kind === kind)]),
  );
  return migrationWorld({
    resources: { ...bound(...names), bindings },
    workloads: kinds(byKind),
    pods: read(pods),
    serviceAccounts: read(['default', 'web', 'api'].map((name) => account(name))),
    identities: new Map([
      ...migrationWorld({ resources: bound(...names) }).identities,
      ...trusting(
        ...Array.from({ length: credentials }, (_, at) =>
          credential({ name: `c${at}`, subject: `system:serviceaccount:x:${at}` }),
        ),
      ),
    ]),
  });
}

function shuffled<Item>(items: readonly Item[], seed: number): readonly Item[] {
  return items
    .map((item, at) => ({ item, key: Math.sin(seed * 9973 + at * 7919) }))
    .toSorted((one, other) => one.key - other.key)
    .map(({ item }) => item);
}

/** By the words of the contract alone: a label that a binding has as its selector, whose identity is there. */
function isBound(own: ReadWorkload, pods: readonly ReadPod[], bindings: World['bindings']): boolean {
  const living = pods.filter(({ controller }) => controller?.uid === own.uid);
  const labels = [own.template.labels, ...living.map((each) => each.labels)].map(
    (each) => each['aadpodidbinding'],
  );
  return bindings.some(({ spec }) => labels.includes(spec.selector) && spec.azureIdentity !== 'gone');
}

describe('a plan', () => {
  it('has every bound workload exactly once, and nothing else', () => {
    fc.assert(
      fc.property(world.map(factsOf), (made) => {
        const plan = planMigration(toFacts(made), options);
        const wanted = made.workloads
          .filter((own) => isBound(own, made.pods, made.bindings))
          .map(({ kind, name }) => `${kind}/${name}`);
        expect(plan.workloads.map(({ kind, name }) => `${kind}/${name}`).toSorted()).toEqual(
          wanted.toSorted(),
        );
      }),
    );
  });

  it('is the same in whatever order the objects come', () => {
    fc.assert(
      fc.property(world.map(factsOf), fc.nat(), (made, seed) => {
        const other: World = {
          ...made,
          workloads: [...shuffled(made.workloads, seed)],
          pods: [...shuffled(made.pods, seed + 1)],
          bindings: [...shuffled(made.bindings, seed + 2)],
        };
        const [one, same] = [made, other].map((each) =>
          JSON.stringify(planMigration(toFacts(each), options)),
        );
        expect(same).toBe(one);
      }),
    );
  });

  it('promises no identity more credentials than it takes, to those that it does not block', () => {
    fc.assert(
      fc.property(world.map(factsOf), (made) => {
        const { workloads, limits } = planMigration(toFacts(made), options);
        for (const { identity, used = 0, most } of limits) {
          const free = workloads.filter(
            ({ identities, blockers }) =>
              identities.some(({ resourceId }) => resourceId === identity) &&
              blockers.every(({ code }) => code !== 'FicLimit'),
          );
          const subjects = new Set(
            free.map(({ newServiceAccount, serviceAccount }) => newServiceAccount?.name ?? serviceAccount),
          );
          expect(used + subjects.size).toBeLessThanOrEqual(Math.max(most, used));
        }
      }),
    );
  });
});
