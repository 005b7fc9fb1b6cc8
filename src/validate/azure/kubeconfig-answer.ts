import type { ClusterId } from '../../domain/clusters/cluster.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { isRecord, stringAt } from '../json-record.ts';

/**
 * The kubeconfig in an answer of `listClusterUserCredential`: `{kubeconfigs: [{name, value}]}`, the value
 * base64 of YAML. Nothing of the answer gets into an error.
 *
 * @throws PodidError Unavailable when there is none
 */
export function readKubeconfigAnswer(id: ClusterId, text: string): string {
  const body = parse(text);
  const list = isRecord(body) && Array.isArray(body['kubeconfigs']) ? body['kubeconfigs'] : [];
  const encoded = list
    .filter(isRecord)
    .map((item) => stringAt(item, 'value') ?? '')
    .find((value) => value !== '');
  if (encoded !== undefined) {
    return Buffer.from(encoded, 'base64').toString('utf8');
  }
  throw new PodidError('Unavailable', `Azure gave no kubeconfig for cluster ${id.name}.`, {
    hint: advice`Pass one: --kubeconfig FILE`,
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
