import { changeFlags, yesFlag } from '../../cli/flags/change-flags.ts';
import { clusterFlags, kubeFlags, waitFlags } from '../../cli/flags/cluster-flags.ts';
import { readSourceFile } from '../../cli/flags/read-source-files.ts';
import { withFileCluster } from '../../cli/flags/wanted-entries.ts';
import { sha256 } from '../../cli/migrate/sha256.ts';
import { changeOptions } from '../../cli/open/change-options.ts';
import { openDeps } from '../../cli/open/open-deps.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { readTakeoverFlags, takeoverFlags } from '../../cli/takeover/takeover-request.ts';
import {
  takeoverExamples,
  takeoverStatusShape,
  takeoverStatusView,
} from '../../cli/takeover/takeover-result.ts';
import { parseTakeoverFile } from '../../validate/files/takeover/takeover-export.ts';

export const takeoverRollbackCommand = defineCommand({
  description:
    "Leads back to the add-on, from each step of a takeover. Before step 4 the add-on is on still: tokens come from the nodes again, and podid's agent goes. Afterwards the add-on is turned on again and gets its entries back, by what was saved; podid's agent serves meanwhile, and goes on serving in front of the add-on's. Federated credentials stay. Asks first.",
  examples: [
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
    ...yesFlag,
    aksCustomHeaders: changeFlags.aksCustomHeaders,
    ...waitFlags,
    ...clusterFlags,
    ...kubeFlags,
  },
  examplesOfResult: async () => takeoverExamples.status,
  async run(flags, session) {
    const { faults, context } = session;
    const source = await readSourceFile(flags.file, context, faults);
    const file = source === undefined ? undefined : parseTakeoverFile(source, sha256, faults);
    const requestOf = await readTakeoverFlags(session, flags);
    const { namespace: _, set: __, values: ___, ...others } = flags;
    const options = changeOptions(session, others);
    const { deps, cluster } = await openDeps(session, withFileCluster(session, others, file?.cluster), {
      kube: true,
    });
    const { rollbackTakeover } = await import('../../workflows/takeover/rollback-takeover.ts');
    const request = { ...requestOf(deps, cluster), file, registerFeature: flags.registerFeature };
    const status = await rollbackTakeover(deps, request, options);
    await session.print(status === undefined ? null : takeoverStatusView(status), takeoverStatusShape);
    return 0;
  },
});
