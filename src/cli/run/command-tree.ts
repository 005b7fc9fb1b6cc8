import type { Reach } from '../../domain/hints/next-command.ts';
import { longFlag, type WordSpec } from '../../flags/flag-table.ts';
import { commandGroups } from './command-groups.ts';
import type { Command, CommandEntry, CommandTree } from './command-spec.ts';

export async function loadCommand(entry: CommandEntry): Promise<Command> {
  return { ...entry, ...(await entry.load()) };
}

/** How the command that these words begin with finds its cluster; `none` where they are no command. */
export function reachOf(words: readonly string[]): Reach {
  const entry = commandTree.commands.find((each) => each.words.every((word, at) => words[at] === word));
  return entry?.reach ?? 'none';
}

/** What it takes besides its flags. */
export function wordSpecs({ word, secondWord, wordsOf = '', flags }: Command): readonly WordSpec[] {
  const flag = flags[wordsOf];
  const values: WordSpec[] = flag
    ? [
        {
          value: `${flag.value ?? 'VALUE'} …`,
          summary: `the same as ${longFlag(wordsOf, flag)}`,
          optional: true,
        },
      ]
    : [];
  return [...[word, secondWord].filter((each) => each !== undefined), ...values];
}

/** `podid completion SHELL`. */
export function commandHead(command: Command): string {
  const { words } = command;
  const typed = wordSpecs(command).map(({ optional, value }) => (optional ? `[${value}]` : value));
  return ['podid', ...words, ...typed].join(' ');
}

export const commandTree: CommandTree = {
  root: {
    words: [],
    summary: 'pod-managed identity for AKS',
    description:
      'Lets pods of an AKS cluster use managed identities of Azure. The commands are those of "az aks pod-identity", and some more.',
  },
  groups: commandGroups,
  commands: [
    {
      words: ['add'],
      summary: 'let pods of a namespace use a managed identity',
      block: 'pod identities',
      reach: 'objects',
      load: async () => (await import('../../commands/add.ts')).addCommand,
    },
    {
      words: ['update'],
      summary: 'change the selector or the identity of a pod identity',
      block: 'pod identities',
      reach: 'objects',
      load: async () => (await import('../../commands/update.ts')).updateCommand,
    },
    {
      words: ['delete'],
      summary: 'take a managed identity from the pods of a namespace',
      block: 'pod identities',
      reach: 'objects',
      load: async () => (await import('../../commands/delete.ts')).deleteCommand,
    },
    {
      words: ['list'],
      alias: 'ls',
      summary: "list the cluster's pod identities",
      block: 'pod identities',
      reach: 'entries',
      load: async () => (await import('../../commands/list.ts')).listCommand,
    },
    {
      words: ['show'],
      summary: 'show one pod identity',
      block: 'pod identities',
      reach: 'entries',
      load: async () => (await import('../../commands/show.ts')).showCommand,
    },
    {
      words: ['wait'],
      summary: 'wait until an entry is assigned or deleted, or the cluster is idle',
      block: 'pod identities',
      reach: 'azure',
      load: async () => (await import('../../commands/wait.ts')).waitCommand,
    },
    {
      words: ['exception', 'add'],
      summary: 'let pods with certain labels reach the metadata service of their node',
      block: 'exceptions',
      reach: 'objects',
      load: async () => (await import('../../commands/exception/add.ts')).exceptionAddCommand,
    },
    {
      words: ['exception', 'update'],
      summary: 'replace the labels of an exception',
      block: 'exceptions',
      reach: 'objects',
      load: async () => (await import('../../commands/exception/update.ts')).exceptionUpdateCommand,
    },
    {
      words: ['exception', 'delete'],
      summary: 'delete an exception',
      block: 'exceptions',
      reach: 'objects',
      load: async () => (await import('../../commands/exception/delete.ts')).exceptionDeleteCommand,
    },
    {
      words: ['exception', 'list'],
      alias: 'ls',
      summary: "list the cluster's exceptions",
      block: 'exceptions',
      reach: 'entries',
      load: async () => (await import('../../commands/exception/list.ts')).exceptionListCommand,
    },
    {
      words: ['exception', 'show'],
      summary: 'show one exception',
      block: 'exceptions',
      reach: 'entries',
      load: async () => (await import('../../commands/exception/show.ts')).exceptionShowCommand,
    },
    {
      words: ['enable'],
      summary: "turn the cluster's pod-identity add-on on",
      block: 'the add-on',
      reach: 'both',
      load: async () => (await import('../../commands/enable.ts')).enableCommand,
    },
    {
      words: ['disable'],
      summary: "turn the cluster's pod-identity add-on off",
      block: 'the add-on',
      reach: 'both',
      load: async () => (await import('../../commands/disable.ts')).disableCommand,
    },
    {
      words: ['status'],
      summary: 'show the state of the add-on',
      block: 'the add-on',
      reach: 'objects',
      load: async () => (await import('../../commands/status.ts')).statusCommand,
    },
    {
      words: ['plan'],
      summary: 'show what apply would change',
      block: 'many at once',
      reach: 'objects',
      load: async () => (await import('../../commands/plan.ts')).planCommand,
    },
    {
      words: ['apply'],
      summary: 'bring the cluster in line with a file of pod identities',
      block: 'many at once',
      reach: 'objects',
      load: async () => (await import('../../commands/apply.ts')).applyCommand,
    },
    {
      words: ['export'],
      summary: "print the cluster's pod identities as a file for apply",
      block: 'many at once',
      reach: 'objects',
      load: async () => (await import('../../commands/export.ts')).exportCommand,
    },
    {
      words: ['init'],
      summary: 'set pod identity up for the first time, question by question',
      block: 'first time',
      reach: 'both',
      load: async () => (await import('../../commands/init.ts')).initCommand,
    },
    {
      words: ['doctor'],
      summary: 'find out why a pod gets no token',
      block: 'first time',
      reach: 'both',
      load: async () => (await import('../../commands/doctor.ts')).doctorCommand,
    },
    {
      words: ['completion'],
      summary: 'print the script that makes a shell complete podid',
      block: 'first time',
      reach: 'none',
      load: async () => (await import('../../commands/completion.ts')).completionCommand,
    },
    {
      words: ['from-az'],
      summary: 'print the podid command for an az one',
      block: 'first time',
      reach: 'none',
      load: async () => (await import('../../commands/from-az.ts')).fromAzCommand,
    },
    {
      words: ['schema'],
      summary: 'print the JSON schema of a file that podid reads',
      block: 'first time',
      reach: 'none',
      load: async () => (await import('../../commands/schema.ts')).schemaCommand,
    },
    {
      words: ['access'],
      summary: 'show who can get which identity, by every way, and what to mend',
      block: 'in the cluster',
      reach: 'both',
      load: async () => (await import('../../commands/access.ts')).accessCommand,
    },
    {
      words: ['mirror'],
      summary: "bring the objects in the cluster in line with Azure's entries",
      block: 'in the cluster',
      reach: 'objects',
      load: async () => (await import('../../commands/mirror.ts')).mirrorCommand,
    },
    {
      words: ['nmi', 'install'],
      summary: "put podid's agent on the nodes, or change how it runs",
      block: 'in the cluster',
      reach: 'api',
      load: async () => (await import('../../commands/nmi/install.ts')).nmiInstallCommand,
    },
    {
      words: ['nmi', 'status'],
      summary: 'show the state of the agent on each node',
      block: 'in the cluster',
      reach: 'api',
      load: async () => (await import('../../commands/nmi/status.ts')).nmiStatusCommand,
    },
    {
      words: ['nmi', 'collect'],
      summary: 'save what there is to read about the agents in a zip for support, without secrets',
      block: 'in the cluster',
      reach: 'api',
      load: async () => (await import('../../commands/nmi/collect.ts')).nmiCollectCommand,
    },
    {
      words: ['nmi', 'top'],
      summary: 'watch what the agents do: requests, refusals and waits by node, and which pods ask',
      block: 'in the cluster',
      reach: 'api',
      load: async () => (await import('../../commands/nmi/top.ts')).nmiTopCommand,
    },
    {
      words: ['nmi', 'uninstall'],
      summary: "take podid's agent off the nodes, with all that it left there",
      block: 'in the cluster',
      reach: 'api',
      load: async () => (await import('../../commands/nmi/uninstall.ts')).nmiUninstallCommand,
    },
    {
      words: ['policy', 'kubenet'],
      summary: 'print or apply the policy that keeps pods on kubenet from posing as other pods',
      block: 'in the cluster',
      reach: 'api',
      load: async () => (await import('../../commands/policy/kubenet.ts')).policyKubenetCommand,
    },
    {
      words: ['cluster', 'list'],
      alias: 'ls',
      summary: 'list the AKS clusters of a subscription',
      block: 'the cluster',
      reach: 'subscription',
      load: async () => (await import('../../commands/cluster/list.ts')).clusterListCommand,
    },
    {
      words: ['cluster', 'show'],
      summary: 'show the identities that the cluster itself runs as',
      block: 'the cluster',
      reach: 'azure',
      load: async () => (await import('../../commands/cluster/show.ts')).clusterShowCommand,
    },
    {
      words: ['cluster', 'update'],
      summary: 'change the identities that the cluster itself runs as',
      block: 'the cluster',
      reach: 'azure',
      load: async () => (await import('../../commands/cluster/update.ts')).clusterUpdateCommand,
    },
    {
      words: ['identity', 'list'],
      alias: 'ls',
      summary: 'list the managed identities of a subscription',
      block: 'managed identities',
      reach: 'subscription',
      load: async () => (await import('../../commands/identity/list.ts')).identityListCommand,
    },
    {
      words: ['identity', 'show'],
      summary: 'show one managed identity with its ids',
      block: 'managed identities',
      reach: 'subscription',
      load: async () => (await import('../../commands/identity/show.ts')).identityShowCommand,
    },
    {
      words: ['node', 'list'],
      alias: 'ls',
      summary: 'list which managed identities the machines of the nodes have',
      block: 'node identities',
      reach: 'azure',
      load: async () => (await import('../../commands/node/list.ts')).nodeListCommand,
    },
    {
      words: ['node', 'assign'],
      summary: 'put managed identities on the machines of the nodes',
      block: 'node identities',
      reach: 'both',
      load: async () => (await import('../../commands/node/assign.ts')).nodeAssignCommand,
    },
    {
      words: ['node', 'unassign'],
      summary: 'take managed identities from the machines of the nodes',
      block: 'node identities',
      reach: 'both',
      load: async () => (await import('../../commands/node/unassign.ts')).nodeUnassignCommand,
    },
    {
      words: ['token'],
      summary: 'in a pod: ask for a token as an SDK does, and print whose it is',
      block: 'in a pod',
      reach: 'none',
      load: async () => (await import('../../commands/token.ts')).tokenCommand,
    },
    {
      words: ['takeover', 'plan'],
      summary: 'save what the add-on may take away with itself, and find what blocks a takeover',
      block: 'the way out',
      reach: 'both',
      load: async () => (await import('../../commands/takeover/plan.ts')).takeoverPlanCommand,
    },
    {
      words: ['takeover', 'apply'],
      summary: "leave the add-on for podid's own agent, step by step, each with its proof",
      block: 'the way out',
      reach: 'both',
      load: async () => (await import('../../commands/takeover/apply.ts')).takeoverApplyCommand,
    },
    {
      words: ['takeover', 'rollback'],
      summary: 'lead back to the add-on, from each step',
      block: 'the way out',
      reach: 'both',
      load: async () => (await import('../../commands/takeover/rollback.ts')).takeoverRollbackCommand,
    },
    {
      words: ['takeover', 'status'],
      summary: 'show how far the takeover from the add-on is, and what its probes got',
      block: 'the way out',
      reach: 'both',
      load: async () => (await import('../../commands/takeover/status.ts')).takeoverStatusCommand,
    },
    {
      words: ['exchange', 'enable'],
      summary: 'get tokens of identities from Entra, each after a rehearsal',
      block: 'the way out',
      reach: 'both',
      load: async () => (await import('../../commands/exchange/enable.ts')).exchangeEnableCommand,
    },
    {
      words: ['exchange', 'disable'],
      summary: 'get tokens of identities from the nodes (IMDS) again',
      block: 'the way out',
      reach: 'both',
      load: async () => (await import('../../commands/exchange/disable.ts')).exchangeDisableCommand,
    },
    {
      words: ['exchange', 'status'],
      summary: 'show where the tokens of each identity come from',
      block: 'the way out',
      reach: 'both',
      load: async () => (await import('../../commands/exchange/status.ts')).exchangeStatusCommand,
    },
    {
      words: ['migrate', 'plan'],
      summary: 'show how each workload leaves pod identity, and what blocks it',
      block: 'the way out',
      reach: 'both',
      load: async () => (await import('../../commands/migrate/plan.ts')).migratePlanCommand,
    },
    {
      words: ['migrate', 'check'],
      summary: 'prove at Entra that workloads may move, and change nothing',
      block: 'the way out',
      reach: 'both',
      load: async () => (await import('../../commands/migrate/check.ts')).migrateCheckCommand,
    },
    {
      words: ['migrate', 'apply'],
      summary: 'move workloads step by step, each with a check before and a proof after',
      block: 'the way out',
      reach: 'both',
      load: async () => (await import('../../commands/migrate/apply.ts')).migrateApplyCommand,
    },
    {
      words: ['migrate', 'rollback'],
      summary: 'take workloads back to pod identity',
      block: 'the way out',
      reach: 'both',
      load: async () => (await import('../../commands/migrate/rollback.ts')).migrateRollbackCommand,
    },
    {
      words: ['migrate', 'finish'],
      summary: 'turn the add-on off, once no workload has pod identity',
      block: 'the way out',
      reach: 'both',
      load: async () => (await import('../../commands/migrate/finish.ts')).migrateFinishCommand,
    },
    {
      words: ['migrate', 'status'],
      summary: 'show how far each workload is',
      block: 'the way out',
      reach: 'both',
      load: async () => (await import('../../commands/migrate/status.ts')).migrateStatusCommand,
    },
    {
      words: ['config', 'set'],
      summary: 'keep what to take where no flag says it: the cluster, the mode',
      block: 'habits',
      reach: 'none',
      load: async () => (await import('../../commands/config/set.ts')).configSetCommand,
    },
    {
      words: ['config', 'get'],
      summary: 'print one setting',
      block: 'habits',
      reach: 'none',
      load: async () => (await import('../../commands/config/get.ts')).configGetCommand,
    },
    {
      words: ['config', 'list'],
      alias: 'ls',
      summary: 'print what podid takes where no flag says it, and where it comes from',
      block: 'habits',
      reach: 'none',
      load: async () => (await import('../../commands/config/list.ts')).configListCommand,
    },
    {
      words: ['config', 'unset'],
      summary: 'take a setting away',
      block: 'habits',
      reach: 'none',
      load: async () => (await import('../../commands/config/unset.ts')).configUnsetCommand,
    },
    {
      words: ['version'],
      summary: 'print the version of podid',
      block: 'habits',
      reach: 'none',
      load: async () => (await import('../../commands/version.ts')).versionCommand,
    },
    {
      words: ['emulator'],
      summary: 'run a small Azure with a cluster on this machine, to try podid',
      block: 'to try it',
      reach: 'none',
      load: async () => (await import('../../commands/emulator.ts')).emulatorCommand,
    },
  ],
};
