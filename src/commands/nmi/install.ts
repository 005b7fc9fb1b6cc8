import {
  agentNamespaceFlag,
  agentTimeoutFlag,
  agentValueFlags,
  releaseName,
} from '../../cli/flags/agent-flags.ts';
import { dryRunFlags, yesFlag } from '../../cli/flags/change-flags.ts';
import { clusterFlags, kubeFlags } from '../../cli/flags/cluster-flags.ts';
import { agentNamespace, agentWait } from '../../cli/open/agent-wait.ts';
import { addonState, openCluster } from '../../cli/open/open-cluster.ts';
import { agentChangeShape, agentExamples, installView } from '../../cli/results/agent-result.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { effectiveFormat, type Session } from '../../cli/run/session.ts';
import type { SecretPairs } from '../../domain/kubernetes/secret-pairs.ts';

export const nmiInstallCommand = defineCommand({
  description:
    "Writes the objects that the chart would write with the same values, after a dry run of each on the cluster, and waits until the agent is ready on every node. Values files of upstream's chart aad-pod-identity are accepted; a value that podid cannot honour is refused with the reason. The podid of a release names its image; to one from a checkout give it, by --set podid.image.repository=REGISTRY/podid. It needs only the cluster's own API. --dry-run -o yaml prints the manifests themselves, as kubectl apply and GitOps take them; any other output, and --query, has what would be done to each object. If the AKS add-on's NMI or aad-pod-identity is on the nodes, it stops and names the options: --alongside, or --force to replace aad-pod-identity with the same values, without a moment in which a node is open.",
  examples: [
    { title: 'what it would do', line: 'podid nmi install -g demo-rg -c demo --dry-run', needs: 'a cluster' },
    {
      title: 'with an image in a registry of yours',
      line: 'podid nmi install -g demo-rg -c demo --set podid.image.repository=registry.example.net/podid',
      needs: 'a cluster',
    },
    {
      title: "with a values file of upstream's chart, and one value more",
      line: 'podid nmi install -g demo-rg -c demo --values values.yaml --set podid.bootGuard.enabled=true',
      needs: 'a cluster',
    },
    {
      title: 'the manifests, for a repository',
      line: 'podid nmi install -g demo-rg -c demo --dry-run -o yaml > podid.yaml',
      needs: 'a cluster',
    },
    {
      title: "in front of the AKS add-on's NMI, while that is still on",
      line: 'podid nmi install -g demo-rg -c demo --alongside',
      needs: 'a cluster',
    },
    {
      title: 'in place of aad-pod-identity, with its values',
      line: 'podid nmi install -g demo-rg -c demo --force --yes',
      needs: 'a cluster',
    },
  ],
  misnamed: { '--image': '--set podid.image.repository=REGISTRY/podid' },
  flags: {
    ...agentNamespaceFlag,
    alongside: {
      kind: 'switch',
      summary: 'on ports of its own (2580, 8086, 9091), in front of another NMI',
    },
    ...agentValueFlags,
    force: {
      kind: 'switch',
      summary: "replace aad-pod-identity, or take over objects of podid's agent that Helm or others wrote",
    },
    allowKubeletIdentity: {
      kind: 'switch',
      summary:
        "leave the kubelet's identity to AzureIdentities that name it; otherwise agents refuse it where the cluster is named by -c or --cluster-id",
    },
    ...yesFlag,
    ...dryRunFlags,
    noWait: { kind: 'switch', summary: 'return once the objects are written' },
    ...agentTimeoutFlag,
    ...clusterFlags,
    ...kubeFlags,
  },
  examplesOfResult: async () => agentExamples.install,
  async run(flags, session) {
    const { force, dryRun, noWait, exitCode } = flags;
    if (exitCode && !dryRun) {
      session.faults.add('--exit-code', '--exit-code needs --dry-run.');
    }
    const namespace = agentNamespace(session, flags.namespace);
    const wait = agentWait(session, flags.timeout);
    const { readValueFlags } = await import('../../cli/flags/read-values.ts');
    const values = await readValueFlags(session, flags, { namespace, purpose: 'installation' });
    const deps = await openCluster(session, flags);
    const [{ installAgent }, { foreignSecretsIn, identitiesWithSecretIn }] = await Promise.all([
      import('../../workflows/agent/install/install-agent.ts'),
      import('../../workflows/agent/install/identities-with-secret.ts'),
    ]);
    const request = {
      release: { name: releaseName, namespace, version: session.context.version },
      values,
      force,
      dryRun,
      noWait,
      addonState: (signal: AbortSignal) => addonState(deps, signal),
      kubeletClientId: async (signal: AbortSignal) =>
        flags.allowKubeletIdentity
          ? undefined
          : (await deps.azureCluster?.(signal))?.kubeletIdentityIds?.clientId,
      identitiesWithSecret: (signal: AbortSignal) => identitiesWithSecretIn(deps, signal),
      foreignSecrets: (pairs: SecretPairs, signal: AbortSignal) => foreignSecretsIn(deps, pairs, signal),
    };
    const installed = await installAgent(deps, request, wait);
    const isForOthers = dryRun && session.global.query === undefined && isYaml(session);
    if (installed !== undefined && isForOthers) {
      const { printManifests } = await import('../../cli/nmi/print-manifests.ts');
      await printManifests(session, installed);
    } else {
      await session.print(installed === undefined ? null : installView(installed), agentChangeShape);
    }
    const isSomething = installed?.objects.some(({ action }) => !['same', 'kept'].includes(action));
    return exitCode && isSomething ? 9 : 0;
  },
});

function isYaml({ context, global }: Session): boolean {
  return effectiveFormat(context, global) === 'yaml';
}
