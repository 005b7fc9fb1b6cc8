/** What stands in the place of what was cut. */
export const cutMark = '***';

/** Names behind which a secret stands, wherever: in JSON, in queries, in flags, in settings. */
const names =
  '(?:secret|passw(?:or)?d|pwd|passphrase|(?<!host-)token|credentials?|assertion|signature|account_?key|access_?key|api_?key|private_?key|connection_?string|authorization|\\bsig|[?&]code)';

/**
 * In the order in which they are cut. Each takes rather too much than too little, and none goes back over a text more
 * than a bounded number of letters.
 */
const patterns: readonly (readonly [RegExp, string])[] = [
  // A private key, also in JSON, where its line breaks are two letters.
  [
    /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]{0,8000}?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g,
    cutMark,
  ],
  // JSON web tokens, signed or encrypted.
  [/eyJ[\w-]{5,}(?:\.[\w-]*){0,4}/g, cutMark],
  [/\b(Bearer|Basic|SharedAccessSignature)\s+[\w.~+/=%&-]+/gi, `$1 ${cutMark}`],
  // Who signs in to a proxy or a registry in its address.
  [/(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@"'\\]{1,300}@/gi, `$1${cutMark}@`],
  // "name": "value", and the same in JSON that is itself a text of JSON.
  [
    new RegExp(
      `(${names}(?:_?value)?\\\\{0,20}["']?\\s{0,5}[:=]\\s{0,5}\\\\{0,20}["'])(?:[^"'\\\\\\n]|\\\\[^\\n])+`,
      'gi',
    ),
    `$1${cutMark}`,
  ],
  // name=value, name: value and --name value.
  [
    new RegExp(
      `(${names}(?:_?value)?(?:\\s{0,5}[:=]\\s{0,5}|\\s+(?<=--[\\w.-]{1,60}\\s+)))[^\\s"'&,;\\\\]+`,
      'gi',
    ),
    `$1${cutMark}`,
  ],
  // A client secret of Entra by its form, an account key of Azure Storage, and anything as long in Base64.
  [/[\w~.-]{3}\dQ~[\w~.-]{30,40}/g, cutMark],
  [/[A-Za-z0-9+/]{86}==|[A-Za-z0-9+/]{120,}={0,2}|[\w-]{260,}/g, cutMark],
];

/** A text without what looks like a secret. */
export function cutSecrets(text: string): string {
  return patterns.reduce((cut, [pattern, mark]) => cut.replace(pattern, mark), text);
}

/** Members whose text is a secret itself; `secretName` and `clientPassword: {name}` only say where one is. */
const secretMember =
  /(?:secret|password|passwd|passphrase|token|credential|credentials|accesskey|accountkey|apikey|privatekey|connectionstring)$/;

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const secretFlag = /^--?[\w.-]*(?:secret|password|passwd|token|key)$/i;

/**
 * An object of Kubernetes as a support bundle holds it: values of environment variables, what clients noted of their
 * writes, and what is a secret by its name or by its form are cut.
 */
export function cutObject(value: unknown, name = ''): unknown {
  if (typeof value === 'string') {
    const isSecret = secretMember.test(name.toLowerCase().replace(/[-_.]/g, ''));
    return isSecret && value !== '' ? cutMark : cutSecrets(value);
  }
  if (Array.isArray(value)) {
    return value.map((each: unknown, at) => {
      const before: unknown = value[at - 1];
      const isGiven = typeof each === 'string' && typeof before === 'string' && secretFlag.test(before);
      return isGiven ? cutMark : cutObject(name === 'env' ? withoutValue(each) : each);
    });
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const members = Object.entries(value).filter(([key]) => key !== 'managedFields' && key !== lastApplied);
  return Object.fromEntries(members.map(([key, each]) => [cutSecrets(key), cutObject(each, key)]));
}

/** Which variables there are shows; what is in them does not. */
function withoutValue(variable: unknown): unknown {
  return typeof variable === 'object' && variable !== null && 'value' in variable
    ? Object.assign({}, variable, { value: cutMark })
    : variable;
}
