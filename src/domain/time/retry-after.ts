/**
 * Nobody is asked to wait for longer, whatever a server writes; a timer beyond 24 days would fire at once.
 */
export const longestRetryAfterMs = 86_400_000;

/**
 * What a `Retry-After` header asks for, in milliseconds from 0 to a day: seconds, or a date in one of HTTP's
 * three forms (RFC 9110 §10.2.3 and §5.6.7). Undefined where the header is absent or is neither.
 *
 * @param nowMs what a date is counted from; NaN where nobody knows it, and then a date says nothing
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  const value = header?.trim() ?? '';
  if (/^\d+$/.test(value)) {
    return Math.min(longestRetryAfterMs, Number(value) * 1000);
  }
  const waitMs = (parseHttpDate(value, nowMs) ?? Number.NaN) - nowMs;
  return Number.isNaN(waitMs) ? undefined : Math.min(longestRetryAfterMs, Math.max(0, waitMs));
}

/** The same in whole seconds, and at least one, as a server passes it on. */
export function parseRetryAfterSec(header: string | undefined, nowMs: number): number | undefined {
  const waitMs = parseRetryAfter(header, nowMs);
  return waitMs === undefined ? undefined : Math.max(1, Math.ceil(waitMs / 1000));
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Date.parse` takes nearly anything, `-1` for one, and asctime's form for local time. */
const forms = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  /^[A-Z][a-z]{2}, (?<day>\d{2}) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/,
  // Sunday, 06-Nov-94 08:49:37 GMT
  /^[A-Z][a-z]{5,8}, (?<day>\d{2})-(?<month>[A-Z][a-z]{2})-(?<year>\d{2}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/,
  // Sun Nov  6 08:49:37 1994
  /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})$/,
];

function parseHttpDate(text: string, nowMs: number): number | undefined {
  const parts = forms.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  const { day = '', month = '', year = '', time = '' } = parts ?? {};
  const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number);
  const fullYear = year.length === 2 ? nearestYear(Number(year), nowMs) : Number(year);
  const at = new Date(Date.UTC(fullYear, months.indexOf(month), Number(day), hours, minutes, seconds));
  const isOnCalendar = at.getUTCDate() === Number(day) && months[at.getUTCMonth()] === month;
  return isOnCalendar ? at.getTime() : undefined;
}

/** Two digits that seem more than 50 years ahead mean the past. */
function nearestYear(twoDigits: number, nowMs: number): number {
  const earliest = new Date(nowMs).getUTCFullYear() - 49;
  return earliest + ((((twoDigits - earliest) % 100) + 100) % 100);
}
