import { setMaxListeners } from 'node:events';
import { expect, it } from 'vitest';
import type { LedgerState } from '../../../src/domain/standard-mode/ledger-state.ts';
import { openLedger } from '../../../src/mic/machines/ledger.ts';
import { createMachineBook } from '../../../src/mic/machines/machine-book.ts';
import { createMachineFleet } from '../../../src/mic/machines/machine-fleet.ts';
import { createWriteBudget } from '../../../src/mic/machines/write-budget.ts';
import { handClock, settle } from '../../domain/time/hand-clock.ts';
import { keyOf, resourceId, scaleSetId } from '../decide/mic-objects.ts';
import { fakeAzure, operationMs } from '../fake-azure.ts';
import { fakeCluster } from '../fake-cluster.ts';
import { minute } from '../mic-bench.ts';

const pool1 = keyOf(scaleSetId('pool1'));
const web = { key: keyOf(resourceId('web')), id: resourceId('web') };
const api = { key: keyOf(resourceId('api')), id: resourceId('api') };

it('takes nothing off while a new leader has not decided every pod yet, however long that takes', async () => {
  const clock = handClock();
  const azure = fakeAzure(clock);
  azure.addMachine(scaleSetId('pool1'));
  for (const { id } of [web, api]) {
    azure.putByOthers(pool1, id);
  }
  const { store } = fakeCluster();
  const kept: LedgerState = { epoch: 1, machines: { [pool1]: { on: [web.key, api.key] } } };
  await store.write(kept, undefined, new AbortController().signal);
  const ledger = await openLedger(store, new Set(), new AbortController().signal);
  const book = createMachineBook({
    api: azure,
    clock,
    onRead: (ids) => {
      for (const id of ids) {
        fleet.workers.get(id)?.hear();
      }
    },
  });
  const fleet = createMachineFleet({
    ...{ api: azure, book, ledger, clock, budget: createWriteBudget(clock) },
    ...{ reconcileMs: 3 * minute, removalDelayMs: 0, mayWrite: () => true, isProtected: () => false },
    ...{ onChange() {}, onLeadLost() {}, onPatched() {}, onMassRemoval() {} },
  });
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const ended = fleet.run(stop.signal);
  await clock.advance(4 * minute);
  expect(azure.reads).toBeGreaterThan(0);
  expect(azure.patches).toEqual([]);

  // The last pod is decided, and all that podid put there but what it needs may go.
  fleet.setPod('shop/p1', { on: [{ machineId: pool1, resource: web }], keeps: [] });
  fleet.allPodsSet();
  await clock.advance(2 * operationMs);
  expect(azure.patches).toMatchObject([{ add: [], remove: [api.key] }]);
  stop.abort(new Error('The test is over.'));
  await settle();
  await ended;
});
