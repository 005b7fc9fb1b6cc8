import { holdKeys } from '../../../domain/takeover/hold.ts';
import type { NodeGap } from '../../../domain/takeover/node-gaps.ts';
import {
  type RollbackWay,
  recordKeys,
  recordVersion,
  type TakeoverProbe,
  type TakeoverRecord,
  type WrittenTakeover,
} from '../../../domain/takeover/takeover-record.ts';
import { lastTakeoverStep, type TakeoverProof } from '../../../domain/takeover/takeover-steps.ts';
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt, stringMapAt } from '../../json-record.ts';
import { readTakeoverExport } from './takeover-export.ts';

/** How far a takeover is, by its ConfigMap; or why that says nothing. @param sha256 of a text, in hex */
export function readTakeoverRecord(
  data: Readonly<Record<string, string>>,
  sha256: (text: string) => string,
): WrittenTakeover | string {
  const [record, exported, objects] = [
    parsed(data[recordKeys.record]),
    parsed(data[recordKeys.export]),
    parsed(data[holdKeys.objects]),
  ];
  if (!isRecord(record) || record['version'] !== recordVersion) {
    return `its record is not of version ${recordVersion}`;
  }
  const read = readTakeoverExport({ ...(isRecord(exported) ? exported : {}), objects }, sha256);
  if (read.kind === 'fault') {
    return read.why;
  }
  const step = record['step'];
  const state = stringAt(record, 'state');
  const way = stringAt(record, 'rollingBack');
  const [begunAt, stepAt] = [stringAt(record, 'begunAt') ?? '', stringAt(record, 'stepAt') ?? ''];
  const isStep = typeof step === 'number' && Number.isInteger(step) && step >= 0 && step <= lastTakeoverStep;
  const isTimed = !Number.isNaN(Date.parse(begunAt)) && !Number.isNaN(Date.parse(stepAt));
  if (!isStep || !isTimed || !isState(state)) {
    return 'its record does not say how far the takeover is';
  }
  const definitions = stringMapAt(record, 'definitions');
  const proofs = Object.entries(recordAt(record, 'proofs')).flatMap(([key, value]) => {
    const proof = isRecord(value) ? readProof(value) : undefined;
    return proof === undefined ? [] : [[key, proof] as const];
  });
  return {
    record: {
      version: recordVersion,
      state,
      step,
      begunAt,
      stepAt,
      ...(definitions === undefined ? {} : { definitions }),
      proofs: Object.fromEntries(proofs),
      gaps: recordsAt(record, 'gaps').flatMap(readGap),
      ...(record['agentWasThere'] === true ? { agentWasThere: true } : {}),
      ...(record['disabling'] === true ? { disabling: true } : {}),
      ...(isWay(way) ? { rollingBack: way } : {}),
      probes: recordsAt(record, 'probes').flatMap(readProbe),
    },
    export: read.value,
  };
}

function isState(text: string | undefined): text is TakeoverRecord['state'] {
  return text === 'under-way' || text === 'done' || text === 'rolled-back';
}

function isWay(text: string | undefined): text is RollbackWay {
  return text === 'serving' || text === 'new';
}

function readProof({ asked, answered, longestMs, silent }: JsonRecord): TakeoverProof | undefined {
  const isCounted = isCount(asked) && isCount(answered) && (longestMs === null || isCount(longestMs));
  return isCounted ? { asked, answered, longestMs, silent: textsOf(silent) } : undefined;
}

function readGap(gap: JsonRecord): readonly NodeGap[] {
  const [machine, identityId, from] = ['machine', 'identityId', 'from'].map(
    (key) => stringAt(gap, key) ?? '',
  ) as [string, string, string];
  const until = gap['until'] === null ? null : (stringAt(gap, 'until') ?? '');
  const isTimed = [from, until ?? from].every((time) => !Number.isNaN(Date.parse(time)));
  return machine === '' || identityId === '' || !isTimed ? [] : [{ machine, identityId, from, until }];
}

function readProbe(probe: JsonRecord): readonly TakeoverProbe[] {
  const [node, namespace, name, uid] = ['node', 'namespace', 'name', 'uid'].map(
    (key) => stringAt(probe, key) ?? '',
  ) as [string, string, string, string];
  const { seenMs } = probe;
  const isNamed = node !== '' && namespace !== '' && name !== '';
  return isNamed && isCount(seenMs) ? [{ node, namespace, name, uid, seenMs }] : [];
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
