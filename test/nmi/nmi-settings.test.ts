import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { helpText } from '../../src/flags/help-text.ts';
import { nmiFlags, nmiHelp, nmiWords } from '../../src/nmi/nmi-flags.ts';
import { nmiSettings } from '../../src/nmi/nmi-settings.ts';

const read = (argv: string[], environment: Record<string, string> = { NODE_NAME: 'n' }) =>
  nmiSettings(argv, environment);

describe('the settings', () => {
  it("take the arguments of upstream's manifests", () => {
    const { flags, node, forceNamespaced, word } = read(
      [
        '--node=n1',
        '--http-probe-port=8085',
        '--enableScaleFeatures=true',
        '--metadata-header-required=true',
        '--operation-mode=managed',
        '--forceNamespaced',
        '--logtostderr',
        '-v=5',
      ],
      {},
    );
    expect([node, word, forceNamespaced]).toEqual(['n1', 'all', true]);
    expect(flags).toMatchObject({
      'http-probe-port': 8085,
      enableScaleFeatures: true,
      'operation-mode': 'managed',
      v: 5,
    });
  });

  it.each([
    [['--nmi-port=abc'], 'The flag --nmi-port takes a whole number from 0 to 65535, not "abc".'],
    [['--operation-mode=manged'], ', not "manged". Did you mean managed?'],
    [['--secrets-of-other-namespaces=a:b,*:kube-system'], '"*:kube-system" is not one.'],
  ])('say of %j what is wrong with which value', (argv, text) => {
    expect(() => read(argv)).toThrow(text);
  });

  it('allow secrets of other namespaces by pairs alone, and none without', () => {
    expect(read([]).secretPairs).toEqual(new Set());
    const { secretPairs } = read(['--secrets-of-other-namespaces=capz-system:default, a:b,']);
    expect(secretPairs).toEqual(new Set(['capz-system:default', 'a:b']));
  });

  it('name the namespaces of Events, and none without', () => {
    expect(read([]).eventNamespaces).toEqual(new Set());
    const managed = ['--operation-mode=managed', '--forceNamespaced'];
    expect(read([...managed, '--event-namespaces=shop, billing,']).eventNamespaces).toEqual(
      new Set(['shop', 'billing']),
    );
  });

  it('take the word help for the flag', () => {
    expect(read(['help'], {})).toMatchObject({ word: 'all', flags: { help: true } });
  });

  it.each([
    [['--nmi-port', '2600'], 'nmi-port', 2600],
    [['--block-instance-metadata'], 'block-instance-metadata', true],
    [['--metadata-header-required=false'], 'metadata-header-required', false],
    [['--enableScaleFeatures=F'], 'enableScaleFeatures', false],
    [['--operation-mode=Managed', '--forceNamespaced'], 'operation-mode', 'managed'],
    [['--nmi-port=1', '--nmi-port=2'], 'nmi-port', 2],
    [['-v', '3'], 'v', 3],
    [['--v=3'], 'v', 3],
    [['serve', '--prometheus-port=0'], 'prometheus-port', 0],
  ] as const)('read %j', (argv, name, value) => {
    expect(read([...argv]).flags[name]).toBe(value);
  });

  it.each([
    [['--nmi-prot=1'], /--nmi-prot is unknown/],
    [['--nmi-port=70000', '--prometheus-port=x'], /--nmi-port takes.*--prometheus-port takes/],
    [['--nmi-port'], /--nmi-port takes/],
    [['--operation-mode=other'], /one of standard, managed/],
    [['--forceNamespaced=maybe'], /--forceNamespaced takes/],
    [['--operation-mode=managed'], /pass --forceNamespaced/],
    [['boot-guard'], /--host-root is missing/],
    [['boot-guard', '--host-root=host'], /--host-root is missing/],
    [['boot-guard', '--host-root=/host', '--once'], /--once needs the command rules/],
    [['rules', '--remove-startup-taint=a/b'], /is for the process that serves/],
    [['serve', '--node=n', '--remove-startup-taint=a/b:NoSchedule'], /takes the key of a taint/],
    [['rules', '--event-namespaces=shop'], /--event-namespaces is for the process that serves/],
    [['serve', '--node=n', '--event-namespaces=shop'], /in standard mode the controller writes the Events/],
    [['serve', '--node=n', '--event-namespaces=shop,Bil_ling'], /"Bil_ling" is not one/],
    [['server'], /give one of rules, serve/],
    [['rules', 'serve'], /give one of/],
    [['--once'], /needs the command rules/],
    [['rules', '--once', '--remove'], /Only one of/],
    [['--nmi-listen-address=::1'], /IPv4/],
    [['--metadata-ip=imds'], /IPv4/],
    [['--constructor=1'], /unknown/],
  ] as const)('refuse %j', (argv, message) => {
    expect(() => read([...argv])).toThrow(message);
  });

  it.each([
    ['--exchange-tenant-id=contoso.com', /takes the id of a tenant, a GUID; "contoso\.com" is not one/],
    ['--exchange-authority=https://login.example.net/', /neither/],
    ['--exchange-authority=http://login.microsoftonline.com/', /neither/],
    ['--exchange-authority=https://login.microsoftonline.com/tenant', /neither/],
    ['--exchange-default=vault', /imds/],
  ])('refuse at the start what no token could be exchanged by: %s', (flag, message) => {
    expect(() => nmiSettings(['serve', '--node=n1', flag], {})).toThrow(message);
  });

  it('take a host for exchange that --allow-ad-endpoint names', () => {
    const authority = 'https://login.example.net/';
    const flags = [`--exchange-authority=${authority}`, '--allow-ad-endpoint=login.example.net'];
    expect(nmiSettings(['serve', '--node=n1', ...flags], {}).exchange.authority).toBe(authority);
  });

  it('want the name of the node from whoever serves', () => {
    expect(() => read(['serve'], {})).toThrow(/pass --node/);
    expect(read(['rules'], {}).node).toBe('');
    expect(read(['--version'], {}).flags.version).toBe(true);
  });

  it.each([
    [true, 'false', 'true'],
    [true, 'false', 'True'],
    [true, 'true', 'false'],
    [false, 'false', 'false'],
    [false, 'false', 'yes'],
  ])(
    'confine to namespaces: %s for --forceNamespaced=%s and FORCENAMESPACED=%s',
    (expected, flag, variable) => {
      const environment = { NODE_NAME: 'n', FORCENAMESPACED: variable };
      expect(read([`--forceNamespaced=${flag}`], environment).forceNamespaced).toBe(expected);
    },
  );

  it('take FORCENAMESPACED and KUBECONFIG, after the flags', () => {
    const environment = { NODE_NAME: 'n', FORCENAMESPACED: 'true', KUBECONFIG: '/a' };
    expect(read([], environment)).toMatchObject({ forceNamespaced: true, kubeconfig: '/a' });
    expect(read(['--kubeconfig=/b'], environment).kubeconfig).toBe('/b');
  });

  it("hold a request by the mode, by the flag, or for MIC as long as upstream's flags say", () => {
    const managed = ['--operation-mode=managed', '--forceNamespaced'];
    const retry = ['--retry-attempts-for-created=1', '--retry-attempts-for-assigned=1'];
    const every = (ms: number) => ({ usual: ms, unassigned: ms, created: ms });
    const times = (...argv: string[]) => read(argv).holdTimes;
    expect(times()).toEqual(every(25_000));
    expect(times(...managed)).toEqual(every(10_000));
    expect(times(...managed, '--hold-sec=3')).toEqual(every(3_000));
    expect(times('--hold-sec=0', ...retry)).toEqual(every(0));
    expect(times(...managed, ...retry)).toEqual(every(10_000));
    expect(times(...retry, '--find-identity-retry-interval=1')).toEqual({
      usual: 25_000,
      unassigned: 1_000,
      created: 2_000,
    });
    expect(times('--retry-attempts-for-created=16')).toEqual({
      usual: 25_000,
      unassigned: 80_000,
      created: 100_000,
    });
  });

  it('either read any arguments or say what is wrong with them', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom(...Object.keys(nmiFlags).map((name) => `--${name}`)));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), (argv) => {
        try {
          read(argv);
        } catch (error) {
          expect(error).toMatchObject({ name: 'PodidError', exitCode: 2 });
        }
      }),
    );
  });
});

describe('a slip', () => {
  it.each([
    [['--nmi-prot=1'], 'Did you mean --nmi-port?'],
    [['--log-fromat=text'], 'Did you mean --log-format?'],
    [['--operation-mode=manged'], 'Did you mean managed?'],
    [['boot-gaurd'], 'Did you mean boot-guard?'],
  ])('in %j is answered with what was meant', (argv, meant) => {
    expect(() => read(argv)).toThrow(meant);
  });
});

describe('the usage text', () => {
  const text = helpText(nmiHelp, 80);

  it('names every flag', () => {
    for (const name of Object.keys(nmiFlags)) {
      expect(text).toContain(name.length === 1 ? `  -${name}` : `  --${name}`);
    }
  });

  it('names every word that is understood', () => {
    for (const word of Object.keys(nmiWords)) {
      expect(read([word, '--node=n', '--host-root=/']).word).toBe(word);
      expect(text).toMatch(new RegExp(`^Usage: .*${word}`, 'm'));
      expect(text).toMatch(new RegExp(`^ {2}${word} +`, 'm'));
    }
  });

  it('fits a terminal of 80 columns', () => {
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });
});
