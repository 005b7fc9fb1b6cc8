import type { EntryKey } from '../entries/pod-identity.ts';

/** Kubernetes' label selector: all of it must hold; one without any demand matches everything. */
export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly {
    readonly key: string;
    /** `In`, `NotIn`, `Exists`, `DoesNotExist`; any other matches nothing. */
    readonly operator: string;
    readonly values: readonly string[];
  }[];
}

export interface EgressRule {
  /**
   * Address ranges that it allows; undefined: every destination. Peers that are pods hold no address of the
   * node's.
   */
  readonly ranges?: readonly { readonly cidr: string; readonly except: readonly string[] }[];
  /** Undefined: every port. */
  readonly ports?: readonly {
    readonly protocol: string;
    /** A number, or the name of a container's port; undefined: all of the protocol. */
    readonly port?: number | string;
    readonly endPort?: number;
  }[];
}

export interface NetworkPolicy extends EntryKey {
  readonly podSelector: LabelSelector;
  /** Undefined when the policy says nothing about what leaves a pod. */
  readonly egress?: readonly EgressRule[];
}

export function selectsLabels(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const has = (key: string) => Object.hasOwn(labels, key);
  return (
    Object.entries(selector.matchLabels).every(([key, value]) => has(key) && labels[key] === value) &&
    selector.matchExpressions.every(({ key, operator, values }) => {
      const listed = has(key) && values.includes(labels[key] ?? '');
      return { In: listed, NotIn: !listed, Exists: has(key), DoesNotExist: !has(key) }[operator] ?? false;
    })
  );
}

/** The policies that confine what leaves the pod; with none of them everything may. */
export function egressPolicies(
  policies: readonly NetworkPolicy[],
  pod: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> },
): readonly NetworkPolicy[] {
  return policies.filter(
    ({ namespace, podSelector, egress }) =>
      egress !== undefined && namespace === pod.namespace && selectsLabels(podSelector, pod.labels),
  );
}

/** Whether one of the policies lets TCP through to an IPv4 address and port. Their rules add up. */
export function allowsEgress(policies: readonly NetworkPolicy[], address: string, port: number): boolean {
  return policies.some(({ egress = [] }) =>
    egress.some((rule) => coversAddress(rule, address) && coversPort(rule, port)),
  );
}

function coversAddress({ ranges }: EgressRule, address: string): boolean {
  if (ranges === undefined) {
    return true;
  }
  return ranges.some(
    ({ cidr, except }) => inRange(address, cidr) && !except.some((hole) => inRange(address, hole)),
  );
}

function coversPort({ ports }: EgressRule, port: number): boolean {
  if (ports === undefined) {
    return true;
  }
  return ports.some((each) => {
    if (each.protocol !== 'TCP') {
      return false;
    }
    if (each.port === undefined) {
      return true;
    }
    return typeof each.port === 'number' && each.port <= port && port <= (each.endPort ?? each.port);
  });
}

/** IPv4 alone: the metadata service has no other address. */
export function inRange(address: string, cidr: string): boolean {
  const [base = '', bits = '32'] = cidr.split('/');
  const [one, other] = [ipv4Number(address), ipv4Number(base)];
  const length = Number(bits);
  if (one === undefined || other === undefined || !(length >= 0 && length <= 32)) {
    return false;
  }
  const size = 2 ** (32 - length);
  return Math.floor(one / size) === Math.floor(other / size);
}

function ipv4Number(text: string): number | undefined {
  const parts = text.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) {
    return undefined;
  }
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}
