import { describe, expect, it } from 'vitest';
import { ApiFailure, type ApiWrite, type WritingConnection } from '../../../src/k8s/client/api-connection.ts';
import { createEventWriter, type Told } from '../../../src/mic/cluster/event-writer.ts';
import { handClock } from '../../domain/time/hand-clock.ts';

const about = { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'p1', uid: 'u' };
const told: Told = { about, type: 'Warning', reason: 'IdentityNotAssigned', message: 'No binding applies.' };

function writerOver(write: (request: ApiWrite) => unknown = () => ({})) {
  const clock = handClock();
  const sent: ApiWrite[] = [];
  let failures = 0;
  const connection = {
    write: async (request: ApiWrite) => {
      sent.push(request);
      return write(request);
    },
    getJson: async () => ({ count: 4 }),
  } as Partial<WritingConnection> as WritingConnection;
  const events = createEventWriter(connection, {
    clock,
    instance: 'mic-0',
    onFailure: () => {
      failures += 1;
    },
  });
  const stop = new AbortController();
  const ended = events.run(stop.signal);
  const end = async () => {
    stop.abort();
    await ended;
  };
  return { clock, events, sent, failures: () => failures, stop: end };
}

describe('an Event', () => {
  it('says what it is about, why, and who says so', async () => {
    const { clock, events, sent, stop } = writerOver();
    events.tell(told);
    await clock.advance(100);
    expect(sent).toMatchObject([
      {
        method: 'POST',
        path: '/api/v1/namespaces/shop/events',
        body: {
          metadata: { name: expect.stringMatching(/^p1\.[0-9a-f]{16}$/), namespace: 'shop' },
          involvedObject: about,
          reason: 'IdentityNotAssigned',
          message: 'No binding applies.',
          type: 'Warning',
          count: 1,
        },
      },
    ]);
    await stop();
  });

  it('steers no terminal, and stays one line, whatever a tenant called an identity', async () => {
    const { clock, events, sent, stop } = writerOver();
    events.tell({ ...told, message: 'names AzureIdentity a\u001b[2J\nb.' });
    await clock.advance(100);
    expect(sent).toMatchObject([{ body: { message: 'names AzureIdentity a\\u001b[2J b.' } }]);
    await stop();
  });

  it('counts up the one that another leader has written', async () => {
    const refuse = ({ method }: ApiWrite) => {
      if (method === 'POST') {
        throw new ApiFailure(409, 'it exists');
      }
      return {};
    };
    const { clock, events, sent, failures, stop } = writerOver(refuse);
    events.tell(told);
    await clock.advance(100);
    expect(sent.at(-1)).toMatchObject({ method: 'PATCH', body: { count: 5 } });
    expect(failures()).toBe(0);
    await stop();
  });

  it('neither waits nor is dropped for those of a namespace that has thousands', async () => {
    const { clock, events, sent, stop } = writerOver();
    events.tell(told);
    for (let each = 0; each < 5_000; each += 1) {
      events.tell({ ...told, about: { ...about, namespace: 'flood' }, message: `${each}` });
    }
    await clock.advance(100);
    expect(sent.slice(0, 2).map(({ path }) => path)).toContain('/api/v1/namespaces/shop/events');
    await stop();
  });

  it('is not worth waiting for: few a second, the oldest dropped, a failure counted', async () => {
    const away = () => {
      throw new ApiFailure(503, 'away');
    };
    const { clock, events, sent, failures, stop } = writerOver(away);
    for (let each = 0; each < 3_000; each += 1) {
      events.tell({ ...told, message: `${each}` });
    }
    expect(events.dropped).toBeGreaterThanOrEqual(999);
    await clock.advance(1_000);
    expect(sent.length).toBeLessThanOrEqual(75);
    expect(failures()).toBe(sent.length);
    await stop();
  });
});
