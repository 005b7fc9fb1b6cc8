import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalIpv6, ipv6Number, linkLocalOf } from '../../../../src/nmi/rules/guard/ipv6.ts';
import { namesVeths, type PinFacts, planPins } from '../../../../src/nmi/rules/guard/plan-pins.ts';
import type { CniResult } from '../../../../src/nmi/rules/parse-cni-result.ts';

const mac = (n: number) => `0a:00:00:00:00:${n.toString(16).padStart(2, '0')}`;
const pod = (n: number, over: Partial<CniResult> = {}): CniResult => ({
  podUid: `uid-${n}`,
  namespace: 'shop',
  name: `p${n}`,
  addresses: [`10.244.0.${n}`],
  hostPorts: [],
  nodeLinks: ['cbr0', `veth${n}`],
  mac: mac(n),
  ...over,
});
const plan = (over: Partial<PinFacts>) =>
  planPins({ results: [], bridges: ['cbr0'], ownMacs: [], ownAddresses: [], quieted: [], ...over });

describe('the pins', () => {
  it('bind each pod’s veth to the MAC and the addresses that the plugin wrote down', () => {
    expect(plan({ results: [pod(10)], ownMacs: [mac(1)], ownAddresses: ['10.244.0.1'] })).toEqual({
      veths: ['veth10'],
      pins4: ['veth10 . 0a:00:00:00:00:0a . 10.244.0.10'],
      pins6: ['veth10 . 0a:00:00:00:00:0a . ::', 'veth10 . 0a:00:00:00:00:0a . fe80::800:ff:fe00:a'],
      targets6: ['veth10 . 0xfe80000000000000080000fffe00000a'],
      takenMacs: [mac(1), mac(10)],
      taken4: ['10.244.0.1', '10.244.0.10'],
      taken6: ['fe80::800:ff:fe00:a'],
      takenTargets6: ['0xfe80000000000000080000fffe00000a'],
      quieted: [],
    });
  });

  it('hold every address of a pod, of both families', () => {
    const dual = pod(10, { addresses: ['10.244.0.10', 'FD00:0:0::A'] });
    const { pins4, pins6, targets6 } = plan({ results: [dual] });
    expect(pins4).toHaveLength(1);
    expect(pins6).toContain(`veth10 . ${mac(10)} . fd00::a`);
    expect(targets6).toContain('veth10 . 0xfd00000000000000000000000000000a');
  });

  it('give an address and a veth that two records claim to the later one', () => {
    const late = pod(11, { addresses: ['10.244.0.10'] });
    expect(plan({ results: [pod(10), late] }).pins4).toEqual([`veth11 . ${mac(11)} . 10.244.0.10`]);
    const sameVeth = pod(11, { nodeLinks: ['cbr0', 'veth10'] });
    expect(plan({ results: [pod(10), sameVeth] }).pins4).toEqual([`veth10 . ${mac(11)} . 10.244.0.11`]);
  });

  it('leave out a pod without a veth or a MAC, and no address of the node is anybody’s', () => {
    expect(plan({ results: [pod(10, { nodeLinks: ['cbr0'] })] }).veths).toEqual([]);
    const { mac: _mac, ...withoutMac } = pod(10);
    expect(plan({ results: [withoutMac] }).veths).toEqual([]);
    expect(plan({ results: [pod(1)], ownAddresses: ['10.244.0.1'] }).pins4).toEqual([]);
  });

  it('note no bridge whose name nftables would read as something else', () => {
    expect(plan({ quieted: ['br-1', 'a"b', 'br*', 'x,y', 'cbr0'] }).quieted).toEqual(['br-1', 'cbr0']);
  });

  it('never let two veths use one address, whatever the records say', () => {
    const small = fc.integer({ min: 1, max: 5 });
    const record = fc.record({ veth: small, mac: small, addresses: fc.array(small, { maxLength: 3 }) });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 12 }), (records) => {
        const results = records.map((one, n) =>
          pod(n + 1, {
            nodeLinks: ['cbr0', `veth${one.veth}`],
            mac: mac(one.mac),
            addresses: one.addresses.map((last) => `10.244.0.${last}`),
          }),
        );
        const { pins4, taken4, veths } = plan({ results });
        const addresses = pins4.map((pin) => pin.split(' . ')[2]);
        expect(new Set(addresses).size).toBe(addresses.length);
        expect(addresses.every((address) => taken4.includes(address ?? ''))).toBe(true);
        expect(pins4.every((pin) => veths.includes(pin.split(' . ')[0] ?? ''))).toBe(true);
      }),
    );
  });
});

describe('the records of a plugin that names no veth', () => {
  it('are of no use to the guard', () => {
    expect(namesVeths([pod(1)])).toBe(true);
    expect(namesVeths([pod(1, { nodeLinks: [] })])).toBe(false);
    expect(namesVeths([])).toBe(false);
  });
});

describe('IPv6 addresses', () => {
  it('have one spelling and one number', () => {
    expect(canonicalIpv6('FD00:0:0::0A')).toBe('fd00::a');
    expect(ipv6Number('::')).toBe('0x0');
    expect(ipv6Number('64:ff9b::1')).toBe('0x64ff9b000000000000000000000001');
    expect(linkLocalOf('02:00:00:00:00:01')).toBe('fe80::ff:fe00:1');
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        expect(canonicalIpv6(canonicalIpv6(address))).toBe(canonicalIpv6(address));
        expect(BigInt(ipv6Number(address))).toBe(BigInt(ipv6Number(canonicalIpv6(address))));
      }),
    );
  });
});
