import type { AddressMap, NodeAddresses } from '../address-map.ts';
import type { Heartbeat } from '../heartbeat.ts';

/** The heartbeat without what is known of the pods' addresses. */
export type RulesReport = Omit<Heartbeat, 'addresses' | 'records'>;

/** What was last published: the rules' part and the addresses' part change at times of their own. */
export interface PublishedAddresses {
  /** Reads the records, and publishes them at once where they changed and the rules were reported before. */
  read(): Promise<NodeAddresses>;
  /** Publishes a report of the rules with the addresses as they were last read. */
  publish(report: RulesReport): Promise<void>;
}

export function createPublishedAddresses({
  addresses,
  publish,
}: {
  readonly addresses: Pick<AddressMap, 'read'>;
  publish(heartbeat: Heartbeat): Promise<void>;
}): PublishedAddresses {
  let report: RulesReport | undefined;
  let known: NodeAddresses | undefined;
  let last = '';
  let turn: Promise<unknown> = Promise.resolve();
  /** One at a time, so that an older state never follows a newer one. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work);
    turn = done.catch(() => undefined);
    return done;
  };
  const readNow = async () => {
    known = await addresses.read();
    return known;
  };
  const publishNow = async (rules: RulesReport, found: NodeAddresses) => {
    const part = addressesPart(found);
    last = JSON.stringify(part);
    await publish({ ...rules, ...part });
  };
  return {
    read: () =>
      inTurn(async () => {
        const found = await readNow();
        if (report !== undefined && JSON.stringify(addressesPart(found)) !== last) {
          await publishNow(report, found);
        }
        return found;
      }),
    publish: (rules) =>
      inTurn(async () => {
        report = rules;
        await publishNow(rules, known ?? (await readNow()));
      }),
  };
}

function addressesPart({ addresses, keepsRecords, stamp, sources }: NodeAddresses) {
  return { addresses, records: { keepsRecords, stamp, sources } };
}
