import { addCommand } from './add.ts';
import { applyCommand } from './apply.ts';
import { clusterShowCommand } from './cluster/show.ts';
import { clusterUpdateCommand } from './cluster/update.ts';
import type { CommandSpec } from './command-spec.ts';
import { completionCommand } from './completion.ts';
import { deleteCommand } from './delete.ts';
import { disableCommand } from './disable.ts';
import { doctorCommand } from './doctor.ts';
import { emulatorCommand } from './emulator.ts';
import { enableCommand } from './enable.ts';
import { exceptionAddCommand } from './exception/add.ts';
import { exceptionDeleteCommand } from './exception/delete.ts';
import { exceptionListCommand } from './exception/list.ts';
import { exceptionShowCommand } from './exception/show.ts';
import { exceptionUpdateCommand } from './exception/update.ts';
import { exportCommand } from './export.ts';
import { fromAzCommand } from './from-az.ts';
import { initCommand } from './init.ts';
import { listCommand } from './list.ts';
import { mirrorCommand } from './mirror.ts';
import { nmiInstallCommand } from './nmi/install.ts';
import { nmiStatusCommand } from './nmi/status.ts';
import { nmiUninstallCommand } from './nmi/uninstall.ts';
import { nodeAssignCommand } from './node/assign.ts';
import { nodeListCommand } from './node/list.ts';
import { nodeUnassignCommand } from './node/unassign.ts';
import { planCommand } from './plan.ts';
import { policyKubenetCommand } from './policy/kubenet.ts';
import { schemaCommand } from './schema.ts';
import { showCommand } from './show.ts';
import { statusCommand } from './status.ts';
import { tokenCommand } from './token.ts';
import { updateCommand } from './update.ts';
import { waitCommand } from './wait.ts';

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
