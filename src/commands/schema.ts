import { defineCommand } from '../cli/run/command-spec.ts';

export const schemaCommand = defineCommand({
  description:
    'Prints the JSON schema with which editors complete and check files of pod identities. It is also in docs/schema/pod-identities.schema.json. The schema covers shapes and single values; duplicate names are found by plan and apply.',
  examples: [
    { title: 'for an editor', line: 'podid schema > pod-identities.schema.json' },
    { title: 'as YAML', line: 'podid schema -o yaml' },
  ],
  flags: {},
  async run(_flags, session) {
    session.checkUsage();
    const { podIdentitiesSchema } = await import('../validate/files/pod-identities-schema.ts');
    await session.print(podIdentitiesSchema, { rows: (schema: unknown) => [schema], columns: [] }, 'json');
    return 0;
  },
});
