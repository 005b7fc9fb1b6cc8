import { agentMisnamed, agentNamespaceFlag } from '../../cli/flags/agent-flags.ts';
import { clusterFlags, kubeFlags } from '../../cli/flags/cluster-flags.ts';
import { collectExamples, collectShape } from '../../cli/nmi/collect-result.ts';
import { agentNamespace } from '../../cli/open/agent-wait.ts';
import { openCluster } from '../../cli/open/open-cluster.ts';
import { checkOutFile } from '../../cli/open/out-file.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { cutObject } from '../../domain/support/cut-object.ts';

export const nmiCollectCommand = defineCommand({
  description:
    "Writes a zip for whoever looks into a fault: versions; how the agent is installed; metrics, record, readiness, the redirect rules as the kernel has them and the last log lines of each agent; the objects of podid and of the four identity kinds with their Events; what the agent depends on of each node. Changes nothing, and needs only rights to read. What cannot be read stands in the zip, with the API server's own sentence.\n\nIt reads no Secret. Values of environment variables and whatever looks like a token, a key or a password are cut; names, client ids and resource ids are not. Only you can read the file: look through it before you hand it to others.",
  examples: [
    { title: 'the whole cluster', line: 'podid nmi collect -g demo-rg -c demo', needs: 'a cluster' },
    {
      title: 'the agent of one node, with more of its log',
      line: 'podid nmi collect -g demo-rg -c demo --node aks-nodepool1-12345678-vmss000000 --lines 5000 --out bundle.zip',
      needs: 'a cluster',
    },
  ],
  misnamed: { ...agentMisnamed },
  flags: {
    ...agentNamespaceFlag,
    out: {
      kind: 'text',
      value: 'FILE',
      summary: 'the file to write, a .zip',
      fallback: 'podid-support-TIME.zip in the working directory',
    },
    force: { kind: 'switch', summary: 'overwrite the file of --out' },
    node: {
      kind: 'list',
      value: 'NODE',
      summary: 'ask only the agent of this node; repeat for more',
    },
    lines: {
      kind: 'integer',
      value: 'N',
      least: 1,
      most: 100_000,
      default: 1000,
      summary: 'how many of the log of each container',
    },
    ...clusterFlags,
    ...kubeFlags,
  },
  examplesOfResult: async () => collectExamples,
  async run(flags, session) {
    const { context, faults } = session;
    const namespace = agentNamespace(session, flags.namespace);
    const madeMs = context.clock.now();
    const made = new Date(madeMs).toISOString();
    const folder = `podid-support-${made.slice(0, 19).replace(/[-:]/g, '')}Z`;
    const { out = `${folder}.zip`, force } = flags;
    const { path } = await checkOutFile({ out, force }, ['zip'], faults);
    const deps = await openCluster(session, flags);
    const [{ collectSupport }, { supportReadme }, { saveBundle }] = await Promise.all([
      import('../../workflows/support/collect-support.ts'),
      import('../../cli/nmi/support-readme.ts'),
      import('../../cli/nmi/save-bundle.ts'),
    ]);
    const request = { namespace, nodes: flags.node ?? [], lines: flags.lines };
    const support = await collectSupport(deps, request, context.signal);
    const { kubernetes, installations, agents, unread } = support;
    const podid = {
      version: context.version,
      ...context.build,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
    };
    const summary = { made, podid, kubernetes, installations, agents, unread };
    const files = [
      { path: 'README.txt', text: supportReadme(support, made) },
      { path: 'summary.json', text: `${JSON.stringify(cutObject(summary), undefined, 2)}\n` },
      ...support.files,
    ];
    context.signal.throwIfAborted();
    const bytes = await saveBundle(path, { folder, files, madeMs });
    await session.print(
      { file: path, bytes, files: files.length, agents: agents.length, unread },
      collectShape,
    );
    return 0;
  },
});
