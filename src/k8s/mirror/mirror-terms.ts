import { crdMissingCode } from '../../domain/kubernetes/cluster-objects.ts';
import { identityApi } from '../../domain/kubernetes/identity-resources.ts';
import { advice, command } from '../../errors/hint.ts';
import type { FailureTerms } from '../client/map-kube-error.ts';
import { grantMirrorCommand, mirrorRule, userIn } from './rbac-rule.ts';

/** What failed of a mirror, for whoever asked for one. */
export const mirrorTerms: FailureTerms = {
  forbidden: 'MirrorFailed',
  refused: 'MirrorFailed',
  rightHint: ({ namespace }, sentence) =>
    advice`Have an administrator of the cluster give the right: ${grantMirrorCommand(namespace, userIn(sentence))}`,
  rule: () => ({ code: 'MissingRule', message: mirrorRule() }),
  missingKind: {
    hint: advice`${command('podid nmi install')}  # installs the definitions of the four kinds with the agent; or turn the add-on on: ${command('podid enable')}`,
    detail: {
      code: crdMissingCode,
      message: `${identityApi.group}/${identityApi.version} is not served.`,
    },
  },
};
