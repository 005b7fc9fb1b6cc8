import { defineCommand } from '../cli/run/command-spec.ts';
import { fileKind } from '../domain/entries/pod-identities-file.ts';
import { migrationFileKind } from '../domain/migrate/migration-file.ts';

export const schemaCommand = defineCommand({
  description:
    'Prints the JSON schema with which editors complete and check files of pod identities; it is also in docs/schema/pod-identities.schema.json. With --kind MigrationPlan it prints that of the file of podid migrate plan. A schema covers shapes and single values; duplicate names are found by the commands that read the file.',
  examples: [
    { title: 'for an editor', line: 'podid schema > pod-identities.schema.json' },
    { title: 'as YAML', line: 'podid schema -o yaml' },
    { title: 'of a plan to migrate', line: 'podid schema --kind MigrationPlan' },
  ],
  flags: {
    kind: {
      kind: 'text',
      value: 'KIND',
      choices: [fileKind, migrationFileKind],
      default: fileKind,
      summary: 'of which file, by its kind',
    },
  },
  async run(flags, session) {
    session.checkUsage();
    const schema =
      flags.kind === migrationFileKind
        ? (await import('../validate/files/migration/migration-file-schema.ts')).migrationFileSchema
        : (await import('../validate/files/pod-identities-schema.ts')).podIdentitiesSchema;
    await session.print(schema, { rows: (value: unknown) => [value], columns: [] }, 'json');
    return 0;
  },
});
