import { type FlagSpec, longFlag, type WordSpec } from './flag-table.ts';

/** `-g, --resource-group NAME`. */
export function flagHead(key: string, flag: FlagSpec): string {
  const value =
    flag.value === undefined
      ? ''
      : ` ${flag.value}${flag.kind === 'list' && !flag.value.endsWith('…') ? ' …' : ''}`;
  const names = [flag.short && `-${flag.short}`, longFlag(key, flag), flag.alias && `--${flag.alias}`];
  return `${names.filter(Boolean).join(', ')}${value}`;
}

/** The summary with what is needed and what counts otherwise. */
export function flagText(flag: FlagSpec): string {
  const needed = flag.required ? ' (needed)' : '';
  const fallback = defaultText(flag);
  return `${flag.summary}${needed}${fallback === '' ? '' : ` (default: ${fallback})`}`;
}

/** What counts when the flag is not given: `PODID_CLOUD, else AzureCloud`. Empty: nothing does. */
export function defaultText({ variable, fallback, default: value }: FlagSpec): string {
  const usual = fallback ?? (value === undefined || value === false ? '' : String(value));
  return [variable, usual].filter(Boolean).join(', else ');
}

/** What the command's one word is, and may be. */
export function wordText({ summary, choices }: WordSpec): string {
  return choices === undefined ? summary : `${summary}: ${choices.join(', ')}`;
}
