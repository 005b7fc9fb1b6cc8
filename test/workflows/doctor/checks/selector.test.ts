import { describe, expect, it } from 'vitest';
import { parseSecretPairs } from '../../../../src/domain/kubernetes/secret-pairs.ts';
import { PodidError } from '../../../../src/errors/podid-error.ts';
import { objectsAsEntries } from '../../../../src/k8s/mirror/read-objects.ts';
import { parseSeenPod } from '../../../../src/validate/kubernetes/workloads.ts';
import { addOn } from '../../../../src/workflows/doctor/checks/add-on.ts';
import { clientId } from '../../../../src/workflows/doctor/checks/client-id.ts';
import { entries } from '../../../../src/workflows/doctor/checks/entries.ts';
import { identities } from '../../../../src/workflows/doctor/checks/identities.ts';
import { selector } from '../../../../src/workflows/doctor/checks/selector.ts';
import { hintText } from '../../../hint-text.ts';
import { agentPod } from '../../agent/fake-agent-place.ts';
import { clusterId } from '../../fake-azure.ts';
import { evidenceOf } from '../evidence-in-test.ts';

const resourceID =
  '/subscriptions/sub/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web';

interface Objects {
  readonly azureIdentity?: string;
  /** Namespace of the AzureIdentity `web`. */
  readonly namespace?: string;
  readonly type?: number;
  readonly more?: object;
  readonly selector?: string;
}

const principal: Objects = {
  azureIdentity: 'web',
  type: 1,
  more: { tenantID: 't', clientPassword: { name: 'secret', namespace: 'vault' } },
};

/** A pod and a binding in `demo`, and an AzureIdentity called `web` somewhere; the add-on is off. */
function evidence({ azureIdentity, namespace = 'demo', type = 0, selector: written = 'web', more }: Objects) {
  const labels = { aadpodidbinding: 'web' };
  const pod = parseSeenPod({
    metadata: { uid: 'u', name: 'web-1', namespace: 'demo', labels },
    spec: {
      nodeName: 'a',
      containers: [{ env: more === undefined ? [] : [{ name: 'AZURE_CLIENT_ID', value: 'other' }] }],
    },
  });
  const objects = objectsAsEntries({
    identities: [
      { metadata: { namespace, name: 'web' }, spec: { type, resourceID, clientID: 'c', ...more } },
    ],
    bindings: [
      {
        metadata: { namespace: 'demo', name: 'web-binding' },
        spec: { ...(azureIdentity === undefined ? {} : { azureIdentity }), selector: written },
      },
    ],
    exceptions: [],
  });
  return evidenceOf({ pods: pod ? [pod] : [], objects, subject: { namespace: 'demo', pod: 'web-1' } });
}

const addonEntry = {
  ...{ namespace: 'demo', name: 'web', bindingSelector: 'web' },
  identity: { resourceId: resourceID, clientId: 'c', objectId: 'o' },
};

const judge = (objects: Objects) => selector.judge(evidence(objects));

describe('the check of the selector', () => {
  it('passes where the binding names an identity of its namespace', () => {
    expect(judge({ azureIdentity: 'web' }).result).toBe('pass');
  });

  it('names the binding and the identity that is meant when letters differ, and how to change it', () => {
    expect(judge({ azureIdentity: 'Web' })).toEqual({
      result: 'fail',
      message:
        'Binding demo/web-binding has the selector web of demo/web-1 and names AzureIdentity Web, which does not exist; there is web.',
      hint: hintText(
        `kubectl patch azureidentitybinding web-binding -n demo --type merge -p '{"spec":{"azureIdentity":"web"}}'`,
      ),
    });
  });

  it('says that a binding names nothing', () => {
    expect(judge({}).message).toBe(
      'Binding demo/web-binding has the selector web of demo/web-1 and names no AzureIdentity.',
    );
  });

  it('says in which other namespace the identity is, and adds one beside the binding', () => {
    const verdict = judge({ azureIdentity: 'web', namespace: 'default' });
    expect(verdict.message).toMatch(
      /names AzureIdentity web, which is in default; it is looked for in the binding's own namespace, demo\.$/,
    );
    expect(String(verdict.hint)).toMatch(
      /^podid add .*--mode cluster --namespace demo --name web-pod --binding-selector web --identity-resource-id \/subscriptions\//,
    );
  });

  it('says what an identity lacks', () => {
    expect(judge({ azureIdentity: 'web', type: 1 }).message).toBe(
      'AzureIdentity demo/web, which demo/web-1 would get, lacks a clientID, a tenantID or the name of its secret. Agents give no token for it.',
    );
  });
});

describe('a secret of another namespace', () => {
  const nmi = agentPod('a', { daemonSet: 'nmi' });
  const agentWith = (node: string, pairs: string) =>
    agentPod(node, { secretPairs: parseSecretPairs(pairs.split(',')).pairs });

  it.each([
    ['that the pair allows', [agentWith('a', 'demo:vault')], 'pass'],
    ["that the pair allows, beside another's agent", [nmi, agentWith('a', 'demo:vault')], 'pass'],
    ['that another pair allows', [agentWith('a', 'vault:demo')], 'fail'],
    ['that nothing allows', [agentWith('a', '')], 'fail'],
    ['of which no agent says anything', [nmi], 'fail'],
    ["that the agent of the pod's node allows", [agentWith('b', ''), agentWith('a', 'demo:vault')], 'pass'],
    ['that the agent of another node allows', [agentWith('b', 'demo:vault'), agentWith('a', '')], 'fail'],
  ] as const)('%s: %s', (_, agents, result) => {
    const seen = { ...evidence(principal), agents: { kind: 'read' as const, value: agents } };
    expect(selector.judge(seen).result).toBe(result);
    const asked = clientId.judge(seen);
    // A pod that gets no identity has no client id that would be another's.
    expect(asked.result).toBe(result === 'pass' ? 'warn' : 'pass');
  });
});

describe('a selector that no label can be', () => {
  const patch = `kubectl patch azureidentitybinding web-binding -n demo --type merge -p '{"spec":{"selector":"web"}}'`;
  const add = /^podid add /;
  it.each([
    ['white space first', ' web', '" web"', patch],
    ['white space last', 'WEB\n', String.raw`"WEB\n"`, patch],
    ['a slash', 'team/web', '"team/web"', add],
    ['64 letters', 'w'.repeat(64), `"${'w'.repeat(64)}"`, add],
  ] as const)(
    'is shown in quotation marks, and changed where the label is meant: %s',
    (_what, text, shown, hint) => {
      const verdict = judge({ azureIdentity: 'web', selector: text });
      expect(verdict.message).toContain(`which has ${shown}, which no label can be. Selectors must`);
      expect(String(verdict.hint)).toEqual(typeof hint === 'string' ? hint : expect.stringMatching(hint));
    },
  );

  it('shows the white space in a name that the binding gives', () => {
    expect(judge({ azureIdentity: 'web ' }).message).toContain(
      'names AzureIdentity "web ", which does not exist; there is web.',
    );
  });
});

describe('the check of the entries', () => {
  const sp = { clientID: 'c', tenantID: 't', clientPassword: { name: 's' } };
  it.each([
    [
      'sound',
      { type: 1, ...sp },
      'pass',
      /^1 service principal and no managed identity in namespace demo: demo\/web\.$/,
    ],
    [
      'without its secret',
      { type: 2, clientID: 'c' },
      'warn',
      /^Agents give no token for AzureIdentity demo\/web, which lacks/,
    ],
    ['of no type', { type: 'x' }, 'warn', /demo\/web, which has a type that is no number/],
  ] as const)(
    'does not say that there is none where there is a service principal: %s',
    (_what, spec, result, message) => {
      const lists = { identities: [{ metadata: { namespace: 'demo', name: 'web' }, spec }], bindings: [] };
      const objects = objectsAsEntries({ ...lists, exceptions: [] });
      const verdict = entries.judge(evidenceOf({ pods: [], objects, subject: { namespace: 'demo' } }));
      expect(verdict).toMatchObject({ result, message: expect.stringMatching(message) });
    },
  );
});

describe('the check of the add-on', () => {
  it('leaves a namespace whose objects make no entry to the checks behind it', () => {
    expect(addOn.judge(evidence({ azureIdentity: 'web', namespace: 'default' })).result).toBe('pass');
    const empty = evidenceOf({
      ...{ pods: [], objects: objectsAsEntries({ identities: [], bindings: [], exceptions: [] }) },
      subject: { namespace: 'demo' },
    });
    expect(addOn.judge(empty).result).toBe('fail');
  });

  it('knows objects of namespaces that it was not asked about', () => {
    const elsewhere = {
      ...evidence({ azureIdentity: 'web' }),
      subject: { cluster: clusterId, namespace: 'x' },
    };
    expect(addOn.judge(elsewhere)).toMatchObject({
      result: 'pass',
      message: expect.stringContaining('--mode cluster'),
    });
  });
});

describe('the check of the identities', () => {
  it('hints at no empty selector for an identity that no binding names', () => {
    const value = { resourceId: resourceID, clientId: 'another', principalId: 'p' };
    const verdict = identities.judge({
      ...evidence({ azureIdentity: 'none' }),
      identities: new Map([[resourceID.toLowerCase(), { kind: 'read', value }]]),
    });
    expect(verdict).toMatchObject({ result: 'fail', hint: hintText(expect.stringContaining('podid add')) });
    expect(String(verdict.hint)).not.toContain('--binding-selector');
  });

  const probes = {
    'made again': { kind: 'read', value: { resourceId: resourceID, clientId: 'another', principalId: 'p' } },
    gone: { kind: 'unread', error: new PodidError('IdentityNotFound', 'Gone.') },
  } as const;
  it.each([
    ['gone', /^podid delete .*--mode cluster --namespace demo --name web( --force)?$/],
    [
      'made again',
      /^podid add .*--mode cluster --namespace demo --name web --identity-resource-id \/sub\S+ --binding-selector web( --force)?$/,
    ],
  ] as const)('without the add-on, of one that is %s, speaks of objects alone', (state, hint) => {
    const verdict = identities.judge({
      ...evidence({ azureIdentity: 'web' }),
      identities: new Map([[resourceID.toLowerCase(), probes[state]]]),
    });
    expect(verdict.message).not.toContain('keeps Azure from any change');
    expect(String(verdict.hint)).toMatch(hint);
  });

  it('of one that is gone, with the add-on, says what it keeps Azure from', () => {
    const on = { enabled: true, identities: [addonEntry] };
    const verdict = identities.judge({
      ...evidenceOf({
        pods: [],
        objects: objectsAsEntries({ identities: [], bindings: [], exceptions: [] }),
        profile: on,
      }),
      identities: new Map([[resourceID.toLowerCase(), probes.gone]]),
    });
    expect(verdict.message).toContain('keeps Azure from any change');
    expect(String(verdict.hint)).toMatch(/^podid delete --failed .* {2}# or: podid doctor --fix/);
  });
});
