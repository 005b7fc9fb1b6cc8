import type { JsonObject } from '../../src/emulator/exact-json.ts';
import { type EmulatedPodid, identityId, type Ran } from './emulated-podid.ts';

export interface Node {
  readonly pool: string | null;
  readonly kind: string;
  readonly resource: string;
  readonly identities: readonly string[];
  readonly instancesUpToDate: boolean | null;
}

export const inPools = { scenario: 'node-pools' };

/** The same, where instances get identities by an upgrade alone. */
export const laggingPools = { ...inPools, seed: { settings: { instancesNeedUpgrade: true } } };

/** Identities by their names, then flags. */
export function assign(...words: readonly string[]): string[] {
  return nodeCommand('assign', words);
}

export function unassign(...words: readonly string[]): string[] {
  return nodeCommand('unassign', words);
}

function nodeCommand(verb: string, words: readonly string[]): string[] {
  const flag = words.findIndex((word) => word.startsWith('-'));
  const names = flag < 0 ? words : words.slice(0, flag);
  return ['node', verb, '--identities', ...names.map(identityId), ...words.slice(names.length)];
}

/** Each machine as a row: pool, kind, name, names of the identities, whether the instances are up to date. */
export function carried(nodes: readonly Node[]): unknown[] {
  return nodes.map(({ pool, kind, resource, identities, instancesUpToDate }) => [
    pool,
    kind,
    nameOf(resource),
    identities.map(nameOf).join(' '),
    instancesUpToDate,
  ]);
}

/** The PATCHes of machines, in their order. */
export function patches({ emulator }: EmulatedPodid) {
  return emulator.requests
    .filter(({ operation }) => operation === 'machines.patch')
    .map(({ path, bodyText, headers, status }) => ({
      machine: nameOf(path),
      body: JSON.parse(bodyText) as JsonObject,
      ifMatch: headers['if-match'],
      status,
    }));
}

/** How a command failed, its exit code and stdout beside the error of its last line. */
export function errorOf(ran: Ran) {
  const error = JSON.parse(ran.stderr.trimEnd().split('\n').at(-1) ?? '') as {
    code: string;
    message: string;
    hint: string | null;
    target: string | null;
    details: { code: string; message: string }[];
  };
  return { ...error, exitCode: ran.exitCode, stdout: ran.stdout };
}

function nameOf(id: string): string {
  return id.split('/').at(-1) ?? '';
}
