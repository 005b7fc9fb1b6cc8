import { at, objectAt, textAt } from '../exact-json.ts';
import type { EmulatorResponse } from '../http.ts';
import type { CommandRun } from '../world.ts';
import { ok, refuseAsAks, refuseAsArm } from './arm-answers.ts';
import { type ArmCall, type ArmRoute, objectBody, param } from './arm-call.ts';
import { clusterId, clusterOf } from './stored-cluster.ts';

const cluster =
  '^/subscriptions/(?<subscription>[^/]+)/resourceGroups/(?<group>[^/]+)/providers/Microsoft\\.ContainerService/managedClusters/(?<name>[^/]+)';

/** Commands in the cluster: accepted with a place where the result will be, as Azure does. */
export const runCommandRoutes: readonly ArmRoute[] = [
  {
    name: 'clusters.runCommand',
    method: 'POST',
    pattern: new RegExp(`${cluster}/runCommand/?$`, 'i'),
    handle: start,
  },
  {
    name: 'clusters.commandResult',
    method: 'GET',
    pattern: new RegExp(`${cluster}/commandResults/(?<id>[^/]+)/?$`, 'i'),
    handle: result,
  },
];

function start(call: ArmCall): EmulatorResponse {
  const { document } = clusterOf(call);
  const body = objectBody(call);
  const text = textAt(body, 'command') ?? '';
  if (text === '') {
    refuseAsAks(400, 'BadRequest', 'The command is empty.', 'command');
  }
  if (at(document, 'properties', 'apiServerAccessProfile', 'disableRunCommand') === true) {
    refuseAsAks(400, 'BadRequest', 'Run command is disabled on this cluster.');
  }
  const token = textAt(body, 'clusterToken');
  const id = call.world.newId().replaceAll('-', '');
  const run: CommandRun = {
    id,
    clusterKey: clusterId(call).toLowerCase(),
    startedAt: call.world.clock.now(),
  };
  call.world.commandRuns.set(id, run);
  const finish = (end: NonNullable<CommandRun['end']>) => {
    run.end = end;
    run.finishedAt = call.world.clock.now();
  };
  call.runKubectl({ text, context: textAt(body, 'context') ?? '', ...(token ? { token } : {}) }).then(
    ({ exitCode, logs }) => finish({ state: 'Succeeded', exitCode, logs }),
    (error: Error) => finish({ state: 'Failed', reason: error.message }),
  );
  return { status: 202, headers: { location: resultUrl(call, id) } };
}

function resultUrl(call: ArmCall, id: string): string {
  const version = call.request.query.get('api-version') ?? '';
  const path = call.request.path.replace(/\/runCommand\/?$/i, `/commandResults/${id}`);
  return `${call.baseUrl}${path}?api-version=${version}`;
}

function result(call: ArmCall): EmulatorResponse {
  clusterOf(call);
  const run = call.world.commandRuns.get(param(call, 'id'));
  if (run === undefined) {
    return refuseAsArm(404, 'NotFound', 'There is no such command.');
  }
  const startedAt = new Date(run.startedAt).toISOString();
  if (run.end === undefined) {
    const body = { id: run.id, properties: { provisioningState: 'Running', startedAt } };
    return {
      status: 202,
      body,
      headers: { location: `${call.baseUrl}${call.request.path}?${call.request.rawQuery}` },
    };
  }
  const { state, ...more } = run.end;
  const finishedAt = new Date(run.finishedAt ?? run.startedAt).toISOString();
  return ok({ id: run.id, properties: { provisioningState: state, startedAt, finishedAt, ...more } });
}

/**
 * Whether a cluster's API takes tokens of Entra's, and therefore gives out a kubeconfig that asks for one.
 */
export function isEntraCluster(call: ArmCall): boolean {
  return objectAt(clusterOf(call).document, 'properties', 'aadProfile')?.['managed'] === true;
}
