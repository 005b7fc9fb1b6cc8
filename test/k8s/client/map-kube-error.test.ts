import { describe, expect, it } from 'vitest';
import { kubeFailure, mapKubeError } from '../../../src/k8s/client/map-kube-error.ts';
import { mirrorTerms } from '../../../src/k8s/mirror/mirror-terms.ts';

const attempt = {
  verb: 'create',
  resource: 'azureidentities.aadpodidentity.k8s.io',
  namespace: 'shop',
  name: 'web',
} as const;

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
      'does not let you create azureidentities.aadpodidentity.k8s.io in namespace shop',
    ],
    [403, '<html>blocked</html>', 'ClusterUnreachable', 7, 'HTTP 403, but not as an API server does'],
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
    expect(mapKubeError(kubeFailure(httpStatus, body), attempt, mirrorTerms)).toMatchObject({
      code,
      exitCode,
      message: expect.stringContaining(message),
    });
  });

  it('says of a kind that is not served where to see that, and blames no firewall', () => {
    const { missingKind: _, ...terms } = mirrorTerms;
    const monitor = { verb: 'patch', resource: 'servicemonitors.monitoring.coreos.com' } as const;
    const error = mapKubeError(kubeFailure(404, '404 page not found\n'), monitor, terms);
    expect(error.message).toContain('does not serve servicemonitors.monitoring.coreos.com');
    expect(String(error.hint)).toBe(
      'See what it serves: kubectl api-resources --api-group monitoring.coreos.com',
    );
    const pods = mapKubeError(kubeFailure(404, 'gone'), { verb: 'list', resource: 'pods' }, terms);
    expect(String(pods.hint)).toContain('A proxy or a firewall');
  });

  it.each([
    [422, 'Invalid'],
    [500, 'InternalError'],
  ])('says with a %i what was attempted, and the sentence of the server', (httpStatus, reason) => {
    const error = mapKubeError(kubeFailure(httpStatus, status(reason, { kind: 'x' })), attempt, mirrorTerms);
    expect(error.message).toMatch(/create azureidentities.* in namespace shop.*: said: /);
  });

  it.each([
    ['nodes', 'nodes in the cluster'],
    ['clusterroles.rbac.authorization.k8s.io', 'clusterroles.rbac.authorization.k8s.io in the cluster'],
    ['pods', 'pods in all namespaces'],
  ])('says of a list of %s where it is of, in namespaces alone where it is in them', (resource, text) => {
    const denied = kubeFailure(403, status('Forbidden'));
    const { message } = mapKubeError(denied, { verb: 'list', resource }, mirrorTerms);
    expect(message).toBe(`The cluster does not let you list ${text}.`);
  });

  it('hands on the words of the server without control characters', () => {
    const body = JSON.stringify({
      kind: 'Status',
      reason: 'Forbidden',
      message: 'no\u001b[31m\nway',
      details: {},
    });
    expect(mapKubeError(kubeFailure(403, body), attempt, mirrorTerms).details).toContainEqual({
      code: 'Forbidden',
      message: 'no [31m way',
    });
  });

  it('names the rule that is missing and the commands that give it', () => {
    const words = 'User "anna@contoso.com" cannot create resource "azureidentities" in the namespace "shop"';
    const body = status('Forbidden').replace('said: Forbidden', words.replaceAll('"', '\\"'));
    const { details, hint } = mapKubeError(kubeFailure(403, body), attempt, mirrorTerms);
    expect(details).toContainEqual({
      code: 'MissingRule',
      message:
        '- {apiGroups: [aadpodidentity.k8s.io], resources: [azureidentities, azureidentitybindings, azurepodidentityexceptions], verbs: [get, list, create, update, patch, delete]}',
    });
    expect(String(hint)).toBe(
      'Have an administrator of the cluster give the right: kubectl create role podid-mirror -n shop --verb=get,list,create,update,patch,delete --resource=azureidentities.aadpodidentity.k8s.io,azureidentitybindings.aadpodidentity.k8s.io,azurepodidentityexceptions.aadpodidentity.k8s.io && kubectl create rolebinding podid-mirror -n shop --role=podid-mirror --user=anna@contoso.com',
    );
  });

  it('gives the right in all namespaces for a list of all, and to a service account as to one', () => {
    const words = 'User "system:serviceaccount:ci:deployer" cannot list resource "azureidentities"';
    const body = status('Forbidden').replace('said: Forbidden', words.replaceAll('"', '\\"'));
    const list = { verb: 'list', resource: 'azureidentities.aadpodidentity.k8s.io' } as const;
    const { hint } = mapKubeError(kubeFailure(403, body), list, mirrorTerms);
    expect(String(hint)).toContain('kubectl create clusterrole podid-mirror --verb=');
    expect(String(hint)).toContain('--clusterrole=podid-mirror --serviceaccount=ci:deployer');
  });

  it('lets no name that the server gives into the shell', () => {
    const words = 'User "$(rm -rf ~)" cannot list resource "azureidentities"';
    const body = status('Forbidden').replace('said: Forbidden', words.replaceAll('"', '\\"'));
    const { hint } = mapKubeError(kubeFailure(403, body), attempt, mirrorTerms);
    expect(String(hint)).toMatch(/ '--user=\$\(rm -rf ~\)'$/);
  });
});
