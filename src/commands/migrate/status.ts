import { clusterFlags, kubeFlags } from '../../cli/flags/cluster-flags.ts';
import { readPlanFile } from '../../cli/flags/read-source-files.ts';
import { withFileCluster } from '../../cli/flags/wanted-entries.ts';
import { migrationShape, migrationView, statusView } from '../../cli/migrate/migrate-result.ts';
import { planMigrationInto } from '../../cli/migrate/migration-flags.ts';
import { reportUnread } from '../../cli/migrate/report-unread.ts';
import { sha256 } from '../../cli/migrate/sha256.ts';
import { openDeps } from '../../cli/open/open-deps.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';

export const migrateStatusCommand = defineCommand({
  description:
    'Reads again what podid migrate plan read, and shows how far each workload is. With a file: those of the file, also where they have left pod identity, and whether each has changed since the file was written; the cluster is that of the file, unless flags name another. Nothing is written in Azure or in the cluster.',
  examples: [
    { title: 'every workload with pod identity', line: 'podid migrate status -g demo-rg -c demo' },
    { title: 'every workload of the plan', line: 'podid migrate status -f plan.yaml', needs: 'a cluster' },
    {
      title: 'what has changed since, for a script',
      line: 'podid migrate status -f plan.yaml -o json --query "workloads[?changed].name"',
      needs: 'a cluster',
    },
  ],
  isPage: true,
  misnamed: {
    '--watch': 'To look again and again: watch -n 5 podid migrate status.',
    '-w': 'To look again and again: watch -n 5 podid migrate status.',
    '-A': 'It shows the workloads of all namespaces.',
    '--all-namespaces': 'It shows the workloads of all namespaces.',
  },
  flags: {
    file: {
      kind: 'text',
      short: 'f',
      value: 'FILE',
      summary: 'the workloads of the file that podid migrate plan --out wrote, or - for stdin',
      fallback: 'all with pod identity now',
    },
    ...clusterFlags,
    ...kubeFlags,
  },
  examplesOfResult: async () => (await import('../../cli/migrate/migrate-examples.ts')).statusExamples,
  async run(flags, session) {
    const source = await readPlanFile(flags.file, session, planMigrationInto);
    const { parseMigrationFile } = await import('../../validate/files/migration/migration-file.ts');
    const file = source === undefined ? undefined : parseMigrationFile(source, session.faults);
    const { deps, cluster } = await openDeps(session, withFileCluster(session, flags, file?.cluster), {
      kube: true,
    });
    const { report } = session;
    if (file === undefined) {
      const { planWorkloads } = await import('../../workflows/migrate/plan-migration.ts');
      const planned = await planWorkloads(deps, { cluster, sha256 });
      reportUnread(report, planned.unread);
      await session.print(migrationView(planned), migrationShape(deps.clock.now()));
      return 0;
    }
    const { migrationStatus } = await import('../../workflows/migrate/migration-status.ts');
    const status = await migrationStatus(deps, { cluster, file, sha256 });
    if (status.issuerChanged) {
      report.warn(
        `The plan is for the issuer ${file.issuer}, and the cluster has ${status.issuer ?? 'none'} now: credentials of the old one are worth nothing.`,
        nextCommand('migrate plan', cluster),
      );
    }
    if (status.others.length > 0) {
      const names = status.others.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`);
      report.note(`With pod identity and not in the file: ${names.join(', ')}.`);
    }
    reportUnread(report, status.unread);
    await session.print(statusView(status), migrationShape(deps.clock.now()));
    return 0;
  },
});
