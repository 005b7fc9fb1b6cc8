import { advice, command, othersText } from '../../../errors/hint.ts';
import { bindingLabel } from '../../kubernetes/identity-resources.ts';
import { workloadKindFacts } from '../../kubernetes/workloads.ts';
import type { Candidate } from '../candidate.ts';
import { managerOf } from '../manager.ts';
import { type MigrationFacts, readingOr } from '../migration-facts.ts';
import {
  editWorkload,
  exchangeCommand,
  isWorkloadKind,
  patchTemplate,
  planAgain,
  resourceWord,
  showWorkload,
  workloadText,
} from '../workload-commands.ts';
import { useLabel } from '../workload-identity-words.ts';
import type { Blocker } from './blocker.ts';

/** What of the workload's own kind and owners is in the way. */
export function ownerBlockers(candidate: Candidate, facts: MigrationFacts): readonly Blocker[] {
  return [
    unknownOwner(candidate),
    barePod(candidate),
    immutable(candidate),
    onDelete(candidate),
    selectorLabel(candidate),
    gitOps(candidate, facts),
    virtualNode(candidate, facts),
    kubeSystem(candidate),
  ].filter((blocker) => blocker !== undefined);
}

function unknownOwner({ workload }: Candidate): Blocker | undefined {
  const { kind, object } = workload;
  const isKnown = kind === 'Pod' || (isWorkloadKind(kind) && workloadKindFacts(kind).custom === undefined);
  if (isKnown && (object !== undefined || kind === 'Pod')) {
    return undefined;
  }
  const why = isKnown ? 'podid could not read it' : `podid does not know how a ${kind} replaces its pods`;
  return {
    code: 'UnknownOwner',
    message: `${workloadText(workload)} owns the pods, and ${why}.`,
    hint: advice`Put the label ${othersText(useLabel)} into its pods' template yourself: ${editWorkload(workload)}`,
  };
}

function barePod({ workload }: Candidate): Blocker | undefined {
  return workload.kind === 'Pod'
    ? {
        code: 'BarePod',
        message: `Pod ${workload.namespace}/${workload.name} has no owner that would make it again.`,
        hint: advice`Make a Deployment of it; its manifest: ${showWorkload(workload)}`,
      }
    : undefined;
}

function immutable({ workload }: Candidate): Blocker | undefined {
  return workload.kind === 'Job'
    ? {
        code: 'Immutable',
        message: `${workloadText(workload)} is running, and Kubernetes changes no template of a Job.`,
        hint: advice`Let it end, and make the next one with the label in its template; its manifest: ${showWorkload(workload)}`,
      }
    : undefined;
}

function onDelete({ workload }: Candidate): Blocker | undefined {
  if (workload.kind === 'ReplicaSet' || workload.kind === 'ReplicationController') {
    return {
      code: 'OnDelete',
      message: `${workloadText(workload)} has no Deployment above it, and leaves its pods as they are when its template changes.`,
      hint: advice`Make a Deployment of it; its manifest: ${showWorkload(workload)}`,
    };
  }
  if (workload.object?.onDelete !== true) {
    return undefined;
  }
  const rolling = JSON.stringify({ spec: { updateStrategy: { type: 'RollingUpdate' } } });
  const words = [resourceWord(workload), workload.name, '-n', workload.namespace, '-p', rolling];
  return {
    code: 'OnDelete',
    message: `${workloadText(workload)} has the update strategy OnDelete, so that its pods stay as they are until somebody deletes them.`,
    hint: advice`${command('kubectl patch', ...words)}`,
  };
}

function selectorLabel({ workload }: Candidate): Blocker | undefined {
  const held = [bindingLabel, useLabel].find((label) =>
    Object.hasOwn(workload.object?.selector ?? {}, label),
  );
  return held === undefined
    ? undefined
    : {
        code: 'SelectorLabel',
        message: `${workloadText(workload)} has the label ${held} in its selector, which Kubernetes never changes.`,
        hint: advice`Delete it and make it anew without that label in its selector; its manifest: ${showWorkload(workload)}`,
      };
}

/** Helm keeps what others added to an object; what Argo CD and Flux sync, they put back. */
function gitOps({ workload, account }: Candidate, { cluster }: MigrationFacts): Blocker | undefined {
  const manager = workload.object && managerOf(workload.object);
  const [template] = workload.templates;
  if (manager === undefined || manager.kind === 'helm' || template?.labels[useLabel] === 'true') {
    return undefined;
  }
  const who = manager.kind === 'argo' ? 'Argo CD' : 'Flux';
  const of = manager.name === '' ? '' : ` (${manager.name})`;
  const serviceAccountName = account.target;
  const patch = { metadata: { labels: { [useLabel]: 'true' } }, spec: { serviceAccountName } };
  return {
    code: 'GitOps',
    message: `${who}${of} writes ${workloadText(workload)} from a repository, and would put back what podid changes.`,
    hint: advice`Once its identity trusts the service account, make this change in the repository: ${patchTemplate(workload, patch)}; then: ${planAgain(cluster, workload)}`,
  };
}

function virtualNode({ workload, template }: Candidate, facts: MigrationFacts): Blocker | undefined {
  const nodes = new Map(readingOr(facts.nodes, []).map((node) => [node.name, node]));
  const isThere = workload.pods.some(({ nodeName }) => nodes.get(nodeName)?.virtual === true);
  return template.virtualNode || isThere
    ? {
        code: 'VirtualNode',
        message: `${workloadText(workload)} runs on virtual nodes, where there is no Workload Identity.`,
        hint: advice`Take the node selector and the toleration for virtual nodes away: ${editWorkload(workload)}`,
      }
    : undefined;
}

/** AKS's admissions enforcer keeps webhooks away from there. */
function kubeSystem({ workload }: Candidate): Blocker | undefined {
  return workload.namespace === 'kube-system'
    ? {
        code: 'KubeSystem',
        message: `${workloadText(workload)} is in kube-system, where AKS lets no webhook change pods.`,
        hint: advice`Let the agent exchange its tokens without a change of the pods: ${exchangeCommand(workload.identities)}`,
      }
    : undefined;
}
