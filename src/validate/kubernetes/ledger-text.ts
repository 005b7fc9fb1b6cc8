import { emptyLedger, type LedgerState } from '../../domain/standard-mode/ledger-state.ts';
import { isRecord, recordAt } from '../json-record.ts';

/** As text for a ConfigMap: each id once, since a ConfigMap holds 1 MiB. */
export function renderLedger({ epoch, machines }: LedgerState): string {
  const ids = new Map<string, number>();
  const numbers = (keys: readonly string[]) =>
    keys.map((key) => {
      const number = ids.get(key) ?? ids.size;
      ids.set(key, number);
      return number;
    });
  const rows = Object.entries(machines).map(([id, { on, doing }]) => [
    id,
    {
      on: numbers(on),
      ...(doing === undefined ? {} : { doing: { add: numbers(doing.add), remove: numbers(doing.remove) } }),
    },
  ]);
  const body = Object.fromEntries(rows);
  return JSON.stringify({ epoch, identities: [...ids.keys()], machines: body });
}

/** What cannot be read is not owned: nothing is removed by a ledger that somebody has broken. */
export function parseLedger(text: string): LedgerState {
  const json = parseJson(text);
  if (!isRecord(json)) {
    return emptyLedger;
  }
  const listed: unknown[] = Array.isArray(json['identities']) ? json['identities'] : [];
  const keys = (numbers: unknown): string[] =>
    Array.isArray(numbers)
      ? numbers.flatMap((number) => {
          const key = typeof number === 'number' ? listed[number] : undefined;
          return typeof key === 'string' ? [key] : [];
        })
      : [];
  const machines = Object.entries(recordAt(json, 'machines')).flatMap(([id, entry]) => {
    if (!isRecord(entry)) {
      return [];
    }
    const doing = isRecord(entry['doing']) ? entry['doing'] : undefined;
    const begun = doing && { doing: { add: keys(doing['add']), remove: keys(doing['remove']) } };
    return [[id, { on: keys(entry['on']), ...begun }] as const];
  });
  const epoch = Number.isSafeInteger(json['epoch']) ? Number(json['epoch']) : 0;
  return { epoch, machines: Object.fromEntries(machines) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
