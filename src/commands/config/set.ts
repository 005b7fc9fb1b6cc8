import { ownConfigPath, readConfig, writeConfig } from '../../cli/config/change-config.ts';
import { settingShape } from '../../cli/config/setting-shape.ts';
import { readSetting, settingNames } from '../../cli/config/settings.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';

export const configSetCommand = defineCommand({
  description:
    'Keeps what to take where neither a flag nor a variable of the environment says it: the cluster to work on, the mode, the format. It stands in config.json in the folder podid of XDG_CONFIG_HOME, ~/.config without it. podid takes a flag first, then the variable, then this, then the defaults of az.',
  examples: [
    { title: 'the cluster to work on', line: 'podid config set cluster-name demo' },
    { title: 'where its pod identities live', line: 'podid config set mode cluster' },
  ],
  flags: {},
  word: { value: 'SETTING', summary: 'what to set, by the name of its flag', choices: settingNames },
  secondWord: { value: 'VALUE', summary: 'its value' },
  async run(_flags, session, word, typed) {
    const name = settingNames.find((each) => each === word);
    const value = name === undefined || typed === '' ? typed : readSetting(name, typed, name, session.faults);
    session.checkUsage();
    const path = ownConfigPath(session.context);
    await writeConfig(path, { ...(await readConfig(path)), [word]: value });
    session.report.note(`Set ${word} in ${path}.`);
    await session.print({ name: word, value, source: 'podid config' }, settingShape);
    return 0;
  },
});
