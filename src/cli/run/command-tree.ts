import { addCommand } from '../../commands/add.ts';
import { applyCommand } from '../../commands/apply.ts';
import { clusterShowCommand } from '../../commands/cluster/show.ts';
import { clusterUpdateCommand } from '../../commands/cluster/update.ts';
import { completionCommand } from '../../commands/completion.ts';
import { deleteCommand } from '../../commands/delete.ts';
import { disableCommand } from '../../commands/disable.ts';
import { doctorCommand } from '../../commands/doctor.ts';
import { emulatorCommand } from '../../commands/emulator.ts';
import { enableCommand } from '../../commands/enable.ts';
import { exceptionAddCommand } from '../../commands/exception/add.ts';
import { exceptionDeleteCommand } from '../../commands/exception/delete.ts';
import { exceptionListCommand } from '../../commands/exception/list.ts';
import { exceptionShowCommand } from '../../commands/exception/show.ts';
import { exceptionUpdateCommand } from '../../commands/exception/update.ts';
import { exportCommand } from '../../commands/export.ts';
import { fromAzCommand } from '../../commands/from-az.ts';
import { initCommand } from '../../commands/init.ts';
import { listCommand } from '../../commands/list.ts';
import { mirrorCommand } from '../../commands/mirror.ts';
import { nmiInstallCommand } from '../../commands/nmi/install.ts';
import { nmiStatusCommand } from '../../commands/nmi/status.ts';
import { nmiUninstallCommand } from '../../commands/nmi/uninstall.ts';
import { nodeAssignCommand } from '../../commands/node/assign.ts';
import { nodeListCommand } from '../../commands/node/list.ts';
import { nodeUnassignCommand } from '../../commands/node/unassign.ts';
import { planCommand } from '../../commands/plan.ts';
import { policyKubenetCommand } from '../../commands/policy/kubenet.ts';
import { schemaCommand } from '../../commands/schema.ts';
import { showCommand } from '../../commands/show.ts';
import { statusCommand } from '../../commands/status.ts';
import { tokenCommand } from '../../commands/token.ts';
import { updateCommand } from '../../commands/update.ts';
import { waitCommand } from '../../commands/wait.ts';
import type { CommandSpec } from './command-spec.ts';

export interface CommandGroup {
  /** After `podid`; none for podid itself. */
  readonly words: readonly string[];
  readonly summary: string;
  readonly description: string;
}

export interface CommandTree {
  readonly root: CommandGroup;
  /** Outer ones first. */
  readonly groups: readonly CommandGroup[];
  /** In the order in which help lists them. */
  readonly commands: readonly CommandSpec[];
}

export const commandTree: CommandTree = {
  root: {
    words: [],
    summary: 'pod-managed identity for AKS',
    description:
      'Lets pods of an AKS cluster use managed identities of Azure. The words are those that follow "az aks pod-identity", and some more.',
  },
  groups: [
    {
      words: ['exception'],
      summary: 'pods that pod identity leaves alone',
      description: 'Pods with the labels of an exception are answered as the node itself would be.',
    },
    {
      words: ['nmi'],
      summary: "podid's agent on the nodes",
      description:
        "The agent answers pods that ask for a token; see podid-nmi. These commands need the cluster's own API and nothing of Azure: --kubeconfig or --context, or the cluster's credentials by --resource-group and --cluster-name.",
    },
    {
      words: ['policy'],
      summary: 'what keeps pods from taking what is not theirs',
      description: 'Policies of admission that pod identity rests on.',
    },
    {
      words: ['cluster'],
      summary: 'the identities that the cluster itself runs as',
      description:
        "The control plane's identity puts the pods' identities on nodes, so it needs a role on each of them; the kubelets have an identity of their own.",
    },
    {
      words: ['node'],
      summary: 'the managed identities that the nodes themselves carry',
      description:
        'IMDS gives a node tokens of the identities of its own machine and of no others. With the add-on AKS puts them there; in managed mode without it you do.',
    },
  ],
  commands: [
    addCommand,
    updateCommand,
    deleteCommand,
    listCommand,
    showCommand,
    waitCommand,
    exceptionAddCommand,
    exceptionUpdateCommand,
    exceptionDeleteCommand,
    exceptionListCommand,
    exceptionShowCommand,
    enableCommand,
    disableCommand,
    statusCommand,
    doctorCommand,
    initCommand,
    planCommand,
    applyCommand,
    exportCommand,
    schemaCommand,
    mirrorCommand,
    nmiInstallCommand,
    nmiStatusCommand,
    nmiUninstallCommand,
    policyKubenetCommand,
    clusterShowCommand,
    clusterUpdateCommand,
    tokenCommand,
    nodeListCommand,
    nodeAssignCommand,
    nodeUnassignCommand,
    fromAzCommand,
    completionCommand,
    emulatorCommand,
  ],
};
