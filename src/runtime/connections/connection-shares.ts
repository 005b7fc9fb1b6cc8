import type { Socket } from 'node:net';
import type { Clock } from '../../domain/time/clock.ts';
import { createPlaceCounts, type Peers, strangers } from '../fair-places.ts';
import { isStopped } from './socket-reading.ts';

export interface ConnectionShareLimits {
  /** In all. */
  readonly connections: number;
  /** Of one address; it may have as many unanswered requests, too. */
  readonly connectionsPerPeer: number;
}

export interface ConnectionSharesOptions {
  readonly limits: ConnectionShareLimits;
  readonly peers: Peers;
  /** Of all unknown peers together. Without: as many as of all. */
  readonly connectionsOfUnknownPeers?: number | undefined;
  readonly clock: Clock;
  /** A connection was refused, or closed for the sake of another. */
  onClosed(): void;
}

/** A connection, as one who ends it looks at it. */
export interface OpenConnection {
  readonly socket: Socket;
  /** As the socket tells it. */
  readonly address: string;
  /** Requests that wait for their answers. */
  readonly unanswered: number;
  /** Milliseconds since it was opened, or last asked or was answered. */
  readonly idleMs: number;
}

/** Who holds how many connections, and how many requests wait on each. */
export interface ConnectionShares {
  readonly size: number;
  /**
   * Takes a new connection in. Where all places are taken, the longest idle connection of whoever has most, first by
   * namespace and then by address, is closed for it; only an address whose own share is used up is refused.
   * @returns false when it was refused, and is closed
   */
  admit(socket: Socket): boolean;
  /**
   * Counts a request.
   * @returns to be called when it has ended; undefined when the connection is closed, or was closed just now: too many
   * requests wait on it, or on those of its address
   */
  begin(socket: Socket): (() => void) | undefined;
  /** Counts a request that is answered at once. @returns false when others of its connection wait, or it is closed */
  answerAtOnce(socket: Socket): boolean;
  /** Resets the connections that `isLost` picks. */
  reset(isLost: (connection: OpenConnection) => boolean): void;
  /** Closes those that `isOver` picks; their clients may open others. */
  close(isOver: (socket: Socket) => boolean): void;
  /** Nothing came and nothing left for a while: true where that is nobody's but the client's doing. */
  isStuck(socket: Socket): boolean;
}

/**
 * No client of IMDS sends a request before the last is answered. Answers that a client does not read count as
 * unanswered.
 */
const unansweredPerConnection = 8;

export function createConnectionShares(options: ConnectionSharesOptions): ConnectionShares {
  return new Shares(options);
}

interface Peer {
  readonly address: string;
  readonly connections: Set<Connection>;
  isUnknownPeer: boolean;
  unanswered: number;
}

interface Connection {
  readonly socket: Socket;
  readonly peer: Peer;
  hasAsked: boolean;
  unanswered: number;
  /** Monotonic milliseconds at which it was opened, or last asked or was answered. */
  busyAt: number;
}

class Shares implements ConnectionShares {
  readonly #options: ConnectionSharesOptions;
  readonly #peers = new Map<string, Peer>();
  readonly #connections = new Map<Socket, Connection>();
  #ofUnknownPeers = 0;

  constructor(options: ConnectionSharesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#connections.size;
  }

  admit(socket: Socket): boolean {
    const { limits, clock, connectionsOfUnknownPeers = limits.connections } = this.#options;
    if (socket.remoteAddress === undefined) {
      // Its other end is gone already, and it is nobody's.
      socket.destroy();
      return false;
    }
    const peer = this.#peerOf(socket.remoteAddress);
    if (peer.connections.size >= limits.connectionsPerPeer) {
      this.#close(socket);
      return false;
    }
    if (peer.isUnknownPeer && this.#ofUnknownPeers >= connectionsOfUnknownPeers) {
      this.#readAgain();
    }
    if (peer.isUnknownPeer && this.#ofUnknownPeers >= connectionsOfUnknownPeers) {
      this.#makeRoom(this.#strangePeers());
    } else if (this.size >= limits.connections) {
      this.#makeRoom(this.#largestHolder());
    }
    const connection = { socket, peer, hasAsked: false, unanswered: 0, busyAt: clock.monotonic() };
    this.#peers.set(peer.address, peer);
    peer.connections.add(connection);
    this.#connections.set(socket, connection);
    this.#ofUnknownPeers += peer.isUnknownPeer ? 1 : 0;
    socket.once('close', this.#forget.bind(this, connection));
    return true;
  }

  begin(socket: Socket): (() => void) | undefined {
    const connection = this.#connections.get(socket);
    // What else stands in the bytes already read is parsed all the same, and must cost nothing.
    if (connection === undefined || socket.destroyed) {
      return undefined;
    }
    const { peer } = connection;
    const { connectionsPerPeer } = this.#options.limits;
    if (connection.unanswered >= unansweredPerConnection || peer.unanswered >= connectionsPerPeer) {
      this.#forget(connection);
      this.#close(socket);
      return undefined;
    }
    this.#count(connection, 1);
    connection.hasAsked = true;
    return this.#count.bind(this, connection, -1);
  }

  answerAtOnce(socket: Socket): boolean {
    const connection = this.#connections.get(socket);
    if (connection === undefined || connection.unanswered > 0 || socket.destroyed) {
      return false;
    }
    connection.hasAsked = true;
    connection.busyAt = this.#options.clock.monotonic();
    return true;
  }

  reset(isLost: (connection: OpenConnection) => boolean): void {
    const now = this.#options.clock.monotonic();
    for (const connection of [...this.#connections.values()]) {
      const { socket, peer, unanswered, busyAt } = connection;
      if (isLost({ socket, address: peer.address, unanswered, idleMs: now - busyAt })) {
        this.#forget(connection);
        socket.resetAndDestroy();
      }
    }
  }

  close(isOver: (socket: Socket) => boolean): void {
    for (const socket of [...this.#connections.keys()]) {
      if (isOver(socket)) {
        socket.destroy();
      }
    }
  }

  isStuck(socket: Socket): boolean {
    const connection = this.#connections.get(socket);
    // Who was told that the connection ends may leave his own side open.
    if (connection === undefined || socket.writableEnded) {
      return true;
    }
    if (isStopped(socket)) {
      return false;
    }
    // A connection on which nothing was asked yet is ended by Node when its time is up.
    return connection.unanswered === 0 ? connection.hasAsked : socket.writableLength > 0;
  }

  #peerOf(address: string): Peer {
    const isUnknownPeer = this.#options.peers.isUnknown(address);
    const peer = this.#peers.get(address);
    if (peer === undefined) {
      return { address, connections: new Set(), isUnknownPeer, unanswered: 0 };
    }
    this.#judge(peer, isUnknownPeer);
    return peer;
  }

  #judge(peer: Peer, isUnknownPeer: boolean): void {
    if (peer.isUnknownPeer !== isUnknownPeer) {
      peer.isUnknownPeer = isUnknownPeer;
      this.#ofUnknownPeers += isUnknownPeer ? peer.connections.size : -peer.connections.size;
    }
  }

  /** Somebody may have become known since it came. */
  #readAgain(): void {
    for (const peer of this.#strangePeers()) {
      this.#judge(peer, this.#options.peers.isUnknown(peer.address));
    }
  }

  #strangePeers(): Peer[] {
    return [...this.#peers.values()].filter(({ isUnknownPeer }) => isUnknownPeer);
  }

  /** One address, or all strangers together. */
  #largestHolder(): Peer[] {
    const counts = createPlaceCounts();
    for (const { isUnknownPeer, address, connections } of this.#peers.values()) {
      counts.add(isUnknownPeer ? strangers : this.#options.peers.known(address), connections.size);
    }
    const peer = this.#peers.get(counts.most?.pod ?? '');
    return peer === undefined ? this.#strangePeers() : [peer];
  }

  /**
   * Closes the longest idle connection of those peers that have most; one with a request under way only where
   * there is no other.
   */
  #makeRoom(peers: readonly Peer[]): void {
    const most = Math.max(...peers.map(({ connections }) => connections.size));
    let longest: Connection | undefined;
    for (const { connections } of peers.filter((peer) => peer.connections.size === most)) {
      for (const connection of connections) {
        if (longest === undefined || isIdler(connection, longest)) {
          longest = connection;
        }
      }
    }
    if (longest !== undefined) {
      this.#forget(longest);
      this.#close(longest.socket);
    }
  }

  #close(socket: Socket): void {
    this.#options.onClosed();
    socket.destroy();
  }

  #count(connection: Connection, step: 1 | -1): void {
    if (this.#connections.get(connection.socket) === connection) {
      connection.unanswered += step;
      connection.peer.unanswered += step;
      connection.busyAt = this.#options.clock.monotonic();
    }
  }

  #forget(connection: Connection): void {
    const { socket, peer } = connection;
    if (!this.#connections.delete(socket)) {
      return;
    }
    peer.connections.delete(connection);
    // Node reports only to the first of several waiting answers that its connection has gone.
    peer.unanswered -= connection.unanswered;
    this.#ofUnknownPeers -= peer.isUnknownPeer ? 1 : 0;
    if (peer.connections.size === 0) {
      this.#peers.delete(peer.address);
    }
  }
}

function isIdler(one: Connection, other: Connection): boolean {
  const oneWorks = one.unanswered > 0;
  const otherWorks = other.unanswered > 0;
  return oneWorks === otherWorks ? one.busyAt < other.busyAt : otherWorks;
}
