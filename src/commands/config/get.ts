import { ownConfigPath, readConfig } from '../../cli/config/change-config.ts';
import { settingShape } from '../../cli/config/setting-shape.ts';
import { settingNames } from '../../cli/config/settings.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';

export const configGetCommand = defineCommand({
  description:
    'Prints one setting as the file has it, and an empty line where it has none. What podid takes at the moment, which a variable may decide, is in podid config list.',
  examples: [{ title: 'the cluster that is worked on', line: 'podid config get cluster-name' }],
  flags: {},
  word: { value: 'SETTING', summary: 'the setting', choices: settingNames },
  async run(_flags, session, word) {
    session.checkUsage();
    const values = await readConfig(ownConfigPath(session.context));
    const value = Object.hasOwn(values, word) ? values[word] : null;
    await session.print(value, settingShape, 'tsv');
    return 0;
  },
});
