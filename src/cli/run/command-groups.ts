import type { CommandGroup } from './command-spec.ts';

/** Words that several commands begin with. */
export const commandGroups: readonly CommandGroup[] = [
  {
    words: ['exception'],
    summary: 'pods that pod identity leaves alone',
    description: 'Pods with the labels of an exception get the same answers as the node itself.',
  },
  {
    words: ['nmi'],
    summary: "podid's agent on the nodes",
    description:
      "The agent answers pods that ask for a token; see podid-nmi. These commands need only the cluster's own API, not Azure: --kubeconfig or --context, or the cluster's credentials by --resource-group and --cluster-name.",
  },
  {
    words: ['policy'],
    summary: 'admission policies that pod identity relies on',
    description: 'Admission policies that keep a pod from posing as another pod.',
  },
  {
    words: ['cluster'],
    summary: 'the AKS clusters, and the identities that one itself runs as',
    description:
      "The control plane's identity puts the pods' identities on nodes, so it needs a role on each of them; the kubelets have an identity of their own.",
  },
  {
    words: ['identity'],
    summary: 'the managed identities of a subscription',
    description: 'User-assigned managed identities, which podid add gives to pods by their id.',
  },
  {
    words: ['config'],
    summary: "podid's own settings",
    description:
      'What podid takes where no flag says it: a variable of the environment first, then these settings, then the defaults of az.',
  },
  {
    words: ['exchange'],
    summary: "tokens that podid's agent gets from Entra instead of from the node",
    description:
      "podid's agent sends Entra a service-account token, which a federated credential of the managed identity trusts, and gets the identity's token for it. No node has to carry the identity any more, and the pods stay as they are.\n\nWhich of exchange, takeover and migrate you need, and in which order: docs/way-out.md.",
  },
  {
    words: ['migrate'],
    summary: 'workloads from pod identity to Workload Identity',
    description:
      'With Microsoft Entra Workload Identity a pod gets its tokens from Entra itself, by a token of its service account. It needs no agent, and no identity on the nodes.\n\nplan comes first, then apply, which does the rest step by step; rollback takes a workload back from any step. Which of exchange, takeover and migrate you need, and in which order: docs/way-out.md.',
  },
  {
    words: ['takeover'],
    summary: "from the AKS add-on to podid's own agent",
    description:
      'When the add-on is turned off, it may take away its definitions, the identities on the nodes and its agent, in any order. plan saves all of it and finds what blocks; apply turns the add-on off, with every step proved before the next; rollback leads back from each.\n\nWhich of exchange, takeover and migrate you need, and in which order: docs/way-out.md.',
  },
  {
    words: ['node'],
    summary: 'the managed identities that the nodes themselves carry',
    description:
      'IMDS gives a node tokens of the identities of its own machine and of no others. With the add-on, AKS puts them there; in managed mode without the add-on, you do.',
  },
];
