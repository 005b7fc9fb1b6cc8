import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type EmulatedPodid, podidOfErrors as emulatedPodid, type Ran } from './emulated-podid.ts';

const cluster = '-g demo-rg -c demo';
const name = 'podid-kubenet-net-raw';

const actions = ({ stdout }: Ran) =>
  (JSON.parse(stdout) as { objects: { kind: string; action: string }[] }).objects.map(
    ({ kind, action }) => `${kind} ${action}`,
  );
const lastError = ({ stderr }: Ran) =>
  JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as { code: string; message: string; hint: string };
const writes = ({ emulator }: EmulatedPodid) =>
  emulator.kube.requests.filter(({ verb }) => ['create', 'patch', 'update', 'delete'].includes(verb));

/** The kinds that an engine brings along. */
function seedKind(
  { emulator }: EmulatedPodid,
  group: string,
  version: string,
  kind: string,
  plural: string,
): void {
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  emulator.kube.seed({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Cluster',
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  });
}

describe('podid policy kubenet', () => {
  it('prints what kubectl takes, and asks nobody', async () => {
    await using podid = await emulatedPodid();
    const ran = await podid.run('policy kubenet --exclude-namespace kube-system istio-system');
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
    const [list] = parseAllDocuments(ran.stdout).map((document) => document.toJS());
    expect(list).toMatchObject({
      kind: 'List',
      items: [
        { kind: 'ValidatingAdmissionPolicy', metadata: { name } },
        {
          kind: 'ValidatingAdmissionPolicyBinding',
          spec: {
            validationActions: ['Deny'],
            matchResources: {
              namespaceSelector: {
                matchExpressions: [
                  {
                    key: 'kubernetes.io/metadata.name',
                    operator: 'NotIn',
                    values: ['kube-system', 'istio-system'],
                  },
                ],
              },
            },
          },
        },
      ],
    });
    expect(podid.emulator.requests).toEqual([]);
    expect(podid.emulator.kube.requests).toEqual([]);
  });

  it.each([
    ['gatekeeper', ['ConstraintTemplate', 'PodidKubenetNetRaw']],
    ['kyverno', ['ClusterPolicy']],
  ])('prints the objects of %s', async (engine, kinds) => {
    await using podid = await emulatedPodid();
    const ran = await podid.run(`policy kubenet --engine ${engine} -o json`);
    const { items } = JSON.parse(ran.stdout) as { items: { kind: string }[] };
    expect(items.map(({ kind }) => kind)).toEqual(kinds);
    expect(JSON.stringify(items)).toContain('"kube-system"');
  });

  it('warns when the namespace of the network itself is not excluded', async () => {
    await using podid = await emulatedPodid();
    const ran = await podid.run('policy kubenet --exclude-namespace istio-system');
    expect(ran.exitCode).toBe(0);
    expect(ran.stderr).toContain('kube-system');
  });

  it('names the faults of its flags before anything is asked', async () => {
    await using podid = await emulatedPodid();
    const ran = await podid.run('policy kubenet --engine opa --exclude-namespace Kube_System --force');
    expect(ran.exitCode).toBe(2);
    for (const flag of ['--engine', '--exclude-namespace', '--force']) {
      expect(ran.stderr).toContain(flag);
    }
  });

  it('applies it once, and what changed since', async () => {
    await using podid = await emulatedPodid();
    const apply = `policy kubenet --apply ${cluster}`;
    const [policy, binding] = ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'];
    expect(actions(await podid.run(apply))).toEqual([`${policy} create`, `${binding} create`]);
    expect(actions(await podid.run(apply))).toEqual([`${policy} same`, `${binding} same`]);
    const wider = `${apply} --exclude-namespace kube-system istio-system`;
    expect(actions(await podid.run(wider))).toEqual([`${policy} same`, `${binding} update`]);
    expect(podid.emulator.kube.get('ValidatingAdmissionPolicyBinding', '', name)).toMatchObject({
      metadata: {
        labels: { 'app.kubernetes.io/managed-by': 'podid' },
        managedFields: [{ manager: 'podid', operation: 'Apply' }],
      },
      spec: {
        matchResources: {
          namespaceSelector: { matchExpressions: [{ values: ['kube-system', 'istio-system'] }] },
        },
      },
    });
  });

  it('reports what it would do, and writes nothing', async () => {
    await using podid = await emulatedPodid();
    const ran = await podid.run(`policy kubenet --dry-run ${cluster}`);
    expect(ran.exitCode).toBe(0);
    expect(actions(ran)).toEqual([
      'ValidatingAdmissionPolicy create',
      'ValidatingAdmissionPolicyBinding create',
    ]);
    expect(writes(podid).every(({ query }) => query.includes('dryRun=All'))).toBe(true);
    expect(podid.emulator.kube.list('ValidatingAdmissionPolicy')).toEqual([]);
  });

  it("leaves others' objects alone, exits with 5, and takes them over with --force", async () => {
    await using podid = await emulatedPodid();
    podid.emulator.kube.seed({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name, labels: { 'app.kubernetes.io/managed-by': 'argocd' } },
      spec: { failurePolicy: 'Ignore' },
    });
    const refused = await podid.run(`policy kubenet --apply ${cluster}`);
    expect(refused.exitCode).toBe(5);
    expect(actions(refused)).toEqual([
      'ValidatingAdmissionPolicy foreign',
      'ValidatingAdmissionPolicyBinding create',
    ]);
    expect(lastError(refused)).toMatchObject({
      code: 'PolicyBlocked',
      message: expect.stringContaining('Written by argocd'),
      hint: expect.stringContaining('--force'),
    });
    expect(podid.emulator.kube.get('ValidatingAdmissionPolicy', '', name)?.spec).toEqual({
      failurePolicy: 'Ignore',
    });
    const forced = await podid.run(`policy kubenet --apply --force ${cluster}`);
    expect(forced.exitCode).toBe(0);
    expect(podid.emulator.kube.get('ValidatingAdmissionPolicy', '', name)?.spec).toMatchObject({
      failurePolicy: 'Fail',
    });
  });

  it.each([
    ['gatekeeper', 'Gatekeeper is not installed in the cluster'],
    ['kyverno', 'Kyverno is not installed in the cluster'],
  ])('refuses %s where it is not there, and says what to do instead', async (engine, message) => {
    await using podid = await emulatedPodid();
    const ran = await podid.run(`policy kubenet --engine ${engine} --apply ${cluster}`);
    expect(ran).toMatchObject({ exitCode: 5, stdout: '' });
    expect(lastError(ran).message).toContain(message);
    expect(lastError(ran).hint).toContain('--engine vap');
    expect(writes(podid)).toEqual([]);
  });

  it('gives Gatekeeper the template, waits for its kind, and gives it the constraint', async () => {
    await using podid = await emulatedPodid();
    seedKind(podid, 'templates.gatekeeper.sh', 'v1', 'ConstraintTemplate', 'constrainttemplates');
    const { kube } = podid.emulator;
    const watching = kube.subscribe(({ type, object }) => {
      if (type !== 'ADDED' || object.kind !== 'ConstraintTemplate') {
        return;
      }
      // Gatekeeper takes a moment.
      setTimeout(
        () =>
          seedKind(podid, 'constraints.gatekeeper.sh', 'v1beta1', 'PodidKubenetNetRaw', 'podidkubenetnetraw'),
        50,
      );
    });
    const ran = await podid.run(`policy kubenet --engine gatekeeper --apply ${cluster}`);
    watching();
    expect(ran.stderr).not.toContain('podid: ');
    expect(actions(ran)).toEqual(['ConstraintTemplate create', 'PodidKubenetNetRaw create']);
    expect(kube.get('PodidKubenetNetRaw', '', name)?.spec).toMatchObject({
      match: { excludedNamespaces: ['kube-system'] },
    });
  });

  it('names the right that is missing', async () => {
    await using podid = await emulatedPodid();
    podid.emulator.kube.faults.deny = [{ verb: 'create', resource: 'validatingadmissionpolicies' }];
    const ran = await podid.run(`policy kubenet --apply ${cluster}`);
    expect(ran.exitCode).toBe(6);
    expect(lastError(ran)).toMatchObject({
      code: 'Forbidden',
      message: expect.stringContaining('create validatingadmissionpolicies.admissionregistration.k8s.io'),
      hint: expect.stringContaining('kubectl auth can-i create'),
    });
  });
});
