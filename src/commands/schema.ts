import { defineCommand } from '../cli/run/command-spec.ts';

export const schemaCommand = defineCommand({
  description:
    'Prints the schema that editors complete and check such files with. It is also in docs/schema/pod-identities.schema.json. The schema tells shapes and rules of single values; names that come twice are found by plan and apply.',
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
