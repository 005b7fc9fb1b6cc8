import { ownConfigPath, readConfig, removeConfig, writeConfig } from '../../cli/config/change-config.ts';
import { settingShape } from '../../cli/config/setting-shape.ts';
import { settingNames } from '../../cli/config/settings.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { nearestWord } from '../../validate/nearest-word.ts';
import { quoted } from '../../validate/usage-faults.ts';

export const configUnsetCommand = defineCommand({
  description:
    "Takes a setting out of podid's own file, or with --all the file itself. Exits with 0 where there is nothing to take.",
  examples: [
    { title: 'one setting', line: 'podid config unset mode' },
    { title: 'all of them', line: 'podid config unset --all' },
  ],
  flags: { all: { kind: 'switch', summary: 'all settings: the file goes' } },
  word: { value: 'SETTING', summary: 'the setting', optional: true },
  async run({ all }, session, word) {
    const { faults, context, report } = session;
    if (all === (word !== '')) {
      faults.add('SETTING', `Give one setting (${settingNames.join(', ')}), or --all.`);
    }
    session.checkUsage();
    const path = ownConfigPath(context);
    if (all) {
      await removeConfig(path);
      report.note(`Removed ${path}.`);
      await session.print(null, settingShape);
      return 0;
    }
    const values = await readConfig(path);
    // What stands in the file can go, whatever it is.
    if (!Object.hasOwn(values, word) && !settingNames.some((each) => each === word)) {
      const meant = nearestWord(word, settingNames);
      const nearest = meant === undefined ? '' : ` Nearest: ${meant}`;
      faults.add('SETTING', `${quoted(word)} is not one of ${settingNames.join(', ')}.${nearest}`);
      session.checkUsage();
    }
    const { [word]: value = null, ...others } = values;
    if (value !== null) {
      await writeConfig(path, others);
      report.note(`Took ${word} out of ${path}.`);
    }
    await session.print(value === null ? null : { name: word, value, source: 'podid config' }, settingShape);
    return 0;
  },
});
