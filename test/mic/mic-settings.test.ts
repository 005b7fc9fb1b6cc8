import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FlagSpec } from '../../src/flags/flag-table.ts';
import { defaultText } from '../../src/flags/flag-text.ts';
import { micFlags } from '../../src/mic/mic-flags.ts';
import { micSettings } from '../../src/mic/mic-settings.ts';
import { root, sourceFiles } from '../architecture/source-files.ts';

/** As upstream's chart 4.1.18 starts it, with every value of `mic.*` set. */
const chartArguments = [
  '--cloudconfig=/etc/kubernetes/azure.json',
  '--logtostderr',
  '--v=3',
  '--log-format=json',
  '--leader-election-instance=mic-0',
  '--leader-election-namespace=ids',
  '--leader-election-name=lock',
  '--leader-election-duration=30s',
  '--http-probe-port=8081',
  '--syncRetryDuration=1800s',
  '--immutable-user-msis=00000000-0000-4000-8000-00000000AAAA,00000000-0000-4000-8000-00000000BBBB',
  '--createDeleteBatch=10',
  '--clientQps=7.5',
  '--prometheus-port=9999',
  '--update-user-msi-max-retry=3',
  '--update-user-msi-retry-interval=2s',
  '--identity-assignment-reconcile-interval=5m',
  '--enableScaleFeatures=true',
  '--enable-type-upgrade=false',
  '--config-map-name=c',
  '--type-upgrade-status-key=k',
  '--enableProfile=false',
  '--custom-user-agent=x',
];

describe('the settings of podid-mic', () => {
  it("take all that upstream's chart passes", () => {
    expect(micSettings(chartArguments, {})).toMatchObject({
      instance: 'mic-0',
      leaseMs: 30_000,
      reconcileMs: 300_000,
      immutable: ['00000000-0000-4000-8000-00000000aaaa', '00000000-0000-4000-8000-00000000bbbb'],
      writesPerSecond: 7.5,
      flags: { cloudconfig: '/etc/kubernetes/azure.json', createDeleteBatch: 10 },
    });
  });

  it('take one dash for two, as Go does', () => {
    const argv = ['-cloudconfig', 'f', '-leader-election-duration=20s', '-v=2'];
    expect(micSettings(argv, {})).toMatchObject({ flags: { cloudconfig: 'f', v: 2 }, leaseMs: 20_000 });
  });

  it.each<[boolean, readonly string[], Record<string, string>]>([
    [true, [], {}],
    [true, [], { FORCENAMESPACED: 'true' }],
    [false, [], { FORCENAMESPACED: 'false' }],
    [false, ['--forceNamespaced=false'], {}],
    [true, ['--forceNamespaced'], { FORCENAMESPACED: 'false' }],
    [true, ['--forceNamespaced=false'], { FORCENAMESPACED: 'true' }],
    [false, ['--forceNamespaced=false'], { FORCENAMESPACED: 'false' }],
    [false, ['--forceNamespaced=false'], { FORCENAMESPACED: '' }],
  ])('confine to namespaces: %s for %j and %j', (expected, argv, environment) => {
    expect(micSettings(argv, environment).forceNamespaced).toBe(expected);
  });

  it('take one port for both where each has an address of its own, or any that is free', () => {
    const ports = (port: number) => [`--http-probe-port=${port}`, `--prometheus-port=${port}`];
    const apart = ['--probe-address=127.0.0.1', '--metrics-address=127.0.0.2'];
    expect(micSettings(ports(0), {}).flags['http-probe-port']).toBe(0);
    expect(micSettings([...ports(9000), ...apart], {}).flags['prometheus-port']).toBe(9000);
  });

  it.each([
    ['10m', 600_000],
    ['0s', 0],
    ['never', undefined],
  ])('take %s for the removal delay', (text, ms) => {
    expect(micSettings([`--removal-delay=${text}`], {}).removalDelayMs).toBe(ms);
  });

  it.each([
    [
      ['--leader-election-duration=15'],
      '--leader-election-duration takes a duration with one unit, such as 15s or 3m; this is "15".',
    ],
    [
      ['--removal-delay=-5m'],
      '--removal-delay takes a duration with one unit, such as 15s or 3m, or never; this is "-5m".',
    ],
    [
      ['--identity-assignment-reconcile-interval=0s'],
      '--identity-assignment-reconcile-interval takes more than 0 and at most 552h; this is "0s".',
    ],
    [['--clientQps=0'], '--clientQps takes a number above 0; this is "0".'],
    [['--prometheus-port=8080'], '--http-probe-port and --prometheus-port are both 8080'],
    [['--immutable-user-msis=junk'], '"junk" is neither.'],
    [['plan', '--forceNamespaced', 'false'], '--forceNamespaced takes its value as --forceNamespaced=false.'],
    [['--enableProfile', 'true'], '--enableProfile takes its value as --enableProfile=true.'],
    [['--cloudconfg=x'], 'Did you mean --cloudconfig?'],
    [['plna'], 'Did you mean plan?'],
    [['--log-format=xml'], 'takes one of json, text'],
  ])('refuse %j', (argv, words) => {
    const message = (() => {
      try {
        micSettings(argv, {});
        return '';
      } catch (error) {
        return String(error);
      }
    })();
    expect(message).toContain(words);
  });

  it('need no MIC_POD_NAMESPACE for --version', () => {
    expect(micSettings(['--version'], {}).flags.version).toBe(true);
  });
});

describe('docs/mic.md', () => {
  const page = readFileSync(join(root, 'docs/mic.md'), 'utf8');

  it('has every flag with its default and its meaning, and no other', () => {
    const rows = [...page.matchAll(/^\| `--?(\w[\w-]*)` \| (?:`([^`]*)`)? ?\| (.*) \|$/gm)];
    const documented = Object.fromEntries(rows.map(([, name, value = '', help]) => [name, [value, help]]));
    const expected = Object.fromEntries(
      Object.entries<FlagSpec>(micFlags).map(([name, flag]) => [name, [defaultText(flag), flag.summary]]),
    );
    expect(documented).toEqual(expected);
  });

  it('has every metric of podid-mic, and no other', () => {
    const text = sourceFiles('src/mic')
      .map((file) => file.text)
      .join('\n');
    const inCode = new Set(text.match(/(?<=')podid_mic_\w+(?=')/g));
    const inPage = new Set(page.match(/(?<=`)podid_mic_\w+(?=`)/g));
    expect([...inPage].sort()).toEqual([...inCode].sort());
  });
});
