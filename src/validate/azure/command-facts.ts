import { isRecord, recordAt } from '../json-record.ts';

/** What of a cluster's document decides about running commands in it. */
export function readCommandFacts(document: string): {
  /** Somebody has turned it off. */
  readonly disabled: boolean;
  /** The cluster signs in through Entra: the command runs as the caller, who hands a token over. */
  readonly entra: boolean;
} {
  const body: unknown = JSON.parse(document);
  const properties = recordAt(isRecord(body) ? body : {}, 'properties');
  return {
    disabled: recordAt(properties, 'apiServerAccessProfile')['disableRunCommand'] === true,
    entra: recordAt(properties, 'aadProfile')['managed'] === true,
  };
}
