import { finishPlan } from '../../cli/results/finish.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { openTakeover, planTakeoverInto, takeoverFlags } from '../../cli/takeover/takeover-request.ts';
import {
  takeoverExamples,
  takeoverStatusShape,
  takeoverStatusView,
} from '../../cli/takeover/takeover-result.ts';
import { isProven } from '../../domain/takeover/takeover-steps.ts';

export const takeoverApplyCommand = defineCommand({
  description:
    "Steps 1 to 8 of a takeover, each with its proof before the next: podid's agent in front of the add-on's; tokens by exchange where they can be; the hold, in which every agent keeps its view; the add-on off, by one write of the cluster; definitions and objects as podid's own; what AKS took from the nodes back on them; podid's agent at the usual ports; the end of the hold. Asks first.\n\nOne probe pod a node asks for a token each second through steps 3 to 7, in the namespace of a pod identity, for each resource that pods of that identity use in turn. At the end of step 3 the run says, of each identity that stays with the nodes, for which resources the agents have tokens and for which they have none. The result says how often they asked, how often they were answered, and how long the longest wait was, and the exit code is 10 where one was not answered, and where the pod of a node asked nothing in one of these steps.\n\nHow far it is stands in the ConfigMap podid-takeover in the namespace of the agent: a run that was killed goes on where it was with the same command, which needs no file then. podid takeover rollback leads back from each step.",
  examples: [
    {
      title: 'the whole of it, by the file of podid takeover plan --out',
      line: 'podid takeover apply -g demo-rg -c demo -f takeover.yaml',
      needs: 'a cluster',
    },
    {
      title: 'what it would do',
      line: 'podid takeover apply -g demo-rg -c demo -f takeover.yaml --dry-run',
      needs: 'a cluster',
    },
    {
      title: 'as far as the add-on stays on, to look at it',
      line: 'podid takeover apply -g demo-rg -c demo -f takeover.yaml --until 3 --yes',
      needs: 'a cluster',
    },
    {
      title: 'on, after an interruption',
      line: 'podid takeover apply -g demo-rg -c demo --yes',
      needs: 'a cluster',
    },
  ],
  flags: {
    file: {
      kind: 'text',
      short: 'f',
      value: 'FILE',
      summary: 'the file that podid takeover plan --out wrote, or - for stdin; needed to begin',
    },
    until: {
      kind: 'integer',
      value: 'STEP',
      least: 1,
      most: 8,
      default: 8,
      summary: 'no step after this one; up to 3 the add-on is not touched',
    },
    ...takeoverFlags,
  },
  examplesOfResult: async () => takeoverExamples.status,
  async run(flags, session) {
    const { deps, request, options } = await openTakeover(session, flags, planTakeoverInto);
    if (options.dryRun) {
      const { planTakeoverApply } = await import('../../workflows/takeover/dry-run/plan-apply.ts');
      const plan = await planTakeoverApply(deps, { ...request, until: flags.until }, options);
      return await finishPlan(session, plan, flags);
    }
    const { applyTakeover } = await import('../../workflows/takeover/apply-takeover.ts');
    const status = await applyTakeover(deps, { ...request, until: flags.until }, options);
    await session.print(status === undefined ? null : takeoverStatusView(status), takeoverStatusShape);
    return status === undefined || status.steps.every(isProven) ? 0 : 10;
  },
});
