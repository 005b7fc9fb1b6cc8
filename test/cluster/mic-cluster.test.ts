import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { startMicCluster } from './mic-cluster.ts';

/** Processes, servers and folders that a cluster would leave. */
function left() {
  const children = execFileSync('ps', ['-o', 'args=', '--ppid', String(process.pid)], { encoding: 'utf8' });
  return {
    programs: children.split('\n').filter((line) => /\b(etcd|kube-apiserver)\b/.test(line)),
    servers: process.getActiveResourcesInfo().filter((each) => each === 'TCPServerWrap'),
    folders: readdirSync(tmpdir()).filter((name) => /^podid-(api-)?mic-broken-/.test(name)),
  };
}

it('a cluster for podid-mic that cannot be set up leaves neither servers nor files', async () => {
  const before = left();
  const machine = { kind: 'virtualMachines', name: 'vm', nodes: ['node-0'] } as const;
  const seed = { identities: ['web'], machines: [machine, { ...machine, name: 'vm-2' }], settings: {} };
  await expect(startMicCluster('mic-broken', seed)).rejects.toThrow(/already exists/i);
  expect(left()).toEqual(before);
});
