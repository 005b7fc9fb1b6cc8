import { defineCommand } from '../cli/run/command-spec.ts';
import type { Session } from '../cli/run/session.ts';

const unquoted = "Put the az command into quotes: podid from-az 'az aks pod-identity list …'.";
const wanted = 'an az command in quotes, or a script on stdin: podid from-az < script.sh';

export const fromAzCommand = defineCommand({
  description:
    'Translates az commands, and sends nothing. It takes one command in quotes, or a whole script on stdin: for a POSIX shell, PowerShell or cmd, as typed or as copied from a terminal. stdout carries what is to be pasted, with variables and quotes as they were. Of a script the other lines stay untouched, and comments say what changed or was left out; of one command, stderr does.\n\nIt knows all commands of "az aks pod-identity", the flags of pod identity of "az aks create" and "az aks update", "az vm identity" and "az vmss identity", and those that scripts of pod identity use beside them, which stay az. A command that is about pod identity and that podid does not wholly understand ends it with 2, before anything is printed. docs/from-az.md has the table.',
  examples: [
    {
      title: 'one command',
      line: "podid from-az 'az aks pod-identity add -g demo-rg --cluster-name demo --namespace demo -n web --identity-resource-id $ID'",
    },
    {
      title: 'the flags of pod identity, moved to a command after the cluster is created',
      line: "podid from-az 'az aks create -g demo-rg -n demo --enable-pod-identity --network-plugin azure'",
    },
    {
      title: 'a line of a script',
      line: "podid from-az 'az aks pod-identity list -g demo-rg --cluster-name demo | jq .'",
    },
  ],
  flags: {},
  word: {
    value: 'AZ-COMMAND',
    summary: 'the az command, whole and in quotes; - or nothing for a script on stdin',
    optional: true,
    unquoted,
  },
  async run(_flags, session, word) {
    const text = await textOf(session, word);
    session.checkUsage();
    const { translateScript } = await import('../cli/from-az/translate-script.ts');
    const translated = translateScript(text);
    for (const fault of translated.faults) {
      session.faults.add('AZ-COMMAND', `AZ-COMMAND: ${fault}`);
    }
    session.checkUsage();
    for (const note of translated.notes) {
      session.report.note(note);
    }
    if (translated.text !== '') {
      await session.printLine(translated.text.replace(/\r?\n$/, ''));
    }
    return 0;
  },
});

async function textOf({ context, faults }: Session, word: string): Promise<string> {
  const isFromStdin = word === '-' || (word === '' && !context.interactive);
  const text = isFromStdin ? await context.readStdin() : word;
  if (text.trim() === '' && !faults.any) {
    faults.missing('AZ-COMMAND', wanted);
  }
  return text;
}
