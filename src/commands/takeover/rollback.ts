import { finishPlan } from '../../cli/results/finish.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { lookAtTakeover, openTakeover, takeoverFlags } from '../../cli/takeover/takeover-request.ts';
import {
  takeoverExamples,
  takeoverStatusShape,
  takeoverStatusView,
} from '../../cli/takeover/takeover-result.ts';

export const takeoverRollbackCommand = defineCommand({
  description:
    "Leads back to the add-on, from each step of a takeover. Before step 4 the add-on is on still: tokens come from the nodes again, and podid's agent goes. Afterwards the add-on is turned on again and gets its entries back, by what was saved; podid's agent serves meanwhile, and goes on serving in front of the add-on's. Federated credentials stay. Asks first.",
  examples: [
    {
      title: 'what it would do',
      line: 'podid takeover rollback -g demo-rg -c demo --dry-run',
      needs: 'a cluster',
    },
    { title: 'back', line: 'podid takeover rollback -g demo-rg -c demo', needs: 'a cluster' },
    {
      title: 'where the ConfigMap is gone',
      line: 'podid takeover rollback -g demo-rg -c demo -f takeover.yaml --yes',
      needs: 'a cluster',
    },
    {
      title: 'where the subscription has the feature no more',
      line: 'podid takeover rollback -g demo-rg -c demo --register-feature --yes',
      needs: 'a cluster',
    },
  ],
  flags: {
    file: {
      kind: 'text',
      short: 'f',
      value: 'FILE',
      summary:
        'the file that podid takeover plan --out wrote, or - for stdin; needed where the ConfigMap podid-takeover is gone',
    },
    registerFeature: {
      kind: 'switch',
      summary: 'register EnablePodIdentityPreview and the provider again first, and wait for it',
    },
    ...takeoverFlags,
  },
  examplesOfResult: async () => takeoverExamples.status,
  async run(flags, session) {
    const { deps, request, options } = await openTakeover(session, flags, lookAtTakeover);
    if (options.dryRun) {
      const { planTakeoverRollback } = await import('../../workflows/takeover/dry-run/plan-rollback.ts');
      const { registerFeature } = flags;
      const plan = await planTakeoverRollback(deps, { ...request, registerFeature }, options);
      return await finishPlan(session, plan, flags);
    }
    const { rollbackTakeover } = await import('../../workflows/takeover/rollback-takeover.ts');
    const status = await rollbackTakeover(
      deps,
      { ...request, registerFeature: flags.registerFeature },
      options,
    );
    await session.print(status === undefined ? null : takeoverStatusView(status), takeoverStatusShape);
    return 0;
  },
});
