import { isRecord, recordAt, stringAt } from '../json-record.ts';

/** A node, as far as the machine behind it goes. */
export interface NodeFacts {
  readonly name: string;
  /** `spec.providerID`; empty until the cloud's controller has set it. */
  readonly providerId: string;
}

/** Undefined for what has no name. */
export function parseNode(json: unknown): NodeFacts | undefined {
  if (!isRecord(json)) {
    return undefined;
  }
  const name = stringAt(recordAt(json, 'metadata'), 'name');
  return name ? { name, providerId: stringAt(recordAt(json, 'spec'), 'providerID') ?? '' } : undefined;
}
