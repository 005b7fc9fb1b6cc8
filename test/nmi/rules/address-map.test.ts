import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addressMap, folderStamp } from '../../../src/nmi/rules/address-map.ts';

const record = (uid: string, address: string) =>
  JSON.stringify({
    kind: 'cniCacheV1',
    cniArgs: [['K8S_POD_UID', uid]],
    result: { ips: [{ address }] },
  });

let folder: string;
const at = (name: string) => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podid-cni-'));
  writeFileSync(at('sound'), record('uid-1', '10.244.0.10/16'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the folder of the CNI plugin’s records', () => {
  it('is read past everything that is no record, and waits for none of it', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    mkdirSync(at('folder'));
    symlinkSync('/dev/zero', at('endless'));
    symlinkSync('nowhere', at('dangling'));
    writeFileSync(at('garbage'), Buffer.from([0xff, 0xfe, 0, 1]));
    expect((await addressMap(folder).read()).addresses).toEqual({ '10.244.0.10': 'uid-1' });
  });

  it('follows no symbolic link, which might lead out of it', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'podid-elsewhere-'));
    writeFileSync(join(elsewhere, 'forged'), record('uid-2', '10.244.0.10/16'));
    symlinkSync(join(elsewhere, 'forged'), at('link'));
    expect((await addressMap(folder).read()).addresses).toEqual({ '10.244.0.10': 'uid-1' });
    rmSync(elsewhere, { recursive: true });
  });

  it('takes no file into memory that is far larger than any record', async () => {
    writeFileSync(at('huge'), record('uid-2', '10.244.0.11/16'));
    truncateSync(at('huge'), 8 * 1024 ** 3);
    const before = process.memoryUsage().rss;
    expect((await addressMap(folder).read()).addresses).toEqual({ '10.244.0.10': 'uid-1' });
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 ** 2);
  });

  it('has a stamp that changes with every record, and none while a change may be half seen', async () => {
    const { read } = addressMap(folder);
    const settled = async () => {
      for (;;) {
        const { stamp } = await read();
        if (stamp !== '') {
          return stamp;
        }
      }
    };
    const first = await settled();
    expect(first).toBe(folderStamp(folder));
    writeFileSync(at('later'), '');
    expect((await read()).stamp).toBe('');
    expect(folderStamp(folder)).not.toBe(first);
    // Half of a record; an old file that is no record is nobody's.
    utimesSync(at('later'), 1, 1);
    const second = await settled();
    expect(second).not.toBe(first);
    rmSync(at('later'));
    expect(await settled()).not.toBe(second);
  });

  it('keeps records once there was one, and keeps none where it is not or stays empty', async () => {
    const { read } = addressMap(folder);
    expect(await read()).toMatchObject({ recorded: true, keepsRecords: true });
    rmSync(at('sound'));
    expect(await read()).toMatchObject({ recorded: true, keepsRecords: true, addresses: {} });
    expect(await addressMap(folder).read()).toMatchObject({ recorded: true, keepsRecords: false });
    expect(await addressMap(at('nowhere')).read()).toMatchObject({ recorded: false, keepsRecords: false });
    expect(folderStamp(at('nowhere'))).toBe('');
  });
});
