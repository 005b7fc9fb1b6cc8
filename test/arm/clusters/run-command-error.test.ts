import { describe, expect, it } from 'vitest';
import { commandFailed, mapRunCommandError } from '../../../src/arm/clusters/run-command-error.ts';
import { armFault } from '../../../src/arm/connection/arm-answer.ts';

const id = { subscriptionId: 's', resourceGroup: 'g', name: 'demo' };
const gatekeeper =
  'admission webhook "validation.gatekeeper.sh" denied the request: [azurepolicy-k8sazurev3allowedimages] Container image mcr.microsoft.com/aks/command has not been allowed.';

describe('a command that AKS could not run in the cluster', () => {
  it.each([
    [gatekeeper, gatekeeper, 'Exempt the namespace aks-command from the policy that the reason names'],
    [
      'pods "command-x" is forbidden: violates PodSecurity "restricted:latest"',
      'violates PodSecurity "restricted:latest".',
      'Exempt the namespace aks-command',
    ],
    [
      'exceeded quota: small',
      'exceeded quota: small.',
      'Make room in the quota of the namespace aks-command',
    ],
    [
      'failed quota: small: must specify limits.cpu for: command',
      'limits.cpu for: command.',
      'Make room in the quota of the namespace aks-command',
    ],
    [
      'pods "command-x" is forbidden: maximum cpu usage per Container is 100m, but limit is 200m',
      'but limit is 200m.',
      'Let the LimitRange of the namespace aks-command allow 200m CPU',
    ],
    [
      'Failed to pull image "mcr.microsoft.com/aks/command": ImagePullBackOff',
      'ImagePullBackOff.',
      'Let the nodes pull from mcr.microsoft.com',
    ],
    [
      'Insufficient memory.',
      'demo: Insufficient memory.',
      'they need a node with 200m CPU and 500Mi memory free.',
    ],
    ['  ', 'it gives no reason.', 'See the pods of namespace aks-command'],
  ])('because of %s is told with the reason and a hint for it', (reason, end, hint) => {
    const error = commandFailed(id, reason);
    expect(error).toMatchObject({ code: 'ClusterUnreachable', exitCode: 7 });
    expect(error.message.endsWith(end), error.message).toBe(true);
    expect(error.message).not.toContain('..');
    expect(String(error.hint)).toContain(hint);
  });

  it('is told the same where the answer itself says it', () => {
    const body = { code: 'KubernetesOperationError', message: `Failed to create pod: ${gatekeeper}` };
    const answer = { status: 400, text: JSON.stringify(body), header: () => undefined };
    const known = mapRunCommandError(armFault(answer), id);
    expect(known?.message).toContain(gatekeeper);
    expect(String(known?.hint)).toContain('Exempt the namespace aks-command from the policy');
  });
});
