import { shells } from '../cli/completion/typed-words.ts';
import { defineCommand } from '../cli/run/command-spec.ts';

export const completionCommand = defineCommand({
  description:
    'Completes commands, flags and their values, and live names: resource groups and clusters of the subscription, namespaces, pod identities and exceptions of the cluster. Names come from a cache that only you can read; when it is older than a minute, a background process asks Azure for the next completion, so the shell does not wait: bash, zsh and fish (where timeout is installed) continue without names after 0.3 s, or after PODID_COMPLETION_TIMEOUT seconds.',
  examples: [
    {
      title:
        'for bash, after mkdir -p ~/.local/share/bash-completion/completions; or in ~/.bashrc (macOS: ~/.bash_profile) the line eval "$(podid completion bash)"',
      line: 'podid completion bash > ~/.local/share/bash-completion/completions/podid',
    },
    {
      title: 'for zsh, after mkdir -p ~/.zfunc, which has to be in $fpath',
      line: 'podid completion zsh > ~/.zfunc/_podid',
    },
    {
      title: 'for fish, after mkdir -p ~/.config/fish/completions',
      line: 'podid completion fish > ~/.config/fish/completions/podid.fish',
    },
    {
      title: 'for PowerShell, in $PROFILE',
      line: 'podid completion powershell | Out-String | Invoke-Expression',
      needs: 'PowerShell',
    },
  ],
  flags: {},
  word: { value: 'SHELL', summary: 'the shell', choices: shells },
  async run(_flags, session, word) {
    session.checkUsage();
    const { completionScript } = await import('../cli/completion/scripts.ts');
    const shell = shells.find((each) => each === word);
    if (shell !== undefined) {
      await session.context.stdout.write(completionScript(shell));
    }
    return 0;
  },
});
