import { defineCommand } from '../cli/run/command-spec.ts';
import type { AzCommand } from '../domain/az/az-command.ts';
import { translateAz } from '../domain/az/translate-az.ts';
import { parseAzCommand } from '../validate/flags/parse-az-command.ts';
import type { UsageFaults } from '../validate/usage-faults.ts';

const unquoted = "Put the az command into quotes: podid from-az 'az aks pod-identity list …'.";

export const fromAzCommand = defineCommand({
  description:
    'Translates one command of az, in quotes, and sends nothing. stdout carries a line to paste, with variables and quotes as they were; differences are explained on stderr. A command that has no equivalent in podid but is part of working with pod identity, such as "az aks create", stays az, with the flags of pod identity moved to a podid command after it.\n\nIt knows all commands of "az aks pod-identity", "az aks create" and "az aks update", "az vm identity" and "az vmss identity", and those of the AKS documentation around them. For any other it exits with 2.',
  examples: [
    {
      title: 'one command',
      line: "podid from-az 'az aks pod-identity add -g demo-rg --cluster-name demo --namespace demo -n web --identity-resource-id $ID'",
    },
    {
      title: 'the flags of pod identity, moved to a command after the cluster is created',
      line: "podid from-az 'az aks create -g demo-rg -n demo --enable-pod-identity --network-plugin azure'",
    },
  ],
  flags: {},
  word: { value: 'AZ-COMMAND', summary: 'the az command, whole and in quotes', unquoted },
  async run(_flags, session, word) {
    const command = parse(word, session.faults);
    session.checkUsage();
    const { line, notes } = translateAz(command);
    for (const note of notes) {
      session.report.note(note);
    }
    if (line !== '') {
      await session.printLine(line);
    }
    return 0;
  },
});

function parse(line: string, faults: UsageFaults): AzCommand {
  if (line.trim() === '') {
    if (!faults.any) {
      faults.missing('AZ-COMMAND', 'the az command, whole and in quotes');
    }
  } else {
    try {
      return parseAzCommand(line);
    } catch (error) {
      if (!(error instanceof SyntaxError)) {
        throw error;
      }
      faults.add('AZ-COMMAND', `AZ-COMMAND is not one command of az: ${error.message}.`);
    }
  }
  return { words: [], flags: [] };
}
