import { describe, expect, it } from 'vitest';
import { planText as heldPlanText } from '../../../src/cli/results/plan-text.ts';
import { noColours, terminalColours } from '../../../src/terminal/colours.ts';
import { released } from '../../../src/terminal/wrap-text.ts';
import type { Change } from '../../../src/workflows/change/outcome.ts';

const plain = noColours;
const identity = { resourceId: '/id/web', clientId: 'c', objectId: 'o' };
const web = { name: 'web', namespace: 'shop', bindingSelector: 'web', identity };

function change(more: Partial<Change>): Change {
  return {
    action: 'add',
    kind: 'identity',
    namespace: 'shop',
    name: 'web',
    before: null,
    after: web,
    ...more,
  };
}

/** As it is written in the end. */
const planText = (...plan: Parameters<typeof heldPlanText>) => released(heldPlanText(...plan));

describe('a plan for people', () => {
  it('shows what comes, changes and goes, and only what differs of it', () => {
    const changes = [
      change({ kind: 'managedIdentity', namespace: null, name: 'web', after: { location: 'westeurope' } }),
      change({
        kind: 'roleAssignment',
        namespace: null,
        name: 'guid',
        after: { role: 'Reader', scope: '/s' },
      }),
      change({ action: 'update', before: web, after: { ...web, bindingSelector: 'front' } }),
      change({ action: 'delete', kind: 'exception', before: { podLabels: { app: 'x' } }, after: null }),
      change({ kind: 'object', after: { kind: 'AzureIdentity' } }),
    ];
    const onlyInCluster = [{ kind: 'identity' as const, namespace: 'shop', name: 'old' }];
    expect(planText({ changes, puts: 1, onlyInCluster }, plain)).toMatchInlineSnapshot(`
      "+ managed identity web
          location  westeurope
      + role Reader
          scope  /s
      ~ pod identity shop/web
          bindingSelector  web → front
      - exception shop/web
          podLabels.app  x
      + AzureIdentity shop/web
      Objects in the cluster that will have no entry in Azure:
        pod identity shop/old
      1 role, 1 managed identity and 1 object in the cluster to add; 1 entry to change; 1 entry to delete; one write of the cluster in Azure.
      "
    `);
  });

  it('counts what a migration changes, and says where nothing is written', () => {
    const changes = [
      change({ kind: 'federatedCredential' }),
      change({ kind: 'serviceAccount', action: 'update', after: { clientId: 'c' } }),
      change({ kind: 'workload', action: 'update', after: { kind: 'Deployment' } }),
      change({ kind: 'workload', action: 'update', name: 'api', after: { kind: 'Deployment' } }),
      change({ kind: 'tokenRole' }),
    ];
    expect(planText({ changes, puts: 0 }, plain)).toMatch(
      /\n1 federated credential and 1 right to make tokens of service accounts to add; 1 service account and 2 workloads to change; no write of the cluster in Azure\.\n$/,
    );
  });

  it('says what stays as it is, and why', () => {
    const web = { kind: 'Deployment', namespace: 'shop', name: 'web', code: 'SaDefault' };
    expect(planText({ changes: [], puts: 0 }, plain)).toBe('Nothing to change.\n');
    expect(planText({ changes: [], puts: 0, stopped: [web] }, plain)).toBe(
      '1 workload stays as it is: blocked (SaDefault).\n',
    );
    const stopped = [web, { ...web, name: 'api' }, { ...web, name: 'old', code: 'SdkTooOld' }];
    expect(planText({ changes: [change({})], puts: 1, stopped }, plain)).toMatch(
      /one write of the cluster in Azure\. 3 workloads stay as they are: blocked \(SaDefault, SdkTooOld\)\.\n$/,
    );
    const identity = { ...web, kind: 'AzureIdentity' };
    expect(planText({ changes: [], puts: 0, stopped: [identity] }, plain)).toBe(
      '1 identity stays as it is: blocked (SaDefault).\n',
    );
  });

  it('shows what a change takes away as gone', () => {
    const labelled = { kind: 'Deployment', templateLabels: { 'azure.workload.identity/use': 'true' } };
    const back = change({
      kind: 'workload',
      action: 'update',
      before: labelled,
      after: { kind: 'Deployment' },
    });
    expect(planText({ changes: [back], puts: 0 }, plain)).toContain(
      '\n    templateLabels.azure.workload.identity/use  true → (none)\n',
    );
  });

  it('says that another identity under the same name costs a second write', () => {
    const changes = [change({ action: 'delete', before: web, after: null }), change({})];
    expect(planText({ changes, puts: 2 }, plain)).toContain(
      '2 writes of the cluster in Azure. Azure replaces',
    );
  });

  it('says why the add-on and its first entry are two writes', () => {
    const addon = change({ kind: 'addon', namespace: null, name: null, after: { enabled: true } });
    expect(planText({ changes: [addon, change({})], puts: 2 }, plain)).toMatch(
      /2 writes of the cluster in Azure\. The first turns the add-on on; the second has the entries\.\n$/,
    );
  });

  it('says why the consent to kubenet and an entry are two writes where the add-on is on', () => {
    const addon = change({
      action: 'update',
      kind: 'addon',
      namespace: null,
      name: null,
      before: { enabled: true, allowNetworkPluginKubenet: false },
      after: { enabled: true, allowNetworkPluginKubenet: true },
    });
    expect(planText({ changes: [addon, change({})], puts: 2 }, plain)).toMatch(
      / in Azure\. The first lets the add-on run on kubenet; the second has the entries\.\n$/,
    );
  });

  it('says of an entry that Azure ended as Failed that it is tried again', () => {
    const changes = [
      change({ action: 'update', before: { ...web, provisioningState: 'Failed' }, after: web }),
    ];
    expect(planText({ changes, puts: 1 }, plain)).toContain(
      'provisioningState  Failed  # Azure tries it again',
    );
  });

  it('shows what goes and comes again as one entry, with what forces it', () => {
    const other = { ...web, bindingSelector: 'front', identity: { ...identity, resourceId: '/id/jobs' } };
    const changes = [
      change({ action: 'delete', before: web, after: null }),
      change({ action: 'delete', name: 'old', before: { ...web, name: 'old' }, after: null }),
      change({ after: other }),
    ];
    expect(planText({ changes, puts: 2 }, plain)).toMatchInlineSnapshot(`
      "-/+ pod identity shop/web
          bindingSelector      web → front
          identity.resourceId  /id/web → /id/jobs  # forces replacement
      - pod identity shop/old
          bindingSelector      web
          identity.resourceId  /id/web
      1 entry to replace; 1 entry to delete; 2 writes of the cluster in Azure. Azure replaces an identity under the same name only in two steps, and its pods get no tokens in between.
      "
    `);
  });

  it('has the changes of each step below its title, and what comes in one and goes in another twice', () => {
    const pod = { kind: 'object', name: null, after: { kind: 'Pod', node: 'one' } } as const;
    const changes = [
      change({ ...pod, step: 1 }),
      change({ ...pod, action: 'delete', before: pod.after, after: null, step: 3 }),
    ];
    const steps = ['1 of 3: hold', '2 of 3: wait', '3 of 3: end'].map((title, at) => ({
      step: at + 1,
      title,
    }));
    expect(planText({ changes, puts: 2, steps }, plain)).toMatchInlineSnapshot(`
      "1 of 3: hold
      + Pod in namespace shop
          node  one

      2 of 3: wait
        nothing to write

      3 of 3: end
      - Pod in namespace shop
          node  one

      1 object in the cluster to add; 1 object in the cluster to delete; 2 writes of the cluster in Azure.
      "
    `);
  });

  it('takes none of what has no name yet for another that goes in the same step', () => {
    const pods = ['one', 'two'].flatMap((node) => {
      const described = { kind: 'Pod', node };
      const pod = { kind: 'object', name: null } as const;
      return [
        change({ ...pod, action: 'add', after: described }),
        change({ ...pod, action: 'delete', before: described, after: null }),
      ];
    });
    const text = planText({ changes: pods, puts: 0 }, plain);
    expect(text.match(/^[-+/]+ .*$/gm)).toEqual(
      ['+', '-', '+', '-'].map((sign) => `${sign} Pod in namespace shop`),
    );
  });

  it('says so when there is nothing to do', () => {
    expect(planText({ changes: [], puts: 0 }, plain)).toBe('Nothing to change.\n');
  });

  it('is coloured where colours are on, and lets no text of a server steer the terminal', async () => {
    const text = planText({ changes: [change({ name: 'web\u001b[2J' })], puts: 1 }, await terminalColours());
    expect(text).toContain('\u001b[32m+ pod identity shop/web\\u001b[2J\u001b[39m');
  });
});
