import { parseResourceId, unwrapId } from './resource-id.ts';

export function isGuid(text: string): boolean {
  return /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text);
}

/** Azure's rule for resource groups; the slash above all must not get into a path. */
export function isResourceGroupName(text: string): boolean {
  return /^[-\w().\p{L}\p{N}]{1,90}$/u.test(text) && !text.endsWith('.');
}

/** Whether a text that somebody wrote is a whole id of that type, with names as Azure gives them. */
export function isWrittenId(text: string, type: string): boolean {
  const id = parseResourceId(text, type);
  return (
    id !== undefined &&
    isResourceGroupName(id.resourceGroup) &&
    /^[\w.-]+$/.test(id.name) &&
    /^[\w-]+$/.test(id.subscriptionId)
  );
}

/**
 * The id that is meant by a text that is none. Fixes what copying and typing break: what was wrapped around, a missing
 * first slash, a slash or segments too many at the end, one of the fixed words in the singular or the plural.
 */
export function nearestResourceId(text: string, type: string): string | undefined {
  const found = unwrapId(text)
    .split('/')
    .filter((segment) => segment !== '');
  const wanted = ['subscriptions', undefined, 'resourceGroups', undefined, 'providers', ...type.split('/')];
  const segments = wanted.map((word, at) => fixedWord(found[at] ?? '', word));
  const candidate = `/${[...segments, found[wanted.length] ?? ''].join('/')}`;
  return isWrittenId(candidate, type) ? candidate : undefined;
}

/** @param word that belongs there; undefined: whatever is written */
function fixedWord(written: string, word: string | undefined): string {
  if (word === undefined || written.toLowerCase() === word.toLowerCase()) {
    return written;
  }
  return stemOf(written) === stemOf(word) ? word : written;
}

function stemOf(word: string): string {
  return word
    .toLowerCase()
    .replaceAll(/[^a-z.]/g, '')
    .replace(/(?:ies|y|s)$/, '');
}
