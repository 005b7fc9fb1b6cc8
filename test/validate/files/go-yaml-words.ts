/** Words without quotes, and what kubectl and Helm read there; of a key, what it is called. */
export const yamlWords: readonly (readonly [written: string, read: string | number | boolean | null])[] = [
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map(
    (word) => [word, true] as const,
  ),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map(
    (word) => [word, false] as const,
  ),
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['yEs', 'oN', 'nULL', 'yes please', 'Y e s', 'truE'].map((word) => [word, word] as const),
  ...(
    [
      ['0', 0],
      ['-0', 0],
      ['+1', 1],
      ['0644', 420],
      ['-0644', -420],
      ['0o17', 15],
      ['08', 8],
      ['09.5', 9.5],
      ['0x1F', 31],
      ['0X1f', 31],
      ['0b11', 3],
      ['1_000', 1000],
      ['1__0', 10],
      ['0_7', 7],
      ['.5', 0.5],
      ['1.', 1],
      ['1e3', 1000],
      ['1E+3', 1000],
      ['12345678901234567890123', 1.2345678901234568e22],
      ['9007199254740993', 9007199254740992],
    ] as const
  ).map(([word, read]) => [word, read] as const),
  ...['0o8', '0x', '0b2', '1:20', '190:20:30', '2020-01-01', '2020-01-01T10:00:00Z', '.', '1.2.3'].map(
    (word) => [word, word] as const,
  ),
  ...['0xZ', '_1', '1e', '+', '-.', '00000000-0000-4000-8000-000000000001', '12e', '1,000'].map(
    (word) => [word, word] as const,
  ),
];

/** The words as a manifest has them, each under a key of its own. */
export function manifestOfWords(): string {
  const spec = yamlWords.map(([word], at) => `  w${at}: ${word}\n`);
  const head =
    'apiVersion: aadpodidentity.k8s.io/v1\nkind: AzureIdentity\nmetadata: {name: a, namespace: b}\n';
  return `${head}spec:\n${spec.join('')}`;
}

/** What stands there once it is read: a word in place of its key. */
export function wordsRead(object: { readonly spec: Readonly<Record<string, unknown>> }) {
  return yamlWords.map(([word], at) => [word, object.spec[`w${at}`]]);
}

/** As kubectl puts it into JSON. */
export const yamlShapes: readonly (readonly [what: string, spec: string, json: object])[] = [
  [
    'keys',
    '{yes: a, 0644: b, 1: c, off: d, 1.5: e}',
    { true: 'a', 420: 'b', 1: 'c', false: 'd', '1.5': 'e' },
  ],
  ['words in quotes', '{a: "yes", b: \'0644\'}', { a: 'yes', b: '0644' }],
  ['words with a tag', '{a: !!str yes, b: !!str 0644}', { a: 'yes', b: '0644' }],
  ['a block', '\n  a: |-\n    yes\n', { a: 'yes' }],
  [
    'a map that takes in another',
    '{a: &m {x: yes, z: 1}, b: {z: 2, <<: *m}}',
    { a: { x: true, z: 1 }, b: { x: true, z: 1 } },
  ],
  [
    'maps that take in others, the first of them first',
    '{a: {<<: [{x: 1}, {x: 2, z: 3}]}}',
    { a: { x: 1, z: 3 } },
  ],
  ['an alias', '{a: &n 0644, b: *n}', { a: 420, b: 420 }],
];

export function manifestOfShape(spec: string): string {
  const head =
    'apiVersion: aadpodidentity.k8s.io/v1\nkind: AzureIdentity\nmetadata: {name: a, namespace: b}\n';
  return `${head}spec: ${spec}\n`;
}
