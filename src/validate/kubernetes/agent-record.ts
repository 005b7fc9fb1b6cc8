import type { AskedPod } from '../../domain/load/agent-load.ts';
import type { RefusedPod } from '../../domain/load/refusals.ts';
import type { ChosenBy, SeenPod, WatchedNode } from '../../domain/migrate/seen.ts';
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../json-record.ts';

/** What one agent says of the pods of its node. */
export interface AgentRecord extends Pick<WatchedNode, 'since' | 'forgotten'> {
  readonly pods: readonly SeenPod[];
}

/** Undefined for what is no record. What an agent cannot have written is left out of it. */
export function parseAgentRecord(text: string): AgentRecord | undefined {
  const json = jsonIn(text);
  const since = isRecord(json) ? timeAt(json, 'since') : undefined;
  if (!isRecord(json) || since === undefined) {
    return undefined;
  }
  const forgotten = recordsAt(json, 'forgotten').flatMap((each) => {
    const [namespace, until] = [stringAt(each, 'namespace'), timeAt(each, 'until')];
    return namespace && until ? [[namespace, until] as const] : [];
  });
  return { since, forgotten: new Map(forgotten), pods: recordsAt(json, 'pods').flatMap(usesOfPod) };
}

/** Of each pod of a record what it asked last, and how often it asked. What is no record holds nobody. */
export function parseAskedPods(text: string): readonly AskedPod[] {
  const json = jsonIn(text);
  return recordsAt(isRecord(json) ? json : {}, 'pods').flatMap((pod) => {
    const [namespace, name] = [stringAt(pod, 'namespace'), stringAt(pod, 'name')];
    const uses = recordsAt(pod, 'uses').map((use) => ({
      sdk: stringAt(use, 'sdk') ?? '',
      lastAsked: stringAt(use, 'lastAsked') ?? '',
      outcome: stringAt(use, 'outcome') ?? '',
    }));
    const [last] = uses.toSorted((one, other) => (one.lastAsked > other.lastAsked ? -1 : 1));
    return namespace && name && last !== undefined && !Number.isNaN(Date.parse(last.lastAsked))
      ? [
          {
            uid: stringAt(pod, 'uid') ?? '',
            namespace,
            name,
            ...last,
            sdk: last.sdk === 'other' ? '' : last.sdk,
            ...countsOf(pod),
          },
        ]
      : [];
  });
}

/**
 * Of each way in which a pod asks, that it got no token the last time. Undefined for what is no record; what an agent
 * cannot have written is left out.
 */
export function parseRefusals(
  text: string,
): { readonly since: string; readonly pods: readonly RefusedPod[] } | undefined {
  const json = jsonIn(text);
  const since = isRecord(json) ? timeAt(json, 'since') : undefined;
  return isRecord(json) && since !== undefined
    ? { since, pods: recordsAt(json, 'pods').flatMap(refusalsOf) }
    : undefined;
}

function refusalsOf(pod: JsonRecord): RefusedPod[] {
  const [namespace = '', name = ''] = [stringAt(pod, 'namespace'), stringAt(pod, 'name')];
  if (![namespace, name].every((each) => objectName.test(each))) {
    return [];
  }
  return recordsAt(pod, 'uses').flatMap((use) => {
    const [reason = '', lastAsked] = [stringAt(use, 'outcome'), timeAt(use, 'lastAsked')];
    const isRefusal = reason !== 'answered' && reasonCode.test(reason);
    return isRefusal && lastAsked !== undefined ? [{ namespace, name, reason, lastAsked }] : [];
  });
}

const objectName = /^[a-z0-9][a-z0-9.-]{0,252}$/;
const reasonCode = /^[a-z0-9-]{1,40}$/;

/** No agent counts more reasons of a pod. */
const mostReasons = 16;

function countsOf(pod: JsonRecord): Pick<AskedPod, 'requests' | 'refused'> {
  const refused = Object.entries(recordAt(pod, 'refused')).filter(
    ([reason, count]) => reasonCode.test(reason) && isCount(count),
  );
  const { requests } = pod;
  return {
    ...(isCount(requests) ? { requests } : {}),
    refused: Object.fromEntries(refused.slice(0, mostReasons)) as Record<string, number>,
  };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function usesOfPod(pod: JsonRecord): SeenPod[] {
  const [namespace, name] = [stringAt(pod, 'namespace'), stringAt(pod, 'name')];
  if (!namespace || !name) {
    return [];
  }
  const uid = stringAt(pod, 'uid');
  const owner = recordAt(pod, 'controller');
  const kind = stringAt(owner, 'kind');
  const controller = {
    kind: kind ?? '',
    name: stringAt(owner, 'name') ?? '',
    uid: stringAt(owner, 'uid') ?? '',
  };
  return recordsAt(pod, 'uses').flatMap((use) => {
    const lastAsked = timeAt(use, 'lastAsked');
    const sdk = stringAt(use, 'sdk') ?? '';
    return lastAsked === undefined
      ? []
      : [
          {
            namespace,
            name,
            ...(uid ? { uid } : {}),
            ...(kind ? { controller } : {}),
            sdk: /^[\w@./-]{1,64}$/.test(sdk) && sdk !== 'other' ? sdk : '',
            version: /^\d[\w.+-]{0,63}$/.exec(stringAt(use, 'version') ?? '')?.[0] ?? '',
            chosenBy: choices.find((each) => each === use['chosenBy']) ?? 'nothing',
            lastAsked,
            ...resourceOf(use),
            ...(use['outcome'] === 'answered' ? { isAnswered: true as const } : {}),
          },
        ];
  });
}

/** As agents write it, `other` for what does not look like one. */
function resourceOf(use: JsonRecord): { readonly resource?: string } {
  const resource = stringAt(use, 'resource') ?? '';
  const isOne = /^[A-Za-z0-9][A-Za-z0-9:/._-]{0,99}$/.test(resource) && resource !== 'other';
  return isOne ? { resource } : {};
}

const choices: readonly ChosenBy[] = ['client-id', 'resource-id', 'object-id', 'nothing', 'pod-name'];

/**
 * RFC 3339, to the second: one spelling for all agents, so that times compare as texts. The next one, so that nobody is taken
 * to have been watched, or silent, for longer than he was.
 */
function timeAt(record: JsonRecord, member: string): string | undefined {
  const ms = Date.parse(stringAt(record, member) ?? '');
  return Number.isNaN(ms)
    ? undefined
    : `${new Date(Math.ceil(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
