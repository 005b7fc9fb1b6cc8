/** A TCP socket that accepts connections. */
export interface Listener {
  /** Hexadecimal, as the kernel prints it. */
  readonly address: string;
  /** Numeric user id of the process. */
  readonly user: number;
}

/** State LISTEN in /proc/net/tcp (<net/tcp_states.h>). */
const listen = '0A';

/** Who listens on a port, from the text of /proc/net/tcp and /proc/net/tcp6. */
export function listenersOn(procNetTcp: string, port: number): readonly Listener[] {
  return procNetTcp.split('\n').flatMap((line) => {
    const [, local, , state, , , , user] = line.trim().split(/\s+/);
    const [address, hexPort] = local?.split(':') ?? [];
    return state === listen && address && hexPort && Number.parseInt(hexPort, 16) === port
      ? [{ address, user: Number(user) }]
      : [];
  });
}
