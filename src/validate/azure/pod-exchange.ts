import type { PodAnswer, PodExchange } from '../../domain/azure/pod-exchange.ts';
import { plainText } from '../../errors/plain-text.ts';
import { isRecord, type JsonRecord, recordAt, stringAt } from '../json-record.ts';

/** The last word of a container, which whoever may change the pod can have said. Undefined where it is none. */
export function parsePodExchange(text: string): PodExchange | undefined {
  const json = readJson(text);
  const [passed, refused] = [numberAt(json, 'passed'), numberAt(json, 'refused')];
  const answer = parseAnswer(recordAt(json, 'answer'));
  return passed === undefined || refused === undefined || answer === undefined
    ? undefined
    : { passed, refused, answer };
}

function parseAnswer(json: JsonRecord): PodAnswer | undefined {
  const word = (member: string) => plainText(stringAt(json, member) ?? '', 'one').slice(0, 800);
  const status = numberAt(json, 'status');
  switch (json['kind']) {
    case 'token':
      return { kind: 'token', appid: word('appid'), oid: word('oid'), tid: word('tid') };
    case 'refused':
      return {
        kind: 'refused',
        host: word('host'),
        status: status ?? 0,
        code: word('code'),
        sentence: word('sentence'),
      };
    case 'fault': {
      const known = ['code', 'proxy', 'from'].filter((member) => word(member) !== '');
      return {
        kind: 'fault',
        at: json['at'] === 'proxy' ? 'proxy' : 'entra',
        host: word('host'),
        ...Object.fromEntries(known.map((member) => [member, word(member)])),
        ...(status === undefined ? {} : { status }),
      };
    }
    case 'issuer':
      return { kind: 'issuer', issuer: word('issuer') };
    case 'broken':
      return { kind: 'broken', code: word('code') };
    default:
      return undefined;
  }
}

function numberAt(json: JsonRecord, member: string): number | undefined {
  const value = json[member];
  return typeof value === 'number' ? value : undefined;
}

function readJson(text: string): JsonRecord {
  try {
    const json: unknown = JSON.parse(text);
    return isRecord(json) ? json : {};
  } catch {
    return {};
  }
}
