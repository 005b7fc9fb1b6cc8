/**
 * What a word without quotes is to Helm and kubectl, whose YAML library (sigs.k8s.io/yaml on go.yaml.in/yaml/v2,
 * `resolve.go`) reads YAML 1.1: `off`, `n` and `yes` are booleans, `0777` and `0x1F` numbers, `1_000` is 1000. Times of
 * day (`1:20`) and dates stay text, other than YAML 1.1 has it.
 */
export function goYamlScalar(text: string): string | number | boolean | null {
  const word = words.get(text);
  if (word !== undefined) {
    return word;
  }
  if (!/^[-+.\d]/.test(text)) {
    return text;
  }
  // Underscores are for the eye, but a number that begins with a dot is read as it stands.
  const digits = text.startsWith('.') ? text : text.replaceAll('_', '');
  return integerOf(digits) ?? floatOf(digits) ?? text;
}

const words = new Map<string, boolean | number | null>([
  ...inThreeCases('y', 'yes', 'true', 'on').map((word) => [word, true] as const),
  ...inThreeCases('n', 'no', 'false', 'off').map((word) => [word, false] as const),
  ...['', '~', ...inThreeCases('null')].map((word) => [word, null] as const),
  ...['.inf', '.Inf', '.INF'].flatMap((word) => [
    [word, Number.POSITIVE_INFINITY] as const,
    [`+${word}`, Number.POSITIVE_INFINITY] as const,
    [`-${word}`, Number.NEGATIVE_INFINITY] as const,
  ]),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, Number.NaN] as const),
]);

/** Small, with a capital, and in capitals; nothing in between is a word. */
function inThreeCases(...all: readonly string[]): readonly string[] {
  return all.flatMap((word) => [
    word,
    `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`,
    word.toUpperCase(),
  ]);
}

/** Go's 64 bits, without a sign one more. Helm has what is beyond 2^53 as a float, too. */
const [smallest, largest, largestUnsigned] = [-(2n ** 63n), 2n ** 63n - 1n, 2n ** 64n - 1n];

function integerOf(digits: string): number | undefined {
  const [, sign = '', hex, binary, octal, decimal] =
    /^([-+]?)(?:0[xX]([\da-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(\d+))$/.exec(digits) ?? [];
  const isDecimal = decimal === '0' || (decimal !== undefined && !decimal.startsWith('0'));
  const magnitude =
    hex !== undefined
      ? BigInt(`0x${hex}`)
      : binary !== undefined
        ? BigInt(`0b${binary}`)
        : octal !== undefined
          ? BigInt(`0o${octal}`)
          : isDecimal
            ? BigInt(decimal)
            : undefined;
  if (magnitude === undefined) {
    return undefined;
  }
  const value = sign === '-' ? -magnitude : magnitude;
  return value >= smallest && value <= (sign === '' ? largestUnsigned : largest) ? Number(value) : undefined;
}

function floatOf(digits: string): number | undefined {
  const value = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(digits) ? Number(digits) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}
