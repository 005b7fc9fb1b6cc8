import { clusterFlags, kubeFlags } from '../../cli/flags/cluster-flags.ts';
import { sortedLoad, topExamples, topShape, topSorts } from '../../cli/nmi/top-result.ts';
import { openCluster } from '../../cli/open/open-cluster.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { effectiveFormat } from '../../cli/run/session.ts';
import { advice, command } from '../../errors/hint.ts';
import { durationOf } from '../../validate/flags/duration.ts';

export const nmiTopCommand = defineCommand({
  description:
    "A live view of podid's agents: by node requests and refusals in a second, the reasons, how many tokens came from memory, renewals, token calls and requests that wait, and within what time 99 of 100 were answered; by namespace requests and refusals; by pod requests and refusals in a second with the reasons, when it asked last, with what outcome and by which library. Agents that do not answer are named with the reason. q or Ctrl-C ends it; the letters by which it is sorted stand in its second line.\n\nWithout a terminal, and with -o, it asks twice, with the interval between, and prints what happened meanwhile. Agents of older versions do not count by pod.",
  examples: [
    { title: 'the live view', line: 'podid nmi top -g demo-rg -c demo', needs: 'a cluster' },
    {
      title: 'the pods that are refused, and why',
      line: 'podid nmi top -g demo-rg -c demo -o json --query "pods[?refused>`0`].[namespace, name, refusals]"',
      needs: 'a cluster',
    },
    {
      title: 'the nodes that refuse most, for a script',
      line: 'podid nmi top -g demo-rg -c demo --sort-by refused -o json --query "nodes[?refused>`0`].[node, refusals]"',
      needs: 'a cluster',
    },
  ],
  misnamed: {
    '-n': 'It shows the agents of all namespaces.',
    '--namespace': 'It shows the agents of all namespaces.',
  },
  flags: {
    interval: {
      kind: 'text',
      value: 'DURATION',
      summary: 'between two looks',
      fallback: '2s',
    },
    sortBy: {
      kind: 'text',
      value: 'MEMBER',
      choices: ['node', 'requests', 'refused', 'queued', 'wait'],
      default: 'node',
      summary: 'by what the nodes are sorted; refused sorts the pods, too',
    },
    ...clusterFlags,
    ...kubeFlags,
  },
  examplesOfResult: async () => topExamples,
  async run(flags, session) {
    const { context, faults, global, report } = session;
    const intervalMs = durationOf(faults, '--interval', flags.interval, 2000);
    const deps = await openCluster(session, flags);
    const { readLoadOnce, watchLoad } = await import('../../cli/nmi/watch-load.ts');
    const sort =
      (Object.keys(topSorts) as (keyof typeof topSorts)[]).find((each) => each === flags.sortBy) ?? 'node';
    const isLive =
      context.interactive &&
      context.stdout.isTerminal &&
      context.env['TERM'] !== 'dumb' &&
      global.query === undefined &&
      global.output === undefined &&
      effectiveFormat(context, global) === 'table';
    if (isLive) {
      return await watchLoad(deps, session, { intervalMs, sort });
    }
    const load = await readLoadOnce(deps, session, intervalMs);
    if (load.nodes.length + load.silent.length === 0) {
      report.note(advice`podid's agent is not installed. To install it: ${command('podid nmi install')}`);
    }
    await session.print(sortedLoad(load, sort), topShape);
    return 0;
  },
});
