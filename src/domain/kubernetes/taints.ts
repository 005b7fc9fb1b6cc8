/** A taint of a node. */
export interface Taint {
  readonly key: string;
  readonly value: string;
  /** `NoSchedule`, `NoExecute` or `PreferNoSchedule`. */
  readonly effect: string;
}

/** As a pod has it; a member that is empty is absent there. */
export interface Toleration extends Taint {
  readonly operator: string;
}

/** Kubernetes has every DaemonSet tolerate these. */
const toleratedByEveryDaemonSet = new Set(
  [
    'not-ready',
    'unreachable',
    'disk-pressure',
    'memory-pressure',
    'pid-pressure',
    'unschedulable',
    'network-unavailable',
  ].map((name) => `node.kubernetes.io/${name}`),
);

/** The taints that keep a DaemonSet with these tolerations off a node. */
export function taintsThatKeepOff(taints: readonly Taint[], tolerations: readonly Toleration[]): Taint[] {
  return taints.filter(
    (taint) =>
      taint.effect !== 'PreferNoSchedule' &&
      !toleratedByEveryDaemonSet.has(taint.key) &&
      !tolerations.some((toleration) => tolerates(toleration, taint)),
  );
}

/** By Kubernetes' rule: no key and `Exists` fits all, no effect fits each. */
function tolerates(toleration: Toleration, { key, value, effect }: Taint): boolean {
  if (toleration.effect !== '' && toleration.effect !== effect) {
    return false;
  }
  if (toleration.key === '') {
    return toleration.operator === 'Exists';
  }
  return toleration.key === key && (toleration.operator === 'Exists' || toleration.value === value);
}

/** As kubectl writes it: `sku=gpu:NoSchedule`. */
function taintText({ key, value, effect }: Taint): string {
  return `${key}${value === '' ? '' : `=${value}`}:${effect}`;
}

/** `aks-1 (taint sku=gpu:NoSchedule)`, or the name alone where no taint keeps the DaemonSet off. */
export function nodeWithTaints(
  { name, taints }: { readonly name: string; readonly taints: readonly Taint[] },
  tolerations: readonly Toleration[],
): string {
  const found = taintsThatKeepOff(taints, tolerations).map(taintText);
  return found.length === 0 ? name : `${name} (taint ${found.join(', ')})`;
}

/** A qualified name, as Kubernetes has them. */
export function isTaintKey(text: string): boolean {
  return /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/.test(text);
}
