import { assignmentsPer20Seconds, identitiesPerRequest } from '../../domain/azure/machine-identities.ts';
import type { Machine } from '../../domain/azure/machines.ts';
import { advice } from '../../errors/hint.ts';
import type { ChangeDeps } from '../change/start-change.ts';
import { idsToSend, requestsFor, type WantedChange } from './machine-change.ts';

/**
 * Reports what the change costs where that may be unexpected. @returns the machines that it touches
 */
export function reportNodes(
  { report, options }: Pick<ChangeDeps, 'report' | 'options'>,
  machines: readonly Machine[],
  wanted: WantedChange,
): { readonly touched: readonly Machine[] } {
  const touched = machines.filter((machine) => idsToSend(machine, wanted).length > 0);
  for (const { name, osType } of touched) {
    if (/^windows$/i.test(osType)) {
      report.warn(`${name} runs Windows, where pods get no tokens from it.`);
    }
  }
  if (touched.length === 0) {
    report.note('Nothing to change: the identities of every machine are already as wanted.');
  }
  const operations = touched.reduce((sum, machine) => sum + idsToSend(machine, wanted).length, 0);
  if (operations > assignmentsPer20Seconds) {
    report.note(
      `${operations} assignments: Azure takes ${assignmentsPer20Seconds} in 20 seconds, so this takes ${Math.ceil(operations / assignmentsPer20Seconds) * 20} s or longer.`,
    );
  }
  if (options.noWait && !options.dryRun) {
    reportNotWaiting(report, touched, wanted);
  }
  return { touched };
}

function reportNotWaiting(
  report: ChangeDeps['report'],
  touched: readonly Machine[],
  wanted: WantedChange,
): void {
  const requests = Math.max(0, ...touched.map((machine) => requestsFor(machine, wanted)));
  if (requests > 1) {
    report.warn(
      `Azure takes ${identitiesPerRequest} identities in a request, so each machine needs up to ${requests} requests; --no-wait waits for all but the last.`,
    );
  }
  if (
    wanted.upgradeInstances === true &&
    touched.some(({ upgradeMode }) => upgradeMode?.toLowerCase() === 'manual')
  ) {
    report.warn(
      'With --no-wait the instances of scale sets with manual upgrades are not upgraded.',
      advice`Run the same command later without --no-wait to upgrade them.`,
    );
  }
}
