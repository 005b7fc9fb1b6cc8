import { clusterFlags, kubeFlags } from '../../cli/flags/cluster-flags.ts';
import { openCluster } from '../../cli/open/open-cluster.ts';
import { policyChangesShape } from '../../cli/results/policy-result.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { policyManifest } from '../../domain/kubernetes/net-raw/policy-object.ts';
import {
  type PolicyEngine,
  policyEngines,
  renderNetRawPolicy,
} from '../../domain/kubernetes/net-raw/render-net-raw-policy.ts';
import { command } from '../../errors/hint.ts';
import { namespaceRule } from '../../validate/flags/kubernetes-names.ts';

const systemNamespace = 'kube-system';

export const policyKubenetCommand = defineCommand({
  examplesOfResult: async () => (await import('../../cli/results/result-examples.ts')).policy,
  description:
    "On kubenet all pods of a node share a bridge, where a pod that may send raw packets can use another pod's address and be given that pod's token. The policy refuses new pods, and new ephemeral containers, that keep NET_RAW: every container has to drop NET_RAW or ALL, may add neither ALL, NET_RAW nor NET_ADMIN, and may not be privileged. Pods that already run are not affected.\n\nWithout --apply the objects are printed in the form that kubectl apply takes, and no request is sent. With --apply they are written into the cluster; objects of the same names that others wrote are left alone unless --force is given. docs/kubenet.md explains the risk and the policy.",
  examples: [
    { title: 'to read it, or for a repository of manifests', line: 'podid policy kubenet' },
    { title: 'into the cluster', line: 'podid policy kubenet --apply -g demo-rg -c demo' },
    {
      title: 'with Gatekeeper, and without the namespaces of a service mesh',
      line: 'podid policy kubenet --engine gatekeeper --exclude-namespace kube-system gatekeeper-system istio-system',
    },
  ],
  flags: {
    engine: {
      kind: 'text',
      value: 'ENGINE',
      choices: policyEngines,
      summary:
        "who enforces it: vap (the API server's own ValidatingAdmissionPolicy, Kubernetes 1.30), gatekeeper or kyverno",
      fallback: 'vap',
    },
    excludeNamespace: {
      kind: 'list',
      value: 'NAMESPACE',
      summary: 'namespaces whose pods are not checked',
      fallback: systemNamespace,
    },
    apply: { kind: 'switch', summary: 'write it into the cluster' },
    force: { kind: 'switch', summary: 'with --apply: take over objects that others wrote' },
    dryRun: { kind: 'switch', summary: 'compare with the cluster and print what --apply would do' },
    ...clusterFlags,
    ...kubeFlags,
  },
  async run(flags, session) {
    const { faults, report } = session;
    const engine: PolicyEngine = policyEngines.find((each) => each === flags.engine) ?? 'vap';
    const excluded = [...new Set(flags.excludeNamespace ?? [systemNamespace])];
    for (const namespace of excluded) {
      faults.check('--exclude-namespace', namespace, 'a namespace', namespaceRule);
    }
    const apply = flags.apply || flags.dryRun;
    if (flags.force && !apply) {
      faults.add('--force', '--force needs --apply.');
    }
    if (!excluded.includes(systemNamespace)) {
      report.warn(
        `The policy will also apply in ${systemNamespace}, where the cluster's own network pods need more rights.`,
        command('--exclude-namespace', systemNamespace, ...excluded),
      );
    }
    const objects = renderNetRawPolicy(engine, excluded);
    if (!apply) {
      session.checkUsage();
      const list = { apiVersion: 'v1', kind: 'List', items: objects.map(policyManifest) };
      await session.print(list, { rows: () => [list], columns: [] }, 'yaml');
      return 0;
    }
    const { signal } = session.context;
    const { policies } = await openCluster(session, flags);
    const { applyNetRawPolicy, refuseOtherManagers } = await import(
      '../../workflows/agent/apply-net-raw-policy.ts'
    );
    const { force, dryRun } = flags;
    const changes = await applyNetRawPolicy(policies, { engine, objects, force, dryRun }, signal);
    await session.print({ objects: changes }, policyChangesShape);
    if (!dryRun) {
      refuseOtherManagers(changes);
    }
    return 0;
  },
});
