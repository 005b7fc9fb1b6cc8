import { describe, expect, it } from 'vitest';
import { objectsAsEntries } from '../../../../src/k8s/mirror/read-objects.ts';
import { parseSeenPod } from '../../../../src/validate/kubernetes/workloads.ts';
import { clientId } from '../../../../src/workflows/doctor/checks/client-id.ts';
import { selector } from '../../../../src/workflows/doctor/checks/selector.ts';
import { evidenceOf } from '../evidence-in-test.ts';

/** Pods in `demo` with the label `web` and, where it is named, AZURE_CLIENT_ID; identities by name and client id. */
function evidence(
  pods: readonly (readonly [label: string, asked?: string | undefined])[],
  identities: Readonly<Record<string, string>>,
) {
  const names = Object.entries(identities);
  const objects = objectsAsEntries({
    identities: names.map(([name, clientID], at) => ({
      metadata: { namespace: 'demo', name, creationTimestamp: `2026-01-0${at + 1}T00:00:00Z` },
      spec: { type: 0, clientID },
    })),
    bindings: names.map(([name]) => ({
      metadata: { namespace: 'demo', name: `${name}-binding` },
      spec: { azureIdentity: name, selector: 'web' },
    })),
    exceptions: [],
  });
  const seen = pods.flatMap(([aadpodidbinding, value], at) => {
    const env = value === undefined ? [] : [{ name: 'AZURE_CLIENT_ID', value }];
    const metadata = { uid: `u${at}`, name: `web-${at}`, namespace: 'demo', labels: { aadpodidbinding } };
    return parseSeenPod({ metadata, spec: { containers: [{ env }] } }) ?? [];
  });
  return evidenceOf({ pods: seen, objects });
}

describe('the check of AZURE_CLIENT_ID', () => {
  it.each([
    ['is not there', undefined, { web: 'c' }, 'pass'],
    ['is that of the identity, in any letters', 'C', { web: 'c' }, 'pass'],
    ['is that of the second of two', 'd', { web: 'c', jobs: 'd' }, 'pass'],
    ['is that of nobody', 'x', { web: 'c' }, 'warn'],
    ['is that of neither of two', 'x', { web: 'c', jobs: 'd' }, 'warn'],
  ] as const)('where it %s', (_what, asked, identities, result) => {
    expect(clientId.judge(evidence([['web', asked]], identities)).result).toBe(result);
  });

  it('names the pod, what it is given and what it may use', () => {
    const verdict = clientId.judge(evidence([['web', 'x']], { web: 'c' }));
    expect(verdict.message).toBe(
      "AZURE_CLIENT_ID names another identity than the pod gets: demo/web-0 is given x and may use demo/web (client id c). Azure's libraries ask by it, and the agent refuses.",
    );
  });
});

describe('the check of the selector', () => {
  it('has a word for several identities of one selector, and which of them is the oldest', () => {
    expect(selector.judge(evidence([['web']], { web: 'c', jobs: 'd' }))).toMatchObject({
      result: 'pass',
      message: expect.stringContaining('gets the oldest: demo/web-0 gets the oldest, demo/web.'),
    });
  });

  it('says of each pod what is true of its own label', () => {
    const { message } = selector.judge(evidence([['Web'], ['Web'], ['jobs']], { web: 'c' }));
    expect(message).toContain('aadpodidbinding=Web of demo/web-0, demo/web-1 matches no selector');
    expect(message).toContain('No identity for another reason: demo/web-2.');
  });
});
