import { describe, expect, it } from 'vitest';
import { createAddressGuard } from '../../../../src/nmi/rules/guard/address-guard.ts';
import { setNames } from '../../../../src/nmi/rules/guard/render-guard.ts';
import type { CniResult } from '../../../../src/nmi/rules/parse-cni-result.ts';
import type { RunTool } from '../../../../src/nmi/rules/run-tool.ts';

const options = { addressGuard: 'auto', metadataIp: '169.254.169.254', backend: 'nft' } as const;
const pod = (n: number): CniResult => ({
  podUid: `uid-${n}`,
  namespace: 'shop',
  name: `p${n}`,
  addresses: [`10.244.0.${n}`],
  hostPorts: [],
  nodeLinks: ['cbr0', `veth${n}`],
  mac: `0a:00:00:00:00:0${n}`,
});
const bridge = (noLinklocalLearn = 1) => ({
  ifname: 'cbr0',
  address: '0a:00:00:00:00:ff',
  linkinfo: { info_kind: 'bridge', info_data: { no_linklocal_learn: noLinklocalLearn } },
});
const veth = (n: number, slave = true) => ({
  ifname: `veth${n}`,
  linkinfo: { info_kind: 'veth', ...(slave && { info_slave_kind: 'bridge' }) },
});

describe('the address guard', () => {
  it('writes the table once, and then nothing but the sets that differ', async () => {
    const node = nodeWith([bridge(), veth(1), veth(2)]);
    const guard = createAddressGuard(options, node.run);
    expect(await guard.keep({ results: [pod(1)], recorded: true })).toMatchObject({
      active: true,
      pods: 1,
      unknown: 1,
      putBack: 0,
    });
    await guard.keep({ results: [pod(1)], recorded: true });
    expect(node.written).toHaveLength(1);
    expect(node.written[0]).toMatch(/^table bridge podid_guard\ndelete table bridge podid_guard\n/);
    expect(await guard.keep({ results: [pod(1), pod(2)], recorded: true })).toMatchObject({
      pods: 2,
      unknown: 0,
    });
    expect(node.written[1]).toContain(
      'flush set bridge podid_guard pins4\nadd element bridge podid_guard pins4',
    );
    expect(node.written[1]).not.toContain('delete table');
  });

  it('writes the whole table anew when somebody touched it, and counts that', async () => {
    const node = nodeWith([bridge(), veth(1)]);
    const guard = createAddressGuard(options, node.run);
    await guard.keep({ results: [pod(1)], recorded: true });
    node.flush();
    expect(await guard.keep({ results: [pod(1)], recorded: true })).toMatchObject({
      active: true,
      putBack: 1,
    });
    expect(node.written[1]).toContain('table bridge podid_guard {');
  });

  it('stands before the first pod does', async () => {
    const node = nodeWith([bridge()]);
    const state = await createAddressGuard(options, node.run).keep({ results: [], recorded: false });
    expect(state).toMatchObject({ active: true, pods: 0 });
  });

  it('stops bridges learning from link-local groups, and undoes that', async () => {
    const node = nodeWith([bridge(0), veth(1)]);
    const guard = createAddressGuard(options, node.run);
    await guard.keep({ results: [pod(1)], recorded: true });
    expect(node.commands).toContain('ip link set dev cbr0 type bridge no_linklocal_learn 1');
    expect(await createAddressGuard(options, node.run).remove()).toBe(true);
    expect(node.commands).toContain('ip link set dev cbr0 type bridge no_linklocal_learn 0');
    expect(await guard.remove()).toBe(false);
  });

  it.each([
    ['nobody shows the records', [bridge(), veth(1)], { results: [], recorded: false }, /mount/],
    [
      'the plugin names no veth',
      [bridge(), veth(1)],
      { results: [{ ...pod(1), nodeLinks: [] }], recorded: true },
      /does not write down/,
    ],
    ['pods are routed', [veth(1, false)], { results: [pod(1)], recorded: true }, /routed/],
  ])('is not active where %s, and says so', async (_what, links, known, why) => {
    const state = await createAddressGuard(options, nodeWith(links).run).keep(known);
    expect(state).toMatchObject({ active: false, why: expect.stringMatching(why) });
  });

  it('stays as an earlier start left it where nobody shows the records', async () => {
    const node = nodeWith([bridge(), veth(1)]);
    await createAddressGuard(options, node.run).keep({ results: [pod(1)], recorded: true });
    await createAddressGuard(options, node.run).keep({ results: [], recorded: false });
    expect(node.written).toHaveLength(1);
  });

  it('goes when it is switched off', async () => {
    const node = nodeWith([bridge(), veth(1)]);
    await createAddressGuard(options, node.run).keep({ results: [pod(1)], recorded: true });
    const off = createAddressGuard({ ...options, addressGuard: 'off' }, node.run);
    expect(await off.keep({ results: [], recorded: true })).toMatchObject({ active: false });
    expect(node.written.at(-1)).toBe('table bridge podid_guard\ndelete table bridge podid_guard\n');
  });

  it('calls itself nothing that the kernel does not hold', async () => {
    const node = nodeWith([bridge(), veth(1)]);
    node.deaf = true;
    await expect(
      createAddressGuard(options, node.run).keep({ results: [pod(1)], recorded: true }),
    ).rejects.toThrow(/something else was read back/);
  });
});

/** A kernel that knows of one table as much as the guard reads back. */
function nodeWith(links: readonly object[]) {
  let table: { rules: string; sets: Map<string, readonly string[]> } | undefined;
  const node = {
    written: [] as string[],
    commands: [] as string[],
    deaf: false,
    flush() {
      table = undefined;
    },
    run: (async (tool, args, input = {}) => {
      node.commands.push([tool, ...args].join(' '));
      if (tool === 'ip') {
        return { code: 0, stdout: JSON.stringify(links), stderr: '' };
      }
      if (args[0] === '-f') {
        const text = input.stdin ?? '';
        node.written.push(text);
        if (!text.includes('flush set')) {
          table = text.includes('{')
            ? { rules: text.replace(/elements.*/g, ''), sets: new Map() }
            : undefined;
        }
        for (const [, set = '', elements] of node.deaf ? [] : filled(text)) {
          table?.sets.set(set, (elements ?? '').replaceAll('"', '').split(', '));
        }
        return { code: 0, stdout: '', stderr: '' };
      }
      return table === undefined
        ? { code: 1, stdout: '', stderr: 'No such file or directory' }
        : { code: 0, stdout: listing(table), stderr: '' };
    }) as RunTool,
  };
  return node;
}

function filled(text: string): readonly RegExpMatchArray[] {
  const inTable = text.matchAll(/set (\w+) \{\n[^\n]*\n\t\telements = \{ (.*) \}/g);
  const added = text.matchAll(/add element bridge podid_guard (\w+) \{ (.*) \}/g);
  return [...inTable, ...added];
}

function listing({ rules, sets }: { rules: string; sets: ReadonlyMap<string, readonly string[]> }): string {
  const spell = (text: string) => (text.includes(' . ') ? { concat: text.split(' . ') } : text);
  return JSON.stringify({
    nftables: [
      { metainfo: {} },
      { table: { name: 'podid_guard' } },
      ...setNames.map((name) => ({ set: { name, elem: sets.get(name)?.toReversed().map(spell) } })),
      ...rules
        .split(' comment "')
        .slice(1)
        .map((text) => ({ rule: { chain: 'x', expr: [{ text }] } })),
    ],
  });
}
