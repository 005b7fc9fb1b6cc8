import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { assignments, micWorld, pod, seedWeb, until } from './mic-world.ts';

/** What was asked of the API server on each connection, by this process. */
const asked = new Map<Socket, string[]>();

function note(message: unknown): void {
  const { request } = message as { readonly request: ClientRequest };
  const keep = (socket: Socket) =>
    asked.set(socket, [...(asked.get(socket) ?? []), `${request.method} ${request.path}`]);
  if (/^\/apis?\//.test(request.path)) {
    request.socket ? keep(request.socket) : request.once('socket', keep);
  }
}

const started = 'http.client.request.start';

afterEach(() => {
  unsubscribe(started, note);
});

it('podid-mic renews its lease on a connection of its own, on which no list and no write can be in its way', async () => {
  subscribe(started, note);
  await using world = await micWorld();
  const { emulator } = world;
  seedWeb(emulator);
  await world.start('--leader-election-duration=3s');
  const isOfLease = (line: string) => /\/leases\b|\/endpoints\//.test(line);
  const linesOf = (isWanted: (line: string) => boolean) => [...asked.values()].flat().filter(isWanted);
  // Renewals and writes of assignments in turn, so that a pool in common would mix them.
  for (const number of [1, 2, 3, 4, 5]) {
    const renewals = linesOf((line) => line.startsWith('PUT') && isOfLease(line)).length;
    emulator.kube.seed(pod(`web-${number}`, 'web') as never);
    await until(() => assignments(emulator).length === number || undefined);
    await until(
      () => linesOf((line) => line.startsWith('PUT') && isOfLease(line)).length > renewals || undefined,
    );
  }
  const connections = [...asked.values()];
  const ofLease = connections.filter((lines) => lines.some(isOfLease));
  expect(ofLease).not.toEqual([]);
  expect(connections.length).toBeGreaterThan(ofLease.length);
  expect(ofLease.flat().filter((line) => !isOfLease(line))).toEqual([]);
});
