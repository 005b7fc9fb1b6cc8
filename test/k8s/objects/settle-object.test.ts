import { describe, expect, it } from 'vitest';
import { kindRef, manifestOf, objectRef, renderIdentity } from '../../../src/k8s/objects/render-objects.ts';
import { type ObjectStep, settleObject } from '../../../src/k8s/objects/settle-object.ts';
import { hintText } from '../../hint-text.ts';
import { live, manager, objectsInMemory, specFields } from '../objects-in-memory.ts';

const { signal } = new AbortController();
const identity = { resourceId: '/subscriptions/S/x/web', clientId: 'c', objectId: 'o' };
const [rendered] = renderIdentity({ namespace: 'shop', name: 'web', bindingSelector: 'web', identity });
const ref = objectRef(rendered);
const wanted = { ...ref, manifest: manifestOf(rendered) };
const own = live(rendered, [manager('podid', specFields('clientID'), 'Apply')]);
const options = { dryRun: false, signal, contendedCode: 'AgentRefused' } as const;

function task(step: ObjectStep) {
  return { ref, wanted, choose: () => step };
}

describe('settling one object', () => {
  it('is a reference to what the API server serves', () => {
    expect(kindRef('AzureIdentity').apiVersion).toBe('aadpodidentity.k8s.io/v1');
    expect(wanted.manifest).toMatchObject({ ...kindRef('AzureIdentity'), metadata: { name: 'web' } });
  });

  it('does nothing but read where the decision is to leave it', async () => {
    const { api, asked } = objectsInMemory([[rendered, own]]);
    const foreign = { action: 'foreign', reason: 'Written by AKS' } as const;
    expect(await settleObject(api, task(foreign), options)).toBe(foreign);
    expect(asked).toEqual([]);
  });

  it('reads once less what was listed, and anew after a conflict', async () => {
    let gets = 0;
    const { api } = objectsInMemory([[rendered, own]], {
      async get() {
        gets += 1;
        return own;
      },
    });
    let tries = 0;
    const apply: typeof api.apply = async (...args) => {
      tries += 1;
      return tries === 1 ? 'conflict' : api.apply(...args);
    };
    const changing = { ...own, labels: {} };
    const settled = settleObject({ ...api, apply }, task({ action: 'update' }), {
      ...options,
      listed: { found: changing },
    });
    await settled;
    expect([gets, tries]).toEqual([1, 2]);
  });

  it('hears before each decision how the object stands, and may stop it', async () => {
    const { api, asked } = objectsInMemory([[rendered, own]]);
    const check = () => {
      throw new Error('changed');
    };
    await expect(settleObject(api, task({ action: 'delete' }), { ...options, check })).rejects.toThrow(
      'changed',
    );
    expect(asked).toEqual([]);
  });

  it('leaves what is contested, and says why', async () => {
    const { api } = objectsInMemory([[rendered, own]], { apply: async () => 'contested' });
    const step = task({ action: 'update', unlessContested: 'Others hold its labels' });
    expect(await settleObject(api, step, options)).toEqual({
      action: 'foreign',
      reason: 'Others hold its labels',
    });
  });

  it.each([
    ['replace', 'tryReplacing'],
    ['asked', undefined],
    [undefined, 'apply'],
  ] as const)('asks in a dry run by %s', async (rehearsal, request) => {
    const sent: string[] = [];
    const { api } = objectsInMemory([[rendered, { ...own, labels: {} }]]);
    const noting = {
      ...api,
      claim: async () => 'conflict' as const,
      tryReplacing: async () => {
        sent.push('tryReplacing');
        return 'done' as const;
      },
      apply: async () => {
        sent.push('apply');
        return own;
      },
    };
    const step = { action: 'update', claim: [], ...(rehearsal ? { rehearsal } : {}) } as const;
    const settled = await settleObject(noting, task(step), { ...options, dryRun: true });
    expect(settled.action).toBe('update');
    expect(sent).toEqual(request === undefined ? [] : [request]);
  });

  it('gives up on an object that never rests, in the words of whom it is for', async () => {
    const { api } = objectsInMemory([[rendered, own]], { delete: async () => 'conflict' });
    await expect(settleObject(api, task({ action: 'delete' }), options)).rejects.toMatchObject({
      code: 'AgentRefused',
      message: 'AzureIdentity shop/web keeps changing while podid writes it.',
      target: 'shop/web',
      hint: hintText('kubectl get AzureIdentity web -n shop --show-managed-fields -o yaml'),
    });
  });
});
