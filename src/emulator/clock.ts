export interface EmulatorClock {
  /** Emulator time, milliseconds since the epoch. */
  now(): number;
  /** Seconds may pass faster than outside: 60 makes a minute of every second. Range: 0 (stopped) and up. */
  readonly scale: number;
  setScale(scale: number): void;
  /** Moves emulator time on at once. Never backwards. */
  advance(ms: number): void;
}

/** @param wall the real clock, milliseconds since the epoch */
export function createClock(wall: () => number, initialScale = 1): EmulatorClock {
  let scale = initialScale;
  let anchorWall = wall();
  let anchorTime = anchorWall;
  const now = () => anchorTime + (wall() - anchorWall) * scale;
  const rebase = (time: number) => {
    anchorTime = time;
    anchorWall = wall();
  };
  return {
    now,
    get scale() {
      return scale;
    },
    setScale(next) {
      rebase(now());
      scale = next;
    },
    advance(ms) {
      rebase(now() + Math.max(0, ms));
    },
  };
}
