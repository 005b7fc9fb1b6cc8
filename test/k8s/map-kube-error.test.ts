import { describe, expect, it } from 'vitest';
import { kubeFailure, mapKubeError } from '../../src/k8s/map-kube-error.ts';

const attempt = { verb: 'create', resource: 'azureidentities', namespace: 'shop', name: 'web' } as const;

function status(reason: string, details: object = {}) {
  return JSON.stringify({ kind: 'Status', status: 'Failure', reason, message: `said: ${reason}`, details });
}

describe('mapping what the API server says', () => {
  it.each([
    [401, undefined, 'MirrorFailed', 6, 'does not accept the credentials'],
    [
      403,
      status('Forbidden'),
      'MirrorFailed',
      6,
      'forbids to create azureidentities.aadpodidentity.k8s.io in namespace shop',
    ],
    [403, '<html>blocked</html>', 'ClusterUnreachable', 7, 'HTTP 403'],
    [
      404,
      '404 page not found\n',
      'MirrorFailed',
      7,
      'does not know the resource azureidentities.aadpodidentity.k8s.io',
    ],
    [404, status('NotFound'), 'MirrorFailed', 7, 'does not know the resource'],
    [422, status('Invalid', { kind: 'AzureIdentity' }), 'MirrorFailed', 7, 'refused to create'],
    [429, status('TooManyRequests'), 'ClusterUnreachable', 7, 'HTTP 429'],
    [503, status('ServiceUnavailable'), 'ClusterUnreachable', 7, 'HTTP 503'],
    [302, '', 'ClusterUnreachable', 7, 'HTTP 302'],
  ])('makes of %i with %s the error %s', (httpStatus, body, code, exitCode, message) => {
    expect(mapKubeError(kubeFailure(httpStatus, body), attempt)).toMatchObject({
      code,
      exitCode,
      message: expect.stringContaining(message),
    });
  });

  it('hands on the words of the server without control characters', () => {
    const body = JSON.stringify({
      kind: 'Status',
      reason: 'Forbidden',
      message: 'no\u001b[31m\nway',
      details: {},
    });
    expect(mapKubeError(kubeFailure(403, body), attempt).details).toEqual([
      { code: 'Forbidden', message: 'no [31m way' },
    ]);
  });

  it('names the question that shows the missing right', () => {
    const list = { verb: 'list', resource: 'azureidentities' } as const;
    expect(mapKubeError(kubeFailure(403, status('Forbidden')), list).hint).toBe(
      'kubectl auth can-i list azureidentities.aadpodidentity.k8s.io --all-namespaces',
    );
  });
});
