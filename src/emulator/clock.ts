export interface EmulatorClock {
  /** Emulator time, milliseconds since the epoch. */
  now(): number;
  /** Seconds may pass faster than outside: 60 makes a minute of every second. Range: 0 (stopped) and up. */
  readonly speed: number;
  setSpeed(speed: number): void;
  /** Moves emulator time on at once. Never backwards. */
  advance(ms: number): void;
}

/** @param wall the real clock, milliseconds since the epoch */
export function createClock(wall: () => number, initialSpeed = 1): EmulatorClock {
  let speed = initialSpeed;
  let anchorWall = wall();
  let anchorTime = anchorWall;
  const now = () => anchorTime + (wall() - anchorWall) * speed;
  const rebase = (time: number) => {
    anchorTime = time;
    anchorWall = wall();
  };
  return {
    now,
    get speed() {
      return speed;
    },
    setSpeed(next) {
      rebase(now());
      speed = next;
    },
    advance(ms) {
      rebase(now() + Math.max(0, ms));
    },
  };
}
