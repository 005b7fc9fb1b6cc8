import { at, isObject, type Json, listAt, objectAt, textAt } from './exact-json.ts';
import type { EmulatorResponse } from './http.ts';
import type { TokenAsk, TokenAsks } from './kube/played/agent-record.ts';
import type { World } from './world.ts';

/**
 * What a seed says that pods asked, after what is known: `{"since": TIME, "asks": [{"namespace", "name", "sdk", …}]}`. A time
 * is RFC 3339, or seconds before now: `lastAsked` or `agoSec`, `since` or `sinceAgoSec`.
 *
 * @param now emulator time
 * @throws TypeError for an ask without a pod, and for what is no time
 */
export function seedAsks(before: TokenAsks, seed: Json, now: number): TokenAsks {
  const sinceMs = timeIn(seed, ['since', 'sinceAgoSec'], now) ?? before.sinceMs;
  const asks = listAt(seed, 'asks').map((each) => askIn(each, now));
  return { asks: [...before.asks, ...asks], ...(sinceMs === undefined ? {} : { sinceMs }) };
}

/** The same as a seed. */
export function asksAsSeed({ sinceMs, asks }: TokenAsks): Json {
  return {
    ...(sinceMs === undefined ? {} : { since: new Date(sinceMs).toISOString() }),
    asks: asks.map(({ lastMs, ...rest }) => ({ ...rest, lastAsked: new Date(lastMs).toISOString() })),
  } as Json;
}

/** `/_podid/record`: PUT in place of what is there, POST besides it. */
export function answerAsks(
  method: string,
  body: Json | undefined,
  world: World,
): EmulatorResponse | undefined {
  if (method === 'PUT' || method === 'POST') {
    if (!isObject(body)) {
      throw new TypeError('What pods asked is a JSON object.');
    }
    world.tokenAsks = seedAsks(method === 'PUT' ? { asks: [] } : world.tokenAsks, body, world.clock.now());
  } else if (method !== 'GET') {
    return undefined;
  }
  return { status: 200, body: asksAsSeed(world.tokenAsks) };
}

const texts = ['node', 'sdk', 'version', 'resource', 'chosenBy', 'outcome'] as const;

function askIn(ask: Json, now: number): TokenAsk {
  const [namespace, name] = [textAt(ask, 'namespace'), textAt(ask, 'name')];
  if (namespace === undefined || name === undefined) {
    throw new TypeError("What was asked has the 'namespace' and the 'name' of a pod.");
  }
  const controller = objectAt(ask, 'controller');
  const given = texts.flatMap((member) => {
    const text = textAt(ask, member);
    return text === undefined ? [] : [[member, text] as const];
  });
  return {
    namespace,
    name,
    ...Object.fromEntries(given),
    ...(controller === undefined
      ? {}
      : {
          controller: {
            kind: textAt(controller, 'kind') ?? '',
            name: textAt(controller, 'name') ?? '',
            uid: textAt(controller, 'uid') ?? '',
          },
        }),
    lastMs: timeIn(ask, ['lastAsked', 'agoSec'], now) ?? now,
  };
}

function timeIn(json: Json, [absolute, before]: readonly [string, string], now: number): number | undefined {
  const text = textAt(json, absolute);
  if (text === undefined) {
    const seconds = at(json, before);
    return seconds === undefined ? undefined : now - Number(seconds) * 1000;
  }
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) {
    throw new TypeError(`'${text}' is not a time as 2026-11-30T12:00:00Z.`);
  }
  return ms;
}
