import { describe, expect, it } from 'vitest';
import { createElection, type Election, type Lead } from '../../../src/mic/lead/election.ts';
import { electionTimes } from '../../../src/mic/lead/election-times.ts';
import type { LeaseApi, StoredLease } from '../../../src/mic/lead/lease-api.ts';
import { type HandClock, handClock, settle } from '../../domain/time/hand-clock.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

interface FakeLease {
  readonly api: (name: string) => LeaseApi;
  stored: StoredLease | undefined;
  /** Names of those who cannot reach the API server. */
  readonly cutOff: Set<string>;
}

function fakeLease(): FakeLease {
  let version = 0;
  const lease: FakeLease = {
    stored: undefined,
    cutOff: new Set(),
    api: (name) => ({
      async read() {
        if (lease.cutOff.has(name)) {
          throw new Error('cut off');
        }
        return lease.stored;
      },
      async write(record, before) {
        if (lease.cutOff.has(name)) {
          throw new Error('cut off');
        }
        if (lease.stored?.version !== before) {
          return undefined;
        }
        version += 1;
        lease.stored = { record, version: String(version) };
        return lease.stored;
      },
    }),
  };
  return lease;
}

interface Candidate {
  readonly election: Election;
  /** While it works. */
  lead: Lead | undefined;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

function candidate(
  name: string,
  lease: FakeLease,
  clock: HandClock,
  { upstream = async () => undefined as string | undefined } = {},
): Candidate {
  const election = createElection({
    lease: lease.api(name),
    upstream: { holder: upstream },
    clock,
    logger: quiet,
    identity: name,
    times: electionTimes(15_000),
  });
  const stop = new AbortController();
  const found: Candidate = { election, lead: undefined, stop, ended: Promise.resolve() };
  const work = (lead: Lead, signal: AbortSignal) => {
    found.lead = lead;
    return new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        found.lead = undefined;
        resolve();
      });
    });
  };
  return Object.assign(found, { ended: election.run(work, stop.signal) });
}

async function two() {
  const clock = handClock();
  const lease = fakeLease();
  const one = candidate('one', lease, clock);
  await clock.advance(100);
  const other = candidate('other', lease, clock);
  await clock.advance(5_000);
  expect([one.election.isLeader, other.election.isLeader]).toEqual([true, false]);
  return { clock, lease, one, other };
}

describe('the election', () => {
  it('has one leader, and the others know who it is', async () => {
    const { clock, lease, other } = await two();
    await clock.advance(60_000);
    expect(lease.stored?.record.holder).toBe('one');
    expect(other.election.leader).toBe('one');
    expect(other.election.elections).toBe(0);
  });

  it('rule 18: gives the lease back at the end, and the next one leads within two seconds', async () => {
    const { clock, lease, one, other } = await two();
    one.stop.abort(new Error('SIGTERM'));
    await settle();
    await one.ended;
    expect(lease.stored?.record.holder).toBe('');
    await clock.advance(2_000);
    expect(other.election.isLeader).toBe(true);
  });

  it('a leader that dies is replaced within 16 seconds, and not before 15', async () => {
    const { clock, lease, one, other } = await two();
    lease.cutOff.add('one');
    const diedAtMs = clock.monotonic();
    while (!other.election.isLeader) {
      await clock.advance(100);
    }
    const tookMs = clock.monotonic() - diedAtMs;
    // Its last renewal was up to two seconds before.
    expect(tookMs).toBeGreaterThan(12_500);
    expect(tookMs).toBeLessThanOrEqual(16_000);
    expect(one.lead).toBeUndefined();
  });

  it('rule 17: one that cannot renew stops writing before another may lead, and stays up as a standby', async () => {
    const { clock, lease, one, other } = await two();
    lease.cutOff.add('one');
    while (one.lead?.mayWrite() === true) {
      expect(other.election.isLeader).toBe(false);
      await clock.advance(100);
    }
    expect(other.election.isLeader).toBe(false);
    await clock.advance(20_000);
    expect(other.election.isLeader).toBe(true);
    lease.cutOff.clear();
    other.stop.abort(new Error('SIGTERM'));
    await settle();
    await clock.advance(3_000);
    expect(one.election.isLeader).toBe(true);
    expect(one.election.elections).toBe(2);
  });

  it('one that was stopped for long may not write when it goes on, whatever it finds', async () => {
    const clock = handClock();
    const lease = fakeLease();
    // A process that is stopped runs no timer, and its clock goes on.
    let stoppedMs = 0;
    const own = { ...clock, monotonic: () => clock.monotonic() + stoppedMs };
    const one = candidate('one', lease, own as HandClock);
    await clock.advance(5_000);
    expect(one.lead?.mayWrite()).toBe(true);
    stoppedMs = 30_000;
    expect(one.lead?.mayWrite()).toBe(false);
  });

  it.each([3_600_000, -3_600_000])('a wall clock that jumps by %d ms changes nothing', async (ms) => {
    const { clock, one, other } = await two();
    clock.jump(ms);
    await clock.advance(60_000);
    expect([one.election.isLeader, other.election.isLeader]).toEqual([true, false]);
    expect(one.election.elections).toBe(1);
  });

  it('waits for nobody longer than its own duration, whatever somebody has written into the lease', async () => {
    const clock = handClock();
    const lease = fakeLease();
    const record = { holder: 'nobody', durationSeconds: 1e9, renewTime: '', acquireTime: '', transitions: 0 };
    lease.stored = { record, version: 'by hand' };
    const one = candidate('one', lease, clock);
    await clock.advance(14_000);
    expect(one.election.isLeader).toBe(false);
    await clock.advance(3_000);
    expect(one.election.isLeader).toBe(true);
    // And what is written into its own lease is put right with the next renewals.
    const { stored } = lease as { stored: StoredLease };
    lease.stored = { record: { ...stored.record, durationSeconds: 1e9 }, version: 'by hand again' };
    await clock.advance(5_000);
    expect(one.election.isLeader).toBe(true);
    expect(lease.stored.record.durationSeconds).toBe(15);
  });

  it('does not take a lease that somebody took at the same moment', async () => {
    const clock = handClock();
    const lease = fakeLease();
    const both = ['one', 'other'].map((name) => candidate(name, lease, clock));
    await clock.advance(5_000);
    expect(both.filter(({ election }) => election.isLeader)).toHaveLength(1);
  });

  it("stands by while upstream's MIC holds its lock, says so, and leads once it does not", async () => {
    const clock = handClock();
    const lease = fakeLease();
    let holder: string | undefined = 'mic-0 (endpoints default/aad-pod-identity-mic)';
    const one = candidate('one', lease, clock, { upstream: async () => holder });
    await clock.advance(60_000);
    expect(one.election.isLeader).toBe(false);
    expect(one.election.leader).toContain('mic-0');
    holder = undefined;
    await clock.advance(2_000);
    expect(one.election.isLeader).toBe(true);
    holder = 'mic-1';
    await clock.advance(3_000);
    expect(one.election.isLeader).toBe(false);
    expect(lease.stored?.record.holder).toBe('');
  });
});
