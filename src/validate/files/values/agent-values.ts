import { isGuid } from '../../../domain/azure/written-id.ts';
import type { AgentValues } from '../../../domain/kubernetes/agent-values.ts';
import { rulesFlags, serverFlags } from '../../../domain/kubernetes/program-flags.ts';
import { isTaintKey } from '../../../domain/kubernetes/taints.ts';
import { readProgramFlags } from '../../flags/program-flags.ts';
import { quoted, type UsageFaults } from '../../usage-faults.ts';
import { checkByChartSchema } from './chart-schema.ts';
import { readControllerValues, refuseUnknownControllerValues } from './controller-values.ts';
import { readExchange } from './exchange-values.ts';
import { readExtraCa } from './extra-ca.ts';
import { readIdentityValues, refuseIdentityOfOldChart } from './identity-values.ts';
import { missingValuesText } from './missing-values.ts';
import { refuseDisabled, refuseWhatCannotBeHad } from './refuse-values.ts';
import { ValueFaults } from './value-faults.ts';
import { type ValueSection, valueSection } from './value-section.ts';
import type { ValueNode } from './value-tree.ts';
import { valuesWithoutEffect } from './values-without-effect.ts';

const port = { least: 1, most: 65_535 };

/**
 * Values of the chart, podid's and upstream's alike, already over the chart's own. What the chart refuses is refused, by
 * its schema and by the reasons of its templates. Faults are reported where they were set. Whether an image is named is
 * for `refuseWithoutImage`.
 *
 * @param namespace of the release
 */
export function readAgentValues(tree: ValueNode, namespace: string, faults: UsageFaults): AgentValues {
  const found = new ValueFaults();
  const values = readValues(tree, namespace, found);
  checkByChartSchema(tree, found);
  const missing = missingValuesText(tree);
  if (missing === undefined) {
    found.reportTo(faults);
  } else {
    // What is wrong beside it is so for the want of it.
    faults.add('--values', missing);
  }
  return values;
}

function readValues(tree: ValueNode, namespace: string, faults: ValueFaults): AgentValues {
  const root = valueSection(tree, '', faults);
  const mode = root.choice('operationMode', ['managed', 'standard']);
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
  const startupTaint = podid.section('startupTaint');
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
    exchange: readExchange(podid),
    extraCa: readExtraCa(podid),
    serveArgs: readProgramFlags(podid, 'serveArgs', 'podid.serveArgs', serverFlags),
    rulesArgs: readProgramFlags(podid, 'rulesArgs', 'podid.rulesArgs', rulesFlags),
    tolerateNothing: podid.boolean('tolerateNothing'),
    alongside: podid.boolean('alongside'),
    secretNamespaces: podid.texts('secretNamespaces'),
    secretsOfOtherNamespaces: podid.texts('secretsOfOtherNamespaces'),
    eventNamespaces: podid.texts('eventNamespaces'),
    bootGuard: { enabled: bootGuard.boolean('enabled') },
    startupTaint: { enabled: startupTaint.boolean('enabled'), key: readTaintKey(startupTaint) },
    ...readMonitoring(podid),
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
  for (const section of [podid, image, bootGuard, startupTaint, networkPolicy, cilium, budget]) {
    section.refuseOthers();
  }
  return values;
}

function readMonitoring(
  podid: ValueSection,
): Pick<AgentValues['podid'], 'podMonitor' | 'serviceMonitor' | 'prometheusRule' | 'dashboard'> {
  const read = (key: string) => {
    const section = podid.section(key);
    return { section, enabled: section.boolean('enabled'), labels: section.labels('labels') };
  };
  const monitor = (key: string) => {
    const { section, ...found } = read(key);
    const values = { ...found, interval: section.text('interval') };
    section.refuseOthers();
    return values;
  };
  const plain = (key: string) => {
    const { section, ...found } = read(key);
    section.refuseOthers();
    return found;
  };
  const [podMonitor, serviceMonitor] = [monitor('podMonitor'), monitor('serviceMonitor')];
  if (podMonitor.enabled && serviceMonitor.enabled) {
    podid
      .section('serviceMonitor')
      .fault(
        'enabled',
        'podid.podMonitor and podid.serviceMonitor would have each agent read twice. Enable one of them.',
      );
  }
  return {
    podMonitor,
    serviceMonitor,
    prometheusRule: plain('prometheusRule'),
    dashboard: plain('dashboard'),
  };
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
