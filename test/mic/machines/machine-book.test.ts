import { describe, expect, it } from 'vitest';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { createMachineBook } from '../../../src/mic/machines/machine-book.ts';
import { handClock, settle } from '../../domain/time/hand-clock.ts';
import { keyOf, resourceId, scaleSetId, vmId } from '../decide/mic-objects.ts';
import { fakeAzure } from '../fake-azure.ts';

const signal = new AbortController().signal;

function bookOf(...ids: readonly string[]) {
  const clock = handClock();
  const azure = fakeAzure(clock);
  for (const id of ids) {
    azure.addMachine(id);
  }
  const read: string[] = [];
  const book = createMachineBook({ api: azure, clock, onRead: (machineIds) => read.push(...machineIds) });
  return { clock, azure, book, read };
}

const vms = Array.from({ length: 50 }, (_, number) => vmId(`vm-${number}`));

describe('what is known of machines', () => {
  it.each([
    ['now', (nowMs: number) => nowMs],
    ['for the first time, and whatever was read at any time will do', () => Number.NEGATIVE_INFINITY],
  ])('comes by one list for all of a group, whoever asks at the same time: %s', async (_when, sinceMs) => {
    const { azure, book, clock, read } = bookOf(...vms);
    const since = sinceMs(clock.monotonic());
    const found = await Promise.all(vms.map((id) => book.readSince(keyOf(id), since, signal)));
    expect(found.every((each) => each !== undefined)).toBe(true);
    expect(azure.reads).toBe(1);
    expect(read).toHaveLength(50);
  });

  it('is asked for by kind and by group', async () => {
    const { azure, book } = bookOf(scaleSetId('a'), vmId('a'), vmId('a', 'other'));
    for (const id of [scaleSetId('a'), vmId('a'), vmId('a', 'other')]) {
      await book.readSince(keyOf(id), 0, signal);
    }
    expect(azure.reads).toBe(3);
  });

  it('is enough while it is new enough, and read again when it is not', async () => {
    const { azure, book, clock } = bookOf(...vms);
    await book.readSince(keyOf(vmId('vm-0')), clock.monotonic(), signal);
    await clock.advance(1_000);
    await book.readSince(keyOf(vmId('vm-1')), clock.monotonic() - 1_000, signal);
    expect(azure.reads).toBe(1);
    await book.readSince(keyOf(vmId('vm-1')), clock.monotonic(), signal);
    expect(azure.reads).toBe(2);
  });

  it('a list that was sent before does not count for who asks after', async () => {
    const { azure, book, clock } = bookOf(vmId('a'));
    const lists: (() => void)[] = [];
    const { list } = azure;
    azure.list = (group, ...more) =>
      new Promise((resolve) => lists.push(() => resolve(list(group, ...more))));
    const first = book.readSince(keyOf(vmId('a')), clock.monotonic(), signal);
    await clock.advance(100);
    const second = book.readSince(keyOf(vmId('a')), clock.monotonic(), signal);
    lists[0]?.();
    await first;
    await settle();
    expect(lists).toHaveLength(2);
    lists[1]?.();
    expect((await second)?.readAtMs).toBe(clock.monotonic());
  });

  it('an answer to a change is newer than a list that was sent before it', async () => {
    const { azure, book, clock } = bookOf(vmId('a'));
    const [known] = await azure.list({ kind: 'vm', subscriptionId: 'S', resourceGroup: 'MC_rg' }, signal);
    const release: (() => void)[] = [];
    azure.list = () =>
      new Promise((resolve) => release.push(() => resolve(known === undefined ? [] : [known])));
    const reading = book.readSince(keyOf(vmId('a')), clock.monotonic(), signal);
    await clock.advance(10);
    book.note(keyOf(vmId('a')), {
      ...(known as NonNullable<typeof known>),
      identityIds: [resourceId('web')],
    });
    release[0]?.();
    await reading;
    expect([...(book.find(keyOf(vmId('a')))?.keys ?? [])]).toEqual([keyOf(resourceId('web'))]);
  });

  it('a machine that no list shows is asked for, and gone when Azure says so', async () => {
    const { azure, book, clock } = bookOf(vmId('a'));
    expect(await book.readSince(keyOf(vmId('b')), clock.monotonic(), signal)).toBeUndefined();
    expect(azure.reads).toBe(2);
  });

  it('rights on the single machine are enough', async () => {
    const { azure, book, clock } = bookOf(vmId('a'));
    azure.list = () => Promise.reject(new PodidError('Forbidden', 'no'));
    expect(await book.readSince(keyOf(vmId('a')), clock.monotonic(), signal)).toBeDefined();
  });

  it('a list that fails fails for all who wait, and is sent again for the next', async () => {
    const { azure, book, clock } = bookOf(...vms);
    azure.isAway = true;
    const asked = vms.slice(0, 3).map((id) => book.readSince(keyOf(id), clock.monotonic(), signal));
    const ends = await Promise.allSettled(asked);
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(azure.reads).toBe(1);
    azure.isAway = false;
    expect(await book.readSince(keyOf(vmId('vm-0')), clock.monotonic(), signal)).toBeDefined();
  });
});
