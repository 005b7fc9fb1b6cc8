import type { LiveWorkload, WebhookStanding } from '../../../domain/migrate/apply/migration-writes.ts';
import { isAtLeast } from '../../../domain/migrate/sdk-minimums.ts';
import { advice, command } from '../../../errors/hint.ts';
import { budgetFailure, pausedFailure } from './check-before-new-pods.ts';
import type { MoveDeps, MoveFailure } from './move.ts';

/** While fewer are ready, the end of one pod keeps every labelled pod from being made. */
const fewestReplicas = 2;

/** The first whose webhook looks at the label of pods, and not at that of service accounts. */
const firstOfLabel = '1.0.0';

/** What must hold before pods get the label, which they cannot leave while they run. */
export async function checkBeforeLabel(deps: MoveDeps, live: LiveWorkload): Promise<MoveFailure | undefined> {
  const { api, signal } = deps;
  return (
    webhookFailure(await api.migrationWrites.webhook(signal)) ??
    pausedFailure(live) ??
    (await budgetFailure(deps, live))
  );
}

function webhookFailure({ registered, deployment }: WebhookStanding): MoveFailure | undefined {
  if (!registered) {
    return {
      code: 'NoWebhook',
      message: "Workload Identity's webhook is not registered, so that labelled pods get no token.",
      hint: advice`${command('kubectl get mutatingwebhookconfigurations')}`,
    };
  }
  if (deployment === undefined) {
    return {
      code: 'WebhookNotReady',
      message:
        "Workload Identity's webhook is registered, and no Deployment with the label azure-workload-identity.io/system=true answers for it: the API server refuses labelled pods.",
      hint: advice`${command('kubectl get deployments -A -l azure-workload-identity.io/system=true')}`,
    };
  }
  const { namespace, name, ready, image } = deployment;
  const version = /:v?(\d+\.\d+\.\d+)/.exec(image)?.[1];
  if (version !== undefined && !isAtLeast(version, firstOfLabel)) {
    return {
      code: 'WebhookTooOld',
      message: `Deployment ${namespace}/${name} runs Workload Identity's webhook ${version}, which goes by the label of the service account and not by that of the pods; ${firstOfLabel} or newer goes by the pods'.`,
      hint: advice`Update it; its image: ${command('kubectl get deployment', name, '-n', namespace, '-o', 'yaml')}`,
    };
  }
  return ready >= fewestReplicas
    ? undefined
    : {
        code: 'WebhookNotReady',
        message: `Deployment ${namespace}/${name} of Workload Identity's webhook has ${ready} ready ${ready === 1 ? 'pod' : 'pods'}; ${fewestReplicas} have to be, for without one the API server refuses every labelled pod.`,
        hint: advice`${command('kubectl get pods -n', namespace, '-l', 'azure-workload-identity.io/system=true')}`,
      };
}
