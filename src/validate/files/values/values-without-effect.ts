import type { AgentValues } from '../../../domain/kubernetes/agent-values.ts';
import type { ValueSection } from './value-section.ts';
import type { ValueNode } from './value-tree.ts';

/**
 * Values that mean nothing to podid, or nothing in this mode, with the word by which they are as podid has it anyway.
 * `deploy/chart/templates/_without-effect.tpl` has the same list.
 */
const always = {
  'image.repository': '',
  installCRDs: '',
  'nmi.image': '',
  'nmi.tag': '',
  'nmi.micNamespace': '',
  'nmi.setRetryAfterHeader': 'false',
  'nmi.enableConntrackDeletion': 'false',
};

const inManagedMode = {
  installMICException: 'true',
  forceNamespaced: 'true',
  forceNameSpaced: 'true',
  'nmi.retryAttemptsForCreated': '',
  'nmi.retryAttemptsForAssigned': '',
  'nmi.findIdentityRetryIntervalInSeconds': '',
  'nmi.enableScaleFeatures': 'true',
};

const inStandardMode = {
  'mic.image': '',
  'mic.tag': '',
  'mic.syncRetryDuration': '',
  'mic.updateUserMSIMaxRetry': '',
  'mic.updateUserMSIRetryInterval': '',
};

const besideSecret = {
  'adminsecret.subscriptionID': '',
  'adminsecret.resourceGroup': '',
  'adminsecret.vmType': '',
};

/** What the chart has of MIC's own. */
const micAsItIs: Readonly<Record<string, string>> = {
  logVerbosity: '0',
  replicas: '2',
  cloudConfig: '/etc/kubernetes/azure.json',
  'customCloud.enabled': 'false',
  'customCloud.configPath': '/etc/kubernetes/akscustom.json',
};

/** Names of values that are set and have no effect, by the alphabet; `mic.*` for all of MIC's in managed mode. */
export function valuesWithoutEffect(
  root: ValueSection,
  { mode, controller }: Pick<AgentValues, 'mode' | 'controller'>,
): readonly string[] {
  const hasSecret = !isEmpty(root.node('adminsecret'));
  const whole = ['azureIdentity', 'azureIdentityBinding'].filter((key) => !isEmpty(root.node(key)));
  if (mode === 'managed') {
    const ofOthers = [...(hasSecret ? ['adminsecret'] : []), ...(isMicSet(root) ? ['mic.*'] : [])];
    return [...setOf(root, { ...always, ...inManagedMode }), ...whole, ...ofOthers].toSorted();
  }
  const kind = controller?.signIn.kind;
  const asksImds = kind === 'file' || (kind === 'secret' && isManagedIdentity(controller));
  const named = {
    ...always,
    ...inStandardMode,
    ...(kind === 'secret' ? besideSecret : {}),
    ...(asksImds ? {} : { installMICException: 'true' }),
  };
  const unusedSecret = hasSecret && kind === 'federated' ? ['adminsecret'] : [];
  return [...setOf(root, named), ...whole, ...unusedSecret].toSorted();
}

function isManagedIdentity(controller: AgentValues['controller']): boolean {
  const signIn = controller?.signIn;
  return signIn?.kind === 'secret' && signIn.azureJson['useManagedIdentityExtension'] === true;
}

function setOf(root: ValueSection, usual: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(usual)
    .filter(([path, word]) => {
      const [first = '', second] = path.split('.');
      const node = second === undefined ? root.node(first) : root.section(first).node(second);
      return !['', word].includes(wordOf(node));
    })
    .map(([path]) => path);
}

/** Maps and lists that Kubernetes reads do not count: every copied file has them. */
function isMicSet(root: ValueSection): boolean {
  const mic = root.node('mic');
  const within = (node: ValueNode | undefined, prefix: string): boolean =>
    node?.value instanceof Map &&
    [...node.value].some(([key, inner]: [string, ValueNode]) => {
      const path = `${prefix}${key}`;
      return ['leaderElection', 'customCloud'].includes(path)
        ? within(inner, `${path}.`)
        : !['', micAsItIs[path] ?? ''].includes(wordOf(inner));
    });
  return within(mic, '');
}

/** In small letters, as booleans and numbers are written; empty for nothing, a map and a list. */
function wordOf(node: ValueNode | undefined): string {
  const value = node?.value ?? '';
  return typeof value === 'object' ? '' : String(value).toLowerCase();
}

function isEmpty(node: ValueNode | undefined): boolean {
  return node === undefined || (node.value instanceof Map && node.value.size === 0);
}
