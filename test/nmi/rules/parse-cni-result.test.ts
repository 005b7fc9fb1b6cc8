import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressesOf } from '../../../src/nmi/rules/address-map.ts';
import { parseCniResult } from '../../../src/nmi/rules/parse-cni-result.ts';

const file = (over: object = {}) => ({
  kind: 'cniCacheV1',
  containerId: 'c1',
  ifName: 'eth0',
  cniArgs: [
    ['IgnoreUnknown', '1'],
    ['K8S_POD_NAMESPACE', 'shop'],
    ['K8S_POD_NAME', 'web-0'],
    ['K8S_POD_UID', 'uid-1'],
  ],
  result: {
    cniVersion: '1.0.0',
    ips: [{ address: '10.244.0.10/16', interface: 2 }, { address: 'fd00::a/64' }],
  },
  ...over,
});
const parse = (value: unknown) => parseCniResult(JSON.stringify(value));

describe('a cached CNI result', () => {
  it('names the pod and its addresses', () => {
    expect(parse(file())).toEqual({
      podUid: 'uid-1',
      namespace: 'shop',
      name: 'web-0',
      addresses: ['10.244.0.10', 'fd00::a'],
      hostPorts: [],
      nodeLinks: [],
    });
  });

  it('names both ends of the pod’s veth pair, as the bridge plugin writes them', () => {
    const interfaces = [
      { name: 'cbr0', mac: '06:11:11:11:11:11' },
      { name: 'veth1a2b3c4d', mac: '0A:22:22:22:22:22' },
      { name: 'eth0', mac: '0A:33:33:33:33:33', sandbox: '/var/run/netns/cni-1' },
    ];
    expect(parse(file({ result: { interfaces } }))).toMatchObject({
      nodeLinks: ['cbr0', 'veth1a2b3c4d'],
      mac: '0a:33:33:33:33:33',
    });
  });

  it('takes no name and no MAC that nftables could read as something else', () => {
    const interfaces = [
      { name: 'veth" . x', mac: '' },
      { name: 7 },
      null,
      { name: 'eth0', mac: '0a:33:33:33:33:33, 0a:44', sandbox: '/n' },
    ];
    const read = parse(file({ result: { interfaces } }));
    expect(read?.nodeLinks).toEqual([]);
    expect(read?.mac).toBeUndefined();
  });

  it('reports which ports of the node the pod claims', () => {
    const claims = file({
      capabilityArgs: { portMappings: [{ hostPort: 2579, containerPort: 80 }, { containerPort: 81 }] },
    });
    expect(parse(claims)?.hostPorts).toEqual([2579]);
  });

  it('is understood in the shape of CNI 0.2 too', () => {
    expect(parse(file({ result: { ip4: { ip: '10.244.0.11/16' } } }))?.addresses).toEqual(['10.244.0.11']);
  });

  it('gives addresses in one spelling, and nothing that is none', () => {
    const ips = ['fe80::1%eth0/64', 'FD00:0:0::A/64', 'x', '__proto__', '10.244.0.1000/16', '10.244.0.12/16'];
    expect(parse(file({ result: { ips: ips.map((address) => ({ address })) } }))?.addresses).toEqual([
      'fd00::a',
      '10.244.0.12',
    ]);
  });

  it('is left out without a pod', () => {
    expect(parse(file({ cniArgs: [] }))).toBeUndefined();
    expect(parse(file({ kind: 'other' }))).toBeUndefined();
    expect(parseCniResult('{"kind":')).toBeUndefined();
  });

  it('never breaks the reader, whatever is in it', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseCniResult(text)));
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (cniArgs, result, capabilityArgs) => {
        for (const address of parse(file({ cniArgs, result, capabilityArgs }))?.addresses ?? []) {
          expect(address).toEqual(expect.any(String));
        }
        parse(file({ result, capabilityArgs }));
      }),
    );
  });
});

const source = { name: 'net', stamp: '1 2' };

describe('the addresses of a node', () => {
  const result = (podUid: string, hostPorts: readonly number[] = []) => ({
    podUid,
    namespace: 'shop',
    name: podUid,
    addresses: ['10.244.0.10'],
    hostPorts,
    nodeLinks: [],
  });

  it('belong to the pod that got them last', () => {
    const late = { ...source, changedMs: 2, result: result('new') };
    const early = { ...source, changedMs: 1, result: result('old') };
    expect(addressesOf([late, early, { ...source, changedMs: 3, result: undefined }]).addresses).toEqual({
      '10.244.0.10': 'new',
    });
  });

  it('come with the pods that claim a port of the node', () => {
    const map = addressesOf([{ ...source, changedMs: 1, result: result('a', [2579]) }]);
    expect(map.hostPortPods(2579)).toEqual(['shop/a']);
    expect(map.hostPortPods(80)).toEqual([]);
  });
});
