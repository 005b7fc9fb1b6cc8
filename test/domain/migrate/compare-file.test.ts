import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { compareFile } from '../../../src/domain/migrate/compare-file.ts';
import type { MigrationFacts } from '../../../src/domain/migrate/migration-facts.ts';
import { migrationFile } from '../../../src/domain/migrate/migration-file.ts';
import { planMigration } from '../../../src/domain/migrate/plan-migration.ts';
import {
  account,
  bound,
  clientIdOf,
  credential,
  forbidden,
  issuer,
  kinds,
  migrationWorld,
  read,
  template,
  trusting,
  workload,
} from './migration-world.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const options = { nowMs: 0, credentialName: () => 'podid-0123456789ab' };
const world = migrationWorld();
const file = migrationFile({ cluster: world.cluster, issuer, plan: planMigration(world, options) }, sha256);

function standing(changes: Partial<MigrationFacts>) {
  const facts = migrationWorld(changes);
  return compareFile(file, planMigration(facts, options), facts, sha256);
}

const moved = {
  serviceAccounts: read([account('web', { 'azure.workload.identity/client-id': clientIdOf('web') })]),
  identities: trusting(credential()),
};
const left = { labels: { app: 'web', 'azure.workload.identity/use': 'true' } };

describe('a workload of a file', () => {
  it('has not changed when it moves on', () => {
    const labels = { ...template().labels, 'azure.workload.identity/use': 'true' };
    const facts = {
      ...moved,
      workloads: kinds({ Deployment: [workload({ template: template({ labels }) })] }),
    };
    expect(standing(facts).workloads).toMatchObject([{ state: 'dual', changed: false }]);
  });

  it.each<[string, Partial<MigrationFacts>]>([
    [
      'another service account',
      { workloads: kinds({ Deployment: [workload({ template: template({ serviceAccount: 'api' }) })] }) },
    ],
    [
      'another identity',
      {
        resources: {
          ...bound('mail'),
          bindings: bound('mail').bindings.map((each) => ({
            ...each,
            spec: { ...each.spec, selector: 'web' },
          })),
        },
      },
    ],
    [
      'a variable of its own',
      {
        workloads: kinds({
          Deployment: [
            workload({
              template: template({ variables: [{ name: 'AZURE_TOKEN_CREDENTIALS', value: 'dev' }] }),
            }),
          ],
        }),
      },
    ],
    ['another workload of the same name', { workloads: kinds({ Deployment: [workload({ uid: 'other' })] }) }],
  ])('has changed with %s', (_what, facts) => {
    expect(standing(facts).workloads).toMatchObject([{ changed: true }]);
  });

  it('is cleaned when it has left pod identity for Workload Identity', () => {
    const facts = { ...moved, workloads: kinds({ Deployment: [workload({ template: template(left) })] }) };
    expect(standing(facts).workloads).toMatchObject([{ state: 'cleaned', changed: false, blockers: [] }]);
  });

  it.each<[string, Partial<MigrationFacts>]>([
    ['is not there', { workloads: kinds({}) }],
    [
      'has lost its label and has no Workload Identity',
      { workloads: kinds({ Deployment: [workload({ template: template({ labels: {} }) })] }) },
    ],
    [
      'has the label, and an account that names nobody',
      { workloads: kinds({ Deployment: [workload({ template: template(left) })] }) },
    ],
  ])('is gone when it %s', (_what, facts) => {
    expect(standing(facts).workloads).toMatchObject([{ state: 'gone', changed: true }]);
  });

  it.each<[string, Partial<MigrationFacts>]>([
    ['what it is', { workloads: new Map([['Deployment', forbidden('deployments')]]), pods: read([]) }],
    [
      'the objects of pod identity',
      {
        workloads: kinds({ Deployment: [workload({ template: template({ labels: {} }) })] }),
        objects: forbidden('azureidentities'),
      },
    ],
    [
      'its service account',
      {
        workloads: kinds({ Deployment: [workload({ template: template(left) })] }),
        serviceAccounts: forbidden('serviceaccounts'),
      },
    ],
  ])('is not called gone where nobody could read %s', (_what, facts) => {
    expect(standing(facts).workloads).toMatchObject([
      { state: 'blocked(Unread)', changed: false, blockers: [{ code: 'Unread' }] },
    ]);
  });

  it('leaves aside what is not in the file, and names it', () => {
    const { workloads, others } = standing({
      workloads: kinds({
        Deployment: [workload()],
        CronJob: [workload({ kind: 'CronJob', name: 'nightly' })],
      }),
    });
    expect(workloads.map(({ name }) => name)).toEqual(['web']);
    expect(others.map(({ kind, name }) => [kind, name])).toEqual([['CronJob', 'nightly']]);
  });
});

describe('the file of a plan', () => {
  it('has the same hashes in whatever order members of the objects come', () => {
    const reversed = Object.fromEntries(Object.entries(template().labels).toReversed());
    const other = migrationWorld({
      workloads: kinds({ Deployment: [workload({ template: template({ labels: reversed }) })] }),
    });
    const again = migrationFile(
      { cluster: other.cluster, issuer, plan: planMigration(other, options) },
      sha256,
    );
    expect(again).toEqual(file);
  });
});
