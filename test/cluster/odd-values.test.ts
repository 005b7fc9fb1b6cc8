import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { imageGiven, lostByHelm, type OddValues, oddValues } from '../validate/files/values/odd-values.ts';
import { clusterPrograms } from './cluster-programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'podid-odd-values-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The table that `podid nmi install` is held to in the unit ring. */
describe('odd values', () => {
  it.concurrent.each(oddValues)('%j are %s by Helm', async (values, verdict) => {
    const { isTaken, said } = await helmTemplate(values);
    expect(isTaken ? 'taken' : 'refused', said).toBe(verdict);
  });

  it.concurrent.each(lostByHelm)('%j are taken by Helm, which loses a part of them', async (values) => {
    expect(await helmTemplate(values)).toMatchObject({ isTaken: true });
  });
});

function helmTemplate({ files = [], set = [], setString = [] }: OddValues) {
  const own = mkdtempSync(join(folder, 'row-'));
  const paths = [imageGiven, ...files].map((text, at) => {
    const path = join(own, `${at}.yaml`);
    writeFileSync(path, text);
    return path;
  });
  const args = [
    ...['template', 'podid', 'deploy/chart', '--namespace', 'kube-system', '--kube-version', '1.34.1'],
    ...paths.flatMap((path) => ['--values', path]),
    ...set.flatMap((text) => ['--set', text]),
    ...setString.flatMap((text) => ['--set-string', text]),
  ];
  return new Promise<{ readonly isTaken: boolean; readonly said: string }>((resolve) => {
    execFile(clusterPrograms().path('helm'), args, { maxBuffer: 2 ** 24 }, (error, _, said) =>
      resolve({ isTaken: error === null, said }),
    );
  });
}
