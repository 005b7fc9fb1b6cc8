import { quoted } from '../../usage-faults.ts';
import { jsonOf, type ValueNode } from './value-tree.ts';

/**
 * The end of a sentence: `; this is "many"`, no longer than a line can bear. Empty for what may be a secret, or stands where
 * one belongs.
 *
 * @param name of the value: `adminsecret.clientSecret`
 */
export function shownValue(name: string, node: ValueNode): string {
  if (/^adminsecret\b|\.clientPassword\b/.test(name)) {
    return '';
  }
  const json = jsonOf(node);
  const text = typeof json === 'string' ? quoted(json) : (JSON.stringify(json) ?? '').slice(0, 100);
  const { written } = node;
  const isRead = typeof json !== 'string' && written !== undefined && written !== '' && written !== text;
  return `; this is ${text}${isRead ? `, as Helm reads ${written} without quotes` : ''}`;
}
