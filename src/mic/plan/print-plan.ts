import { setMaxListeners } from 'node:events';
import { ledgerPlace } from '../../domain/standard-mode/controller.ts';
import { emptyLedger } from '../../domain/standard-mode/ledger-state.ts';
import { jsonText, plainText } from '../../errors/plain-text.ts';
import { createAzureAccess } from '../azure/azure-access.ts';
import { createMicView, type MicView } from '../cluster/mic-view.ts';
import { ViewRelay } from '../control.ts';
import { createLedgerStore } from '../lead/ledger-store.ts';
import type { MicSettings } from '../mic-settings.ts';
import { connector, controlSettings, type MicPorts, untilSynced, userAgentOf } from '../run-mic.ts';
import { type MicPlan, planCluster } from './plan-cluster.ts';

/**
 * What podid-mic would do now, as text for stdout. Nothing is changed.
 * @throws PodidError, ApiFailure, and the signal's reason
 */
export async function printPlan(
  settings: MicSettings,
  ports: MicPorts,
  signal: AbortSignal,
): Promise<string> {
  const { clock, logger } = ports;
  const connection = (await connector(settings, clock))();
  const ended = new AbortController();
  // Each watch and each request listens to them.
  setMaxListeners(0, ended.signal, signal);
  const azure = await createAzureAccess({
    variables: settings.environment,
    file: settings.flags.cloudconfig,
    userAgent: userAgentOf(settings),
    clock,
    logger,
    onRequest: () => undefined,
  });
  const view: MicView = createMicView({
    connection,
    clock,
    logger,
    listener: new ViewRelay(),
    onTrouble: () => undefined,
  });
  const watching = view.run(ended.signal);
  try {
    await untilSynced(view, clock, signal);
    signal.throwIfAborted();
    const ledger = (await createLedgerStore(connection, ledgerPlace).read(signal))?.state ?? emptyLedger;
    const control = controlSettings(settings, { azure, view });
    const plan = await planCluster({ view, machines: azure, ledger, clock, settings: control }, signal);
    return settings.flags.output === 'json' ? `${jsonText(plan, 2)}\n` : planText(plan);
  } finally {
    ended.abort(new Error('The plan is made.'));
    await watching;
    connection.close();
  }
}

/** One line for each thing. Ids, names of identities and Azure's sentences are others' text, and make no line of their own. */
export function planText({ assignments, machines, pods }: MicPlan): string {
  const lines = [
    ...assignments.map(
      ({ action, namespace, name, state }) =>
        `${action.padEnd(8)} AzureAssignedIdentity ${namespace}/${name}${state === undefined ? '' : ` (${state})`}`,
    ),
    ...machines.flatMap(({ id, add, remove, unneeded, trouble }) => [
      ...add.map((identity) => `add      ${identity} to ${id}`),
      ...remove.map((identity) => `remove   ${identity} from ${id}, after the removal delay`),
      ...unneeded.map(
        (identity) => `unneeded ${identity} on ${id}; podid did not put it there, and leaves it`,
      ),
      ...(trouble === undefined ? [] : [`blocked  ${id}: ${trouble}`]),
    ]),
    ...pods.map(({ namespace, name, reason }) => `nothing  for pod ${namespace}/${name}: ${reason}`),
  ];
  return lines.length === 0
    ? 'Nothing is to be done.\n'
    : `${lines.map((line) => plainText(line, 'one')).join('\n')}\n`;
}
