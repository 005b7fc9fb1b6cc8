import { isRecord, type JsonRecord, stringAt } from '../json-record.ts';

export interface ObjectList {
  readonly items: readonly unknown[];
  readonly resourceVersion: string;
}

/** @throws Error when the answer is not a list of the Kubernetes API */
export function parseList(json: unknown): ObjectList {
  const metadata = isRecord(json) && isRecord(json['metadata']) ? json['metadata'] : {};
  const resourceVersion = stringAt(metadata, 'resourceVersion');
  const items = isRecord(json) ? json['items'] : undefined;
  // Go writes an empty list as null now and then; anything else that is not an array is an answer of somebody
  // else's.
  if (!isRecord(json) || !resourceVersion || !(items === null || Array.isArray(items))) {
    throw new Error("The API server's answer is not a list.");
  }
  return { items: items ?? [], resourceVersion };
}

export type WatchEvent =
  | {
      readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
      readonly object: unknown;
      readonly resourceVersion: string | undefined;
    }
  | {
      readonly type: 'ERROR';
      /** As the Status has it; 410 for an expired version. */
      readonly code: number;
    };

/** @throws Error when the line is not an event of a watch */
export function parseWatchEvent(line: unknown): WatchEvent {
  const type = isRecord(line) ? line['type'] : undefined;
  const object = isRecord(line) && isRecord(line['object']) ? line['object'] : undefined;
  if (type === 'ERROR') {
    return { type, code: errorCode(object) };
  }
  const known = type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK';
  if (!known || object === undefined) {
    throw new Error('A line of the watch is not an event.');
  }
  const metadata = isRecord(object['metadata']) ? object['metadata'] : {};
  return { type, object, resourceVersion: stringAt(metadata, 'resourceVersion') };
}

function errorCode(status: JsonRecord | undefined): number {
  const code = status?.['code'];
  return typeof code === 'number' ? code : 500;
}
