import type { IncomingMessage } from 'node:http';
import type { KubeKind } from '../objects/kube-kinds.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import { columnsOf } from './columns.ts';

export interface TableRequest {
  readonly kind: KubeKind;
  /** What of each object goes along. */
  readonly include: string;
  readonly now: number;
}

/** Whether the caller would have the objects as rows to be shown, which is what `kubectl get` asks for. */
export function wantsTable({ headers }: IncomingMessage): boolean {
  return /^application\/json;as=Table;v=v1;g=meta\.k8s\.io/.test(headers.accept ?? '');
}

/** @param metadata of the list, where it is one */
export function tableOf(
  objects: readonly KubeObject[],
  request: TableRequest,
  metadata: object = {},
): object {
  const { kind, include, now } = request;
  const columns = columnsOf(kind);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns.map(({ name, isWide = false }) => ({
      name,
      type: 'string',
      format: name === 'Name' ? 'name' : '',
      description: '',
      priority: isWide ? 1 : 0,
    })),
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object, now)),
      ...(include === 'None' ? {} : { object: include === 'Object' ? object : metadataOf(object) }),
    })),
  };
}

function metadataOf({ metadata }: KubeObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}
