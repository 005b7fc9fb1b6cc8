import { describe, expect, it } from 'vitest';
import {
  isWorkloadIdentityWebhook,
  parseDisruptionBudget,
  parseNamespace,
  parseProviderClass,
  parseRoleBinding,
  parseServiceAccount,
  parseTrigger,
} from '../../../src/validate/kubernetes/migration-objects.ts';

const metadata = { namespace: 'demo', name: 'web' };
const key = { namespace: 'demo', name: 'web' };

describe('what stands around workloads', () => {
  it('a service account, with what pods have of it', () => {
    const json = {
      metadata: { ...metadata, annotations: { a: 'b' } },
      imagePullSecrets: [{ name: 'registry' }],
      secrets: [{ name: 'token' }, {}],
    };
    expect(parseServiceAccount(json)).toEqual({
      ...key,
      annotations: { a: 'b' },
      imagePullSecrets: ['registry'],
      secrets: ['token'],
    });
  });

  it('a role binding, whose accounts are of its own namespace where they name none', () => {
    const subjects = [
      { kind: 'ServiceAccount', name: 'web' },
      { kind: 'ServiceAccount', name: 'web', namespace: 'shop' },
      { kind: 'User', name: 'ann' },
    ];
    const json = { metadata, roleRef: { kind: 'ClusterRole', name: 'view' }, subjects };
    expect(parseRoleBinding('RoleBinding', json)).toEqual({
      kind: 'RoleBinding',
      ...key,
      role: 'ClusterRole/view',
      accounts: [key, { namespace: 'shop', name: 'web' }],
    });
    expect(parseRoleBinding('ClusterRoleBinding', { metadata: { name: 'all' } })).toEqual({
      kind: 'ClusterRoleBinding',
      name: 'all',
      role: '/',
      accounts: [],
    });
  });

  it('a disruption budget that says nothing yet allows none', () => {
    const spec = { selector: { matchLabels: { app: 'web' } } };
    const selector = { matchLabels: { app: 'web' }, matchExpressions: [] };
    expect(parseDisruptionBudget({ metadata, spec })).toEqual({ ...key, selector, allowed: 0 });
    const status = { disruptionsAllowed: 2 };
    expect(parseDisruptionBudget({ metadata, spec, status })?.allowed).toBe(2);
  });

  it.each([
    ['azure', 'true', true],
    ['azure', 'T', true],
    ['azure', 'false', false],
    ['azure', true, false],
    ['aws', 'true', false],
  ])(
    'a SecretProviderClass of %s with usePodIdentity %j: %s',
    (provider, usePodIdentity, usesPodIdentity) => {
      const json = { metadata, spec: { provider, parameters: { usePodIdentity } } };
      expect(parseProviderClass(json)).toEqual({ ...key, usesPodIdentity });
    },
  );

  it('a TriggerAuthentication, with its provider or without', () => {
    const json = { metadata, spec: { podIdentity: { provider: 'azure' } } };
    expect(parseTrigger('TriggerAuthentication', json)).toMatchObject({ ...key, provider: 'azure' });
    expect(parseTrigger('ClusterTriggerAuthentication', { metadata: { name: 'all' } })).toEqual({
      kind: 'ClusterTriggerAuthentication',
      name: 'all',
      provider: '',
    });
  });

  it('a webhook of Workload Identity, by its own name', () => {
    expect(isWorkloadIdentityWebhook({ webhooks: [{ name: 'mutation.azure-workload-identity.io' }] })).toBe(
      true,
    );
    expect(isWorkloadIdentityWebhook({ metadata: { name: 'azure-wi-webhook' }, webhooks: [{}] })).toBe(false);
  });

  it.each([[undefined], [3], [{}], [{ metadata: { namespace: 'demo' } }]])(
    'is nothing without a name: %j',
    (json) => {
      const parsed = [
        parseServiceAccount(json),
        parseRoleBinding('RoleBinding', json),
        parseDisruptionBudget(json),
        parseProviderClass(json),
        parseTrigger('TriggerAuthentication', json),
        parseNamespace(json),
      ];
      expect(parsed).toEqual(parsed.map(() => undefined));
    },
  );
});
