/** The signs of podid's own texts, as the locale can show them. */
export type Signs = (text: string) => string;

export const asItIs: Signs = (text) => text;

/** Each is as wide as what it stands for, so that tables keep their columns. */
const inAscii: Readonly<Record<string, string>> = {
  '…': '~',
  '→': '>',
  '·': '-',
  '—': '-',
  '–': '-',
  '✓': '+',
  '✗': 'x',
  '✔': '+',
  '’': "'",
};

const nonAscii = new RegExp(`[${Object.keys(inAscii).join('')}]`, 'g');

export const asciiSigns: Signs = (text) => text.replace(nonAscii, (sign) => inAscii[sign] ?? sign);

/**
 * Whether a POSIX locale says UTF-8. Where none is set, as in many containers, it is taken for it: what shows their
 * output has it.
 */
export function isUtf8Locale(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'];
  return platform === 'win32' || !locale || /utf-?8/i.test(locale);
}
