import { defineCommand } from '../cli/run/command-spec.ts';

export const versionCommand = defineCommand({
  description:
    'Prints the version, as podid --version does; with -o json also the commit that it was built from and the time of that, and what podid runs on, for a report of a fault.',
  examples: [{ title: 'for a report of a fault', line: 'podid version -o json' }],
  flags: {},
  async run(_flags, session) {
    session.checkUsage();
    const { version, build } = session.context;
    const about = {
      version,
      ...build,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
    };
    await session.print(about, { rows: () => [], columns: [], text: () => `${version}\n` }, 'table');
    return 0;
  },
});
