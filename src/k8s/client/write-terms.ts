import { advice, command } from '../../errors/hint.ts';
import type { FailureTerms } from './map-kube-error.ts';

/** By its `kubectl auth can-i`, the server itself says whether the right is there. */
export const askKubectl: FailureTerms['rightHint'] = ({ verb, resource, namespace }) =>
  command(
    'kubectl auth can-i',
    verb,
    resource,
    ...(namespace === undefined ? ['--all-namespaces'] : ['-n', namespace]),
  );

/** Of what podid writes for a person who may not know what it was. */
export const writeTerms: FailureTerms = {
  forbidden: 'Forbidden',
  refused: 'AgentRefused',
  rightHint: askKubectl,
  refusedHint: () => advice`Fix what the message names, and run the same command again.`,
};
