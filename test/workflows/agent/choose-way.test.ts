import { describe, expect, it } from 'vitest';
import type { HelmRelease } from '../../../src/domain/kubernetes/agent-cluster.ts';
import type { ObjectRef } from '../../../src/domain/kubernetes/kube-object.ts';
import { chooseWay, refuseSameName, refuseSharedRelease } from '../../../src/workflows/agent/choose-way.ts';
import { hintText } from '../../hint-text.ts';
import { installation } from './fake-agent-place.ts';

const asked = { namespace: 'kube-system', alongside: false, force: false, addon: undefined };
const off = { ...asked, addon: 'off' as const };
const addon = installation({ kind: 'addon', name: 'nmi', ownedByPodid: false });
const upstream = installation({ kind: 'upstream', name: 'nmi', ownedByPodid: false });
const helm = installation({
  ownedByPodid: false,
  release: { name: 'agents', namespace: 'kube-system' },
});

describe('the way into a cluster', () => {
  it.each([
    ['an empty one', [], asked, 'plain'],
    ['an empty one, on ports of its own', [], { ...asked, alongside: true }, 'alongside'],
    ['one that has the agent', [installation()], asked, 'plain'],
    ['one with the add-on', [addon], { ...asked, alongside: true }, 'alongside'],
    ['one with upstream', [upstream], { ...asked, alongside: true }, 'alongside'],
    ['one with upstream, by force', [upstream], { ...asked, force: true }, 'instead'],
    ['one where the add-on has left its agent behind, by force', [addon], { ...off, force: true }, 'instead'],
    ["one with Helm's, by force", [helm], { ...asked, force: true }, 'plain'],
  ])('is for %s', (_, found, request, kind) => {
    expect(chooseWay(found, request).kind).toBe(kind);
  });

  it.each([
    ['the add-on, whose objects AKS would write again', [addon], { ...asked, force: true }, 'podid disable'],
    [
      'the add-on, while Azure has it on',
      [addon],
      { ...asked, addon: 'on' as const, force: true },
      'podid disable',
    ],
    [
      'what may be left of it, and says who knows',
      [addon],
      { ...asked, force: true },
      'without --kubeconfig: podid nmi install',
    ],
    ['what is left of it, unless it is said', [addon], off, 'podid nmi install --force'],
    [
      'two of upstream, whose nodes would be open once both are gone',
      [upstream, { ...upstream, name: 'nmi-blue' }],
      { ...asked, force: true },
      'kube-system/nmi, kube-system/nmi-blue',
    ],
    ['what is left of the add-on beside upstream', [upstream, addon], { ...off, force: true }, '--alongside'],
    ['upstream, unless it is said', [upstream], asked, 'podid nmi install --force'],
    ["Helm's own, unless it is said", [helm], asked, 'helm upgrade agents -n kube-system'],
    [
      'an agent in another namespace',
      [installation({ namespace: 'podid-system' })],
      { ...asked, force: true },
      'podid nmi install --namespace podid-system',
    ],
    ['the add-on beside upstream', [upstream, addon], { ...asked, force: true }, 'podid disable'],
  ])('stops at %s', (_, found, request, hint) => {
    expect(() => chooseWay(found, request)).toThrowError(
      expect.objectContaining({
        code: 'AgentPresent',
        exitCode: 5,
        hint: hintText(expect.stringContaining(hint)),
      }),
    );
  });

  it('does not lead from what the add-on left behind back to turning it off', () => {
    expect(() => chooseWay([addon], off)).toThrowError(
      expect.objectContaining({ hint: hintText(expect.not.stringContaining('podid disable')) }),
    );
  });
});

describe('names that values written for upstream give', () => {
  it.each([
    ['upstream in the same namespace', [upstream], { agent: 'nmi', namespace: 'kube-system' }, true],
    ['upstream in another namespace', [upstream], { agent: 'nmi', namespace: 'agents' }, false],
    ['upstream by another name', [upstream], { agent: 'podid-nmi', namespace: 'kube-system' }, false],
    [
      'podid itself',
      [{ ...upstream, kind: 'podid' as const }],
      { agent: 'nmi', namespace: 'kube-system' },
      false,
    ],
  ])('are refused where they are those of %s', (_, found, own, isRefused) => {
    const refuse = () => refuseSameName(found, own);
    if (isRefused) {
      expect(refuse).toThrowError(
        expect.objectContaining({
          code: 'AgentRefused',
          hint: hintText(expect.stringContaining('--set fullnameOverride=podid')),
        }),
      );
    } else {
      expect(refuse).not.toThrow();
    }
  });
});

describe('a release that holds more than the agent', () => {
  const ref = (kind: string, name: string) => ({ apiVersion: 'x/v1', kind, namespace: 'kube-system', name });
  const agentsOwn = [ref('DaemonSet', 'nmi'), ref('ServiceAccount', 'nmi'), ref('ClusterRole', 'nmi')];
  const micsOwn = ['Deployment', 'PodDisruptionBudget', 'Secret'].map((kind) => ref(kind, 'aad-mic'));
  const record = (chart: string, ...more: ObjectRef[]): HelmRelease => ({
    ...{ chart, values: {}, chartValues: {}, secrets: [ref('Secret', 'sh.helm.release.v1.aad.v1')] },
    ...{ upstreams: micsOwn, section: [] },
    objects: [...agentsOwn, ...more],
  });
  const identity = { ...ref('AzureIdentity', 'web'), apiVersion: 'aadpodidentity.k8s.io/v1' };

  it.each([
    ['of a wrapper with a workload', record('platform', ref('Deployment', 'ingress'))],
    ['of a wrapper with another DaemonSet', record('platform', ref('DaemonSet', 'log-shipper'))],
    ['of a wrapper with what pods keep', record('platform', ref('PersistentVolumeClaim', 'data'))],
    ['of a wrapper with a workload beside MIC', record('platform', ...micsOwn, ref('Deployment', 'mic'))],
    ['of a wrapper with settings', record('platform', ref('ConfigMap', 'settings'))],
  ])('is not taken over: %s', (_, release) => {
    expect(() => refuseSharedRelease(upstream, release, 'agents')).toThrowError(
      expect.objectContaining({
        code: 'AgentRefused',
        message: expect.stringContaining(release.objects.at(-1)?.name ?? ''),
        hint: hintText(expect.stringContaining('podid nmi install --namespace agents --alongside')),
      }),
    );
  });

  it.each([
    ["is upstream's own chart", record('aad-pod-identity', ref('Deployment', 'mic'))],
    ['is a wrapper in standard mode, with MIC and what is its own', record('platform', ...micsOwn)],
    ['is a chart by another name, and holds the agent alone', record('nmi-of-ours')],
    ['holds what stays in any case', record('nmi-of-ours', identity, ref('CustomResourceDefinition', 'x'))],
    ['cannot be read', undefined],
  ])('may be where it %s', (_, release) => {
    expect(() => refuseSharedRelease(upstream, release, 'kube-system')).not.toThrow();
  });
});
