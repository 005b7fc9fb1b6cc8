import { noImageText } from '../../../domain/kubernetes/agent-image.ts';
import {
  type AgentValues,
  agentPorts,
  identitiesWithSecret,
  secretsUndecidedText,
} from '../../../domain/kubernetes/agent-values.ts';
import { parseSecretPairs } from '../../../domain/kubernetes/secret-pairs.ts';
import type { UsageFaults } from '../../usage-faults.ts';
import type { ValueSection } from './value-section.ts';

/** Where upstream's images were; podid's are elsewhere, so that nothing is meant by it. */
const upstreamRepositories = [
  'mcr.microsoft.com/oss/azure/aad-pod-identity',
  'mcr.microsoft.com/k8s/aad-pod-identity',
];

/** By which the chart's own values are known among others: what stands there nobody has set. */
export const chartValuesName = 'values.yaml of the chart';

/** For what runs podid's image by these values: an installation always, a clean-up where no agent is found. */
export function refuseWithoutImage({ podid }: AgentValues, faults: UsageFaults): void {
  if (podid.image.repository === '') {
    faults.add('--set', noImageText);
  }
}

function refuseSecretPairs(section: ValueSection, { podid, rbac }: AgentValues): void {
  const { pairs, wrong } = parseSecretPairs(podid.secretsOfOtherNamespaces);
  for (const text of wrong) {
    section.fault(
      'secretsOfOtherNamespaces',
      `podid.secretsOfOtherNamespaces lists pairs of namespaces IDENTITIES:SECRETS, as capz-system:default; ${text} is not one.`,
    );
  }
  if (pairs.size > 0 && rbac.allowAccessToSecrets !== true) {
    section.fault(
      'secretsOfOtherNamespaces',
      'podid.secretsOfOtherNamespaces lists whose secrets may be named, but rbac.allowAccessToSecrets is not true. Set it, or leave the list empty.',
    );
  }
  const missing = [...pairs].filter((pair) => !podid.secretNamespaces.includes(pair.split(':')[1] ?? ''));
  if (podid.secretNamespaces.length > 0 && missing.length > 0) {
    section.fault(
      'secretsOfOtherNamespaces',
      `podid.secretNamespaces does not list the namespace of the secrets of these pairs, so the agent could not read them: ${missing.join(', ')}.`,
    );
  }
}

/** The agent would wait for a port of its own until it is free, and not be found ready. */
function refusePortsInCommon(nmi: ValueSection, values: AgentValues): void {
  const { pods, probes, metrics } = agentPorts(values);
  if (probes === metrics) {
    nmi.fault(
      nmi.node('prometheusPort') === undefined ? 'probePort' : 'prometheusPort',
      `nmi.probePort and nmi.prometheusPort are both ${probes}: each needs a port of its own.`,
    );
  }
  for (const [key, port] of Object.entries({ probePort: probes, prometheusPort: metrics })) {
    if (port === pods) {
      nmi.fault(key, `nmi.${key} is ${pods}, on which the agent answers pods: it needs a port of its own.`);
    }
  }
}

/** Helm reads it in a parent chart's condition, and then leaves podid's chart out altogether. */
export function refuseDisabled(root: ValueSection): void {
  if (root.perhaps('enabled') === false) {
    root.fault(
      'enabled',
      "enabled is read in the condition of a parent chart alone: as its dependency's `condition: podid.enabled`. Without one podid is installed all the same. Remove the value, or add the condition.",
    );
  }
}

/** The chart's own refusals (`templates/_refusals.tpl`), by the same reasons. */
export function refuseWhatCannotBeHad(root: ValueSection, values: AgentValues, namespace: string): void {
  const { podid, rbac, nmi } = values;
  const repository = root.section('image').text('repository');
  const isUpstream = repository === '' || upstreamRepositories.includes(repository);
  const own = root.section('podid').section('image').node('repository');
  if (!isUpstream && own?.origin.kind === 'file' && own.origin.place.file === chartValuesName) {
    root
      .section('image')
      .fault(
        'repository',
        `image.repository ${repository} holds upstream's images, which are not podid's. Copy podid's image to your registry and set podid.image.repository to it.`,
      );
  }
  const section = root.section('podid');
  if (podid.secretNamespaces.length > 0 && rbac.allowAccessToSecrets !== true) {
    section.fault(
      'secretNamespaces',
      'podid.secretNamespaces lists where secrets may be read, but rbac.allowAccessToSecrets is not true. Set it, or leave the list empty.',
    );
  }
  if (podid.eventNamespaces.length > 0 && values.mode === 'standard') {
    section.fault(
      'eventNamespaces',
      'podid.eventNamespaces is for managed mode: in standard mode the controller writes the Events of pods, in every namespace. Leave the list empty.',
    );
  }
  refuseSecretPairs(section, values);
  refusePortsInCommon(root.section('nmi'), values);
  const withSecret = identitiesWithSecret(values, namespace);
  if (withSecret.length > 0 && rbac.allowAccessToSecrets === undefined) {
    root.fault('azureIdentities', secretsUndecidedText(withSecret));
  }
  if (podid.networkPolicy.enabled && podid.networkPolicy.namespaces.length === 0) {
    section.fault(
      'networkPolicy',
      'podid.networkPolicy.enabled needs podid.networkPolicy.namespaces: a NetworkPolicy binds the pods that ask, in their namespaces, and not the agent, which is on the host network.',
    );
  }
  if (podid.ciliumLocalRedirectPolicy.enabled && podid.bootGuard.enabled) {
    section.fault(
      'bootGuard',
      'podid.bootGuard loads rules of netfilter, past which Cilium routes where podid.ciliumLocalRedirectPolicy is needed. Enable one of them.',
    );
  }
  if (!/^\/.+\/[^/]+$/.test(nmi.kubeletConfig) || nmi.kubeletConfig.includes('..')) {
    root
      .section('nmi')
      .fault(
        'kubeletConfig',
        `nmi.kubeletConfig ${nmi.kubeletConfig} must be an absolute path to a file in a folder of its own, since that folder is mounted.`,
      );
  }
}
