import { advice } from '../../../errors/hint.ts';
import { allowPrivileged } from '../../hints/privileged-namespace.ts';
import type { Candidate } from '../candidate.ts';
import { type MigrationFacts, readingOr } from '../migration-facts.ts';
import { editWorkload, patchTemplate, workloadText } from '../workload-commands.ts';
import { proxyPortAnnotation, usualProxyPort } from '../workload-identity-words.ts';
import type { Blocker } from './blocker.ts';
import { unread } from './trust-blockers.ts';

/** What keeps Workload Identity's sidecar out of the pods. */
export function proxyBlockers(candidate: Candidate, facts: MigrationFacts): readonly Blocker[] {
  return [...unservedBlockers(candidate, facts), podSecurity(candidate, facts), portInUse(candidate)].filter(
    (blocker) => blocker !== undefined,
  );
}

/** Where neither the sidecar nor an agent answers: only the application itself can take Workload Identity. */
export function unservedBlockers(candidate: Candidate, facts: MigrationFacts): readonly Blocker[] {
  return [hostNetwork(candidate), windows(candidate, facts)].filter((blocker) => blocker !== undefined);
}

function hostNetwork({ workload, template }: Candidate): Blocker | undefined {
  return template.hostNetwork
    ? {
        code: 'HostNetwork',
        message: `${workloadText(workload)} is on the network of its node, where the webhook refuses the sidecar and agents serve no pod.`,
        hint: advice`Update its library, or take hostNetwork away: ${editWorkload(workload)}`,
      }
    : undefined;
}

function windows({ workload, template }: Candidate, facts: MigrationFacts): Blocker | undefined {
  const nodes = new Map(readingOr(facts.nodes, []).map((node) => [node.name, node]));
  const isThere = workload.pods.some(({ nodeName }) => nodes.get(nodeName)?.os === 'windows');
  return template.windows || isThere
    ? {
        code: 'Windows',
        message: `${workloadText(workload)} runs on Windows, where there is neither the sidecar nor an agent.`,
        hint: advice`Update its library, or run it on Linux: ${editWorkload(workload)}`,
      }
    : undefined;
}

function podSecurity({ workload }: Candidate, facts: MigrationFacts): Blocker | undefined {
  const { namespace } = workload;
  const labels = readingOr(facts.namespaces, []).find(({ name }) => name === namespace)?.labels ?? {};
  const level = labels['pod-security.kubernetes.io/enforce'];
  if (level !== 'baseline' && level !== 'restricted') {
    return unread(facts.namespaces, `the labels of namespace ${namespace}`, facts);
  }
  return {
    code: 'PodSecurity',
    message: `Namespace ${namespace} enforces Pod Security ${level}, which refuses the privileged container that the sidecar begins with.`,
    hint: advice`${allowPrivileged(namespace).with('--overwrite')}`,
  };
}

function portInUse({ workload, template }: Candidate): Blocker | undefined {
  const port = Number(template.annotations[proxyPortAnnotation] ?? usualProxyPort);
  if (!template.ports.includes(port)) {
    return undefined;
  }
  const free = Array.from({ length: 100 }, (_, step) => usualProxyPort + step).find(
    (each) => !template.ports.includes(each),
  );
  const annotations = { [proxyPortAnnotation]: `${free}` };
  return {
    code: 'PortInUse',
    message: `${workloadText(workload)} listens on port ${port} itself, where the sidecar wants to.`,
    hint: advice`${patchTemplate(workload, { metadata: { annotations } })}`,
  };
}
