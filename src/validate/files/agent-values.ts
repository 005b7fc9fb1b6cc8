import { isGuid } from '../../domain/azure/written-id.ts';
import { noImageText } from '../../domain/kubernetes/agent-image.ts';
import {
  type AgentValues,
  agentPorts,
  identitiesWithSecret,
  secretsUndecidedText,
} from '../../domain/kubernetes/agent-values.ts';
import { rulesFlags, serverFlags } from '../../domain/kubernetes/program-flags.ts';
import { parseSecretPairs } from '../../domain/kubernetes/secret-pairs.ts';
import { isTaintKey } from '../../domain/kubernetes/taints.ts';
import { readProgramFlags } from '../flags/program-flags.ts';
import { quoted, type UsageFaults } from '../usage-faults.ts';
import { readControllerValues, refuseUnknownControllerValues } from './controller-values.ts';
import { readExtraCa } from './extra-ca.ts';
import { readIdentityValues, refuseIdentityOfOldChart } from './identity-values.ts';
import { type ValueSection, valueSection } from './value-section.ts';
import type { ValueNode } from './value-tree.ts';
import { valuesWithoutEffect } from './values-without-effect.ts';

const port = { least: 1, most: 65_535 };

/** Where upstream's images were; podid's are elsewhere, so that nothing is meant by it. */
const upstreamRepositories = [
  'mcr.microsoft.com/oss/azure/aad-pod-identity',
  'mcr.microsoft.com/k8s/aad-pod-identity',
];

/** By which the chart's own values are known among others: what stands there nobody has set. */
export const chartValuesName = 'values.yaml of the chart';

/**
 * Values of the chart, podid's and upstream's alike, already merged over the chart's own. Faults are reported
 * where they were set, and with them what cannot be had, each with the reason. Whether an image is named is for
 * `refuseWithoutImage`.
 *
 * @param namespace of the release
 */
export function readAgentValues(tree: ValueNode, namespace: string, faults: UsageFaults): AgentValues {
  const root = valueSection(tree, '', faults);
  const mode = readMode(root);
  // Charts before 3.0 wrote the name with one capital more.
  const names = ['forceNamespaced', 'forceNameSpaced'];
  const [namespaced] = names.map((name) => root.perhaps(name)).filter((each) => each !== undefined);
  const controller = mode === 'standard' ? readControllerValues(root) : undefined;
  const values: AgentValues = {
    mode,
    forceNamespaced: namespaced,
    controller,
    nameOverride: root.text('nameOverride'),
    fullnameOverride: root.text('fullnameOverride'),
    image: readImage(root),
    imagePullSecrets: root.jsonList('imagePullSecrets'),
    customUserAgent: root.text('customUserAgent'),
    azureIdentities: readIdentityValues(root, namespace),
    nmi: readNmi(root.section('nmi')),
    rbac: readRbac(root.section('rbac')),
    podid: readPodid(root.section('podid'), mode),
    withoutEffect: valuesWithoutEffect(root, { mode, controller }),
  };
  // Of the controller alone; helm's own `global` reaches every chart, and its charts bring the definitions.
  root.ignore('installMICException', 'adminsecret', 'mic', 'global', 'installCRDs');
  refuseIdentityOfOldChart(root);
  refuseDisabled(root);
  root.refuseOthers();
  refuseWhatCannotBeHad(root, values, namespace);
  return values;
}

/** For what runs podid's image by these values: an installation always, a clean-up where no agent is found. */
export function refuseWithoutImage({ podid }: AgentValues, faults: UsageFaults): void {
  if (podid.image.repository === '') {
    faults.add('--set', noImageText);
  }
}

/** Upstream's word for the mode, any case. */
function readMode(root: ValueSection): AgentValues['mode'] {
  const mode = root.text('operationMode').toLowerCase();
  if (mode !== 'managed' && mode !== 'standard') {
    root.fault('operationMode', `operationMode has to be managed or standard; this is ${quoted(mode)}.`);
  }
  return mode === 'standard' ? 'standard' : 'managed';
}

function readImage(root: ValueSection): AgentValues['image'] {
  const image = root.section('image');
  image.ignore('repository');
  const imagePullPolicy = image.choice('imagePullPolicy', ['IfNotPresent', 'Always', 'Never']);
  image.refuseOthers();
  return { imagePullPolicy };
}

function readNmi(nmi: ValueSection): AgentValues['nmi'] {
  const values = {
    priorityClassName: nmi.text('priorityClassName'),
    loggingFormat:
      nmi.node('loggingFormat') === undefined ? '' : nmi.choice('loggingFormat', ['json', 'text']),
    logVerbosity: nmi.integer('logVerbosity', { least: 0, most: 10 }) ?? 0,
    updateStrategy: nmi.json('updateStrategy'),
    resources: nmi.json('resources'),
    podAnnotations: nmi.labels('podAnnotations'),
    podLabels: nmi.labels('podLabels'),
    nodeSelector: nmi.labels('nodeSelector'),
    tolerations: nmi.jsonList('tolerations'),
    affinity: nmi.json('affinity'),
    ipTableUpdateTimeIntervalInSeconds: nmi.integer('ipTableUpdateTimeIntervalInSeconds', {
      least: 1,
      most: 3600,
    }),
    probePort: nmi.integer('probePort', port),
    prometheusPort: nmi.integer('prometheusPort', port),
    blockInstanceMetadata: nmi.boolean('blockInstanceMetadata'),
    metadataHeaderRequired: nmi.boolean('metadataHeaderRequired'),
    allowNetworkPluginKubenet: nmi.boolean('allowNetworkPluginKubenet'),
    kubeletConfig: nmi.text('kubeletConfig'),
    retryAttemptsForCreated: nmi.integer('retryAttemptsForCreated', { least: 0, most: 1000 }),
    retryAttemptsForAssigned: nmi.integer('retryAttemptsForAssigned', { least: 0, most: 1000 }),
    findIdentityRetryIntervalInSeconds: nmi.integer('findIdentityRetryIntervalInSeconds', {
      least: 0,
      most: 3600,
    }),
    enableScaleFeatures: nmi.perhaps('enableScaleFeatures') ?? true,
  };
  nmi.ignore('image', 'tag', 'micNamespace', 'setRetryAfterHeader', 'enableConntrackDeletion');
  nmi.refuseOthers();
  return values;
}

function readRbac(rbac: ValueSection): AgentValues['rbac'] {
  const values = {
    enabled: rbac.boolean('enabled'),
    allowAccessToSecrets: rbac.perhaps('allowAccessToSecrets'),
    createUserFacingClusterRoles: rbac.boolean('createUserFacingClusterRoles'),
  };
  if (rbac.boolean('pspEnabled')) {
    rbac.fault(
      'pspEnabled',
      'rbac.pspEnabled asks for a PodSecurityPolicy, which left Kubernetes in 1.25. Remove the value; the namespace of the agent needs the label pod-security.kubernetes.io/enforce: privileged where Pod Security is enforced.',
    );
  }
  rbac.refuseOthers();
  return values;
}

function readPodid(podid: ValueSection, mode: AgentValues['mode']): AgentValues['podid'] {
  const [image, bootGuard] = [podid.section('image'), podid.section('bootGuard')];
  const [startupTaint, podMonitor] = [podid.section('startupTaint'), podid.section('podMonitor')];
  const [networkPolicy, cilium] = [
    podid.section('networkPolicy'),
    podid.section('ciliumLocalRedirectPolicy'),
  ];
  const budget = podid.section('podDisruptionBudget');
  const values: AgentValues['podid'] = {
    image: { repository: image.text('repository'), tag: image.text('tag'), digest: image.text('digest') },
    rulesResources: podid.json('rulesResources'),
    rulesBackend: podid.choice('rulesBackend', ['nft', 'iptables']),
    addressGuard: podid.choice('addressGuard', ['auto', 'off']),
    holdSeconds: podid.integer('holdSeconds', { least: 0, most: 50 }),
    refusedClientIds: readClientIds(podid),
    extraCa: readExtraCa(podid),
    serveArgs: readProgramFlags(podid, 'serveArgs', 'podid.serveArgs', serverFlags),
    rulesArgs: readProgramFlags(podid, 'rulesArgs', 'podid.rulesArgs', rulesFlags),
    tolerateNothing: podid.boolean('tolerateNothing'),
    alongside: podid.boolean('alongside'),
    secretNamespaces: podid.texts('secretNamespaces'),
    secretsOfOtherNamespaces: podid.texts('secretsOfOtherNamespaces'),
    bootGuard: { enabled: bootGuard.boolean('enabled') },
    startupTaint: { enabled: startupTaint.boolean('enabled'), key: readTaintKey(startupTaint) },
    podMonitor: {
      enabled: podMonitor.boolean('enabled'),
      labels: podMonitor.labels('labels'),
      interval: podMonitor.text('interval'),
    },
    networkPolicy: {
      enabled: networkPolicy.boolean('enabled'),
      namespaces: networkPolicy.texts('namespaces'),
    },
    ciliumLocalRedirectPolicy: { enabled: cilium.boolean('enabled') },
  };
  refuseUnknownControllerValues(podid);
  if (budget.boolean('enabled') && mode === 'managed') {
    budget.fault(
      'enabled',
      'podid.podDisruptionBudget makes no sense in managed mode: draining a node does not evict pods of a DaemonSet, and a budget would only stand in the way of whoever does.',
    );
  }
  for (const section of [podid, image, bootGuard, startupTaint, podMonitor, networkPolicy, cilium, budget]) {
    section.refuseOthers();
  }
  return values;
}

function readClientIds(podid: ValueSection): readonly string[] {
  const given = podid.texts('refusedClientIds');
  for (const id of given.filter((each) => !isGuid(each))) {
    podid.fault(
      'refusedClientIds',
      `podid.refusedClientIds lists client ids, which are GUIDs; ${quoted(id)} is not one.`,
    );
  }
  return given;
}

function readTaintKey(taint: ValueSection): string {
  const key = taint.text('key');
  if (!isTaintKey(key)) {
    taint.fault(
      'key',
      `podid.startupTaint.key has to be the key of a taint, without value and effect; this is ${quoted(key)}.`,
    );
  }
  return key;
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
function refuseDisabled(root: ValueSection): void {
  if (root.perhaps('enabled') === false) {
    root.fault(
      'enabled',
      "enabled is read in the condition of a parent chart alone: as its dependency's `condition: podid.enabled`. Without one podid is installed all the same. Remove the value, or add the condition.",
    );
  }
}

/** The chart's own refusals (`templates/_refusals.tpl`), by the same reasons. */
function refuseWhatCannotBeHad(root: ValueSection, values: AgentValues, namespace: string): void {
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
