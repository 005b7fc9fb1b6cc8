/** What stands in the place of what was cut. */
export const cutMark = '***';

const keys =
  '(?:api|access|account|private|secret|connection|shared|shared[-_ ]?access|storage|subscription|master|host|function|encryption|signing)[-_ ]?(?:key|string)';

/** Names behind which a secret stands, wherever: in JSON, in queries, in flags, in settings. */
const names = `(?:secret|password|passwd|passphrase|pass|pwd|(?<!host-)token|credential|assertion|signature|sas|(?<![a-z])sig|${keys})(?:[-_]?(?:value|data|key|base64|s|\\d{1,3})){0,2}`;

/** Headers whose whole value is one, with all the words of it. */
const headers =
  '(?:authorization|cookie2?|ocp-apim-subscription-key|(?<![\\w-])api-key|x-[\\w-]{0,40}?(?:key|token|auth|secret|signature|identity-header))';

/** A name, its end of a quote, and what leads to its value. */
function leading(name: string): string {
  return `${name}\\\\{0,20}["'\`]?\\s{0,100}(?::|=>?|%3[ad])\\s{0,100}`;
}

/** The value in quotes, in JSON that is itself a text of JSON too; or up to the end that `bare` says. */
function behind(name: string, bare: string): [RegExp, string][] {
  const before = leading(name);
  return [
    [new RegExp(`(${before}\\[?\\\\{0,20}")(?:[^"\\\\\\n]|\\\\[^\\n])+`, 'gi'), `$1${cutMark}`],
    [new RegExp(`(${before}\\[?\\\\{0,20}')(?:[^'\\\\\\n]|\\\\[^\\n])+`, 'gi'), `$1${cutMark}`],
    [new RegExp(`(${before})${bare}`, 'gi'), `$1${cutMark}`],
  ];
}

/**
 * In the order in which they are cut. Each takes rather too much than too little. None goes back over a text: what may
 * be repeated without end has nothing behind it that could fail, and all else is repeated a bounded number of times.
 */
const patterns: readonly (readonly [RegExp, string])[] = [
  // JSON web tokens, signed or encrypted; also where somebody changed the case.
  [/eyJ[\w-]{5,}(?:(?:\.|%2e)[\w-]*){0,4}/gi, cutMark],
  // Who signs in to a proxy or a registry in its address: a password may hold any `@` but the last.
  [/:\/\/[^\s/"]{0,4000}@/g, `://${cutMark}@`],
  ...behind(headers, '[^\\s"\'\\\\][^"\\n\\r]*'),
  [
    /\b(Bearer|Basic|Digest|Negotiate|SharedKey(?:Lite)?|SharedAccessSignature)\s{1,100}[^\s"']+/gi,
    `$1 ${cutMark}`,
  ],
  // A signature or a code in a query, also where that is itself in JSON or in a query.
  [
    /((?:(?<![a-z])|%26|%3f)sig(?:=|%3d)|(?:[?&]|u0026|u003f|%26|%3f|amp;)code(?:=|%3d))[^\s"'&]+/gi,
    `$1${cutMark}`,
  ],
  ...behind(names.replace('(?<![a-z])sig|', ''), '(?:[[{][^\\n]*|[^\\s"\'\\\\[{][^\\s"\']*)'),
  ...behind('(?<![a-z])sig', '(?!\\*)[^\\s"\'\\\\&][^\\s"\'&]*').slice(0, 2),
  // --name value.
  [
    new RegExp(`(${names}\\s{1,100}(?<=--[\\w.-]{1,60}\\s{1,100})(?:\\\\{0,20}["'])?)[^\\s"']+`, 'gi'),
    `$1${cutMark}`,
  ],
  // A client secret of Entra by its form, keys of Azure in Base64, a line of a key, and anything as long.
  [/[\w~.-]{3}\dQ~[\w~.-]{30,40}/g, cutMark],
  [/(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]{43}=(?![\w=])|[A-Za-z0-9+/]{86}==)/g, cutMark],
  [/(?<![A-Za-z0-9+/])(?![0-9a-f]{64})[A-Za-z0-9+/]{64}(?![A-Za-z0-9+/])/g, cutMark],
  [/(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{120,}={0,2}|(?<![\w-])[\w-]{260,}/g, cutMark],
];

/** A text without what looks like a secret. */
export function cutSecrets(text: string): string {
  return patterns.reduce((cut, [pattern, mark]) => cut.replace(pattern, mark), cutBlocks(text));
}

const [blockBegins, blockEnds] = ['-----BEGIN', '-----END'];

/** Keys in PEM: whole ones, those that end nowhere, and the rest of those that began before the text did. */
function cutBlocks(text: string): string {
  const [head = '', ...blocks] = text.split(blockBegins);
  const kept = blocks.map((block) => {
    const end = block.indexOf(blockEnds);
    const after = end < 0 ? '' : block.slice(end + blockEnds.length);
    return `${cutMark}${cutTails(after.slice(afterLabel(after)))}`;
  });
  return [cutTails(head), ...kept].join('');
}

function cutTails(text: string): string {
  const parts = text.split(blockEnds).map((part, at) => (at === 0 ? part : part.slice(afterLabel(part))));
  return parts
    .map((part, at) => (at === parts.length - 1 ? part : `${part.slice(0, endOfOther(part))}${cutMark}`))
    .join('');
}

/** Where what may be a key begins, which goes on to the end. */
function endOfOther(text: string): number {
  let at = text.length;
  while (at > 0 && /[\w+/=\s\\-]/.test(text.charAt(at - 1))) {
    at -= 1;
  }
  return at;
}

/** Behind the rest of a line that ends a block. */
function afterLabel(text: string): number {
  const dashes = text.slice(0, 80).indexOf('-----');
  return dashes < 0 ? 0 : dashes + 5;
}
