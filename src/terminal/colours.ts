import { Chalk, type ChalkInstance } from 'chalk';

/**
 * Colours for one stream; `on: false` leaves every text as it is. Sixteen colours, which every terminal has
 * in its own theme.
 */
export function colours(on: boolean): ChalkInstance {
  return new Chalk({ level: on ? 1 : 0 });
}
