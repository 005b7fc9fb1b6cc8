import { readConfig } from '../../cli/config/change-config.ts';
import { settingShape } from '../../cli/config/setting-shape.ts';
import { settingNames, variableOf } from '../../cli/config/settings.ts';
import { configPath } from '../../cli/config/with-config.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';

export const configListCommand = defineCommand({
  isNamed: true,
  description:
    "Prints what podid takes where no flag says otherwise, and where it comes from: a variable of the environment, podid's own settings, or az. What nobody sets is left out.",
  examples: [{ title: 'what podid takes', line: 'podid config list' }],
  flags: {},
  async run(_flags, session) {
    session.checkUsage();
    const { env, azDefaults } = session.context;
    const path = configPath(env);
    const values = path === undefined ? {} : await readConfig(path);
    const az = await azDefaults();
    const ofAz = { 'resource-group': az.resourceGroup, subscription: az.subscriptionId };
    const found = settingNames.flatMap((name) => {
      const variable = variableOf(name);
      const sources = [
        [variable, env[variable]],
        ['podid config', values[name]],
        ['az', (ofAz as Partial<Record<string, string>>)[name]],
      ] as const;
      const [source, value] = sources.find(([, each]) => each !== undefined && each !== '') ?? [];
      return source === undefined ? [] : [{ name, value, source }];
    });
    await session.print(found, settingShape);
    return 0;
  },
});
