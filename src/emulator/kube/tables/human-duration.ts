const unitSec = { y: 365 * 86_400, d: 86_400, h: 3600, m: 60, s: 1 };
type Unit = keyof typeof unitSec;

/** Up to so many seconds an age is told in these units, as Kubernetes does it. */
const steps: readonly (readonly [number, Unit, Unit?])[] = [
  [2 * unitSec.m, 's'],
  [10 * unitSec.m, 'm', 's'],
  [3 * unitSec.h, 'm'],
  [8 * unitSec.h, 'h', 'm'],
  [2 * unitSec.d, 'h'],
  [8 * unitSec.d, 'd', 'h'],
  [2 * unitSec.y, 'd'],
  [Number.POSITIVE_INFINITY, 'y', 'd'],
];

/** `25s`, `3m4s`, `2d`. @param since RFC 3339, or empty */
export function ageOf(since: string, now: number): string {
  if (since === '') {
    return '<unknown>';
  }
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  const [, unit = 's', smaller] = steps.find(([limit]) => seconds < limit) ?? [];
  const whole = Math.floor(seconds / unitSec[unit]);
  const rest = smaller && Math.floor((seconds % unitSec[unit]) / unitSec[smaller]);
  return `${whole}${unit}${rest ? `${rest}${smaller}` : ''}`;
}
