import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host, NodeNetwork } from './network.ts';

/** The pod of a record, as kubelet named it to the CNI plugin. */
export interface RecordedPod {
  readonly uid: string;
  readonly name?: string;
  readonly namespace?: string;
  /** Its IPv4 address, where it is not the one that the host began with. */
  readonly address?: string;
  /** IPv6 addresses beside the pod's own IPv4 one. */
  readonly addresses6?: readonly string[];
  /** What `interfacesOf` said before, where a test records the same pod many times. */
  readonly interfaces?: readonly RecordedInterface[];
}

/** A link of the pod's network, as a CNI result names it. */
export interface RecordedInterface {
  readonly name: string;
  readonly mac: string;
  readonly sandbox?: string;
}

/** Hardware address of a link on a host. */
export function macOf(host: Host, link = 'eth0'): string {
  const [found] = JSON.parse(host.run('ip', '-j', 'link', 'show', 'dev', link)) as { address: string }[];
  return found?.address ?? '';
}

/** The bridge, where there is one, the pod's veth and its own end of it. */
export function interfacesOf(network: NodeNetwork, pod: Host): readonly RecordedInterface[] {
  const veth = network.vethOf(pod);
  return [
    ...(hasBridge(network.node) ? [{ name: 'cbr0', mac: macOf(network.node, 'cbr0') }] : []),
    { name: veth, mac: macOf(network.node, veth) },
    { name: 'eth0', mac: macOf(pod), sandbox: `/var/run/netns/${pod.name}` },
  ];
}

/** Writes what libcni writes, as containerd runs it, after the bridge plugin has laid the pod's veth pair. */
export function recordPod(
  folder: string,
  network: NodeNetwork,
  pod: Host,
  { uid, name = 'any', namespace = 'shop', address = pod.address, addresses6 = [], ...known }: RecordedPod,
): void {
  mkdirSync(folder, { recursive: true });
  const interfaces = known.interfaces ?? interfacesOf(network, pod);
  const result = {
    cniVersion: '0.4.0',
    interfaces,
    ips: [
      { version: '4', interface: 2, address: `${address}/16`, gateway: '10.244.0.1' },
      ...addresses6.map((address) => ({ version: '6', interface: 2, address: `${address}/64` })),
    ],
  };
  const cniArgs = [
    ['IgnoreUnknown', '1'],
    ['K8S_POD_NAMESPACE', namespace],
    ['K8S_POD_NAME', name],
    ['K8S_POD_UID', uid],
  ];
  const file = {
    kind: 'cniCacheV1',
    containerId: pod.name,
    ifName: 'eth0',
    networkName: 'net',
    cniArgs,
    result,
  };
  writeFileSync(recordOf(folder, pod), JSON.stringify(file), { mode: 0o600 });
}

function hasBridge(node: Host): boolean {
  return node.run('ip', '-o', 'link', 'show', 'type', 'bridge').includes('cbr0');
}

/** What libcni does when the pod's sandbox is gone. */
export function forgetPod(folder: string, pod: Host): void {
  rmSync(recordOf(folder, pod), { force: true });
}

function recordOf(folder: string, pod: Host): string {
  return join(folder, `net-${pod.name}-eth0`);
}
