import { advice, command } from '../../errors/hint.ts';
import type { FailureTerms } from '../client/map-kube-error.ts';

/** What failed of a policy engine's objects, for whoever applies them. */
export const policyTerms: FailureTerms = {
  forbidden: 'Forbidden',
  refused: 'PolicyBlocked',
  rightHint: ({ verb, resource }) => command('kubectl auth can-i', verb, resource),
  refusedHint: () =>
    advice`${command('podid policy kubenet')}  # prints the objects; for more about each: kubectl apply --dry-run=server -f -`,
};
