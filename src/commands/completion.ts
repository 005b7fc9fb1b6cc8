import { defineCommand } from './command-spec.ts';
import { shells } from './completion/asked-words.ts';

export const completionCommand = defineCommand({
  words: ['completion'],
  summary: 'print the script that makes a shell complete podid',
  description:
    'Completes commands, flags and their values, and live names: resource groups and clusters of the subscription, namespaces, pod identities and exceptions of the cluster. Names come from a cache that only you can read; where it is older than a minute, a process of its own asks Azure for the next time, and the shell waits for nobody.',
  examples: [
    { says: 'in ~/.bashrc', line: 'podid completion bash' },
    { says: 'for fish', line: 'podid completion fish' },
  ],
  flags: {},
  word: { value: 'SHELL', summary: 'the shell', choices: shells },
  async run(_flags, session, word) {
    session.checkUsage();
    const { completionScript } = await import('./completion/scripts.ts');
    const shell = shells.find((each) => each === word);
    if (shell !== undefined) await session.context.stdout.write(completionScript(shell));
    return 0;
  },
});
