import { describe, expect, it } from 'vitest';
import { clusterFlags, kubeFlags } from '../../src/cli/flags/cluster-flags.ts';
import { globalFlags } from '../../src/cli/flags/global-flags.ts';
import { changeOptions } from '../../src/cli/open/change-options.ts';
import { openDeps } from '../../src/cli/open/open-deps.ts';
import { createContext } from '../../src/cli/run/context.ts';
import { openSession } from '../../src/cli/run/session.ts';
import { advice, command, type Hint } from '../../src/errors/hint.ts';
import { readFlags } from '../../src/flags/read-flags.ts';
import { UsageFaults } from '../../src/validate/usage-faults.ts';
import type { CheckResult } from '../../src/workflows/doctor/check.ts';
import { diagnose } from '../../src/workflows/doctor/diagnose.ts';
import { faultsOfObjects, type SeededFault, seededFaults, withoutAddon } from './doctor-faults.ts';
import { type EmulatedPodid, emulatedPodid } from './emulated-podid.ts';
import { withImage } from './hint-commands.ts';
import { sink } from './sink.ts';
import { standardFaults } from './standard-faults.ts';
import { settle } from './standard-world.ts';

/** Of each mode a world in which all is well, to be made sick. */
const modes = {
  'with the add-on': async () => await emulatedPodid({ scenario: 'in-use' }),
  'without the add-on': async () => {
    const podid = await emulatedPodid({ scenario: 'in-use' });
    withoutAddon(podid.emulator);
    return podid;
  },
  'in standard mode': async () => {
    const podid = await emulatedPodid({ scenario: 'standard-mode' });
    settle(podid.emulator);
    return podid;
  },
} as const;

type Sick = Pick<SeededFault, 'what' | 'seed'>;

const everyFault = [
  ...rows('with the add-on', seededFaults),
  // Without the add-on Azure has no entries and no feature that those faults are about; their hints may not appear.
  ...rows('without the add-on', [...seededFaults, ...faultsOfObjects]),
  ...rows('in standard mode', [...seededFaults, ...faultsOfObjects, ...standardFaults]),
];

function rows(mode: keyof typeof modes, faults: readonly Sick[]) {
  return faults.map((fault) => [mode, fault.what, fault] as const);
}

describe('each hint', () => {
  it.each(everyFault)('can be typed as it stands, %s: %s', async (mode, _what, fault) => {
    await using podid = await modes[mode]();
    fault.seed(podid.emulator);
    const hints = [
      ...(await hintsFor(podid, { namespace: 'demo', pod: 'web-1' })),
      ...(await hintsFor(podid, { namespace: 'demo' })),
      ...(await hintsFor(podid, {})),
    ];
    refuseEverything(podid);
    for (const hint of hints) {
      expect(unexplained(hint), String(hint)).toEqual([]);
    }
    for (const words of hints.flatMap(wordsIn)) {
      const line = words.join(' ');
      expect(words, line).not.toContain('');
      if (words[0] === 'podid') {
        const ran = await podid.run(withImage(words.slice(1)));
        expect([1, 2], `${line}\n${ran.stderr}`).not.toContain(ran.exitCode);
      } else {
        checkOthers(words);
      }
    }
  });

  it.each([
    [advice`${command('kubectl get pod NAME -n', 'demo')}`, ['NAME']],
    [advice`For a Deployment NAME: ${command('kubectl patch deployment NAME -n', 'demo')}`, []],
    [advice`${command('podid add --identity-resource-id', '/subscriptions/s/IDENTITY')}`, ['IDENTITY']],
    [advice`${command('kubectl label pod web aadpodidbinding=SELECTOR')} for web`, ['SELECTOR']],
  ])('would be found to leave a word unexplained: %s', (hint, words) => {
    expect(unexplained(hint)).toEqual(words);
  });
});

describe('without the add-on', () => {
  it.each(faultsOfObjects.map((fault) => [fault.what, fault] as const))(
    'is found and named by its own check alone: %s',
    async (_what, fault) => {
      await using podid = await sick(fault);
      const { stdout, exitCode } = await podid.run(
        fault.line ?? 'doctor --namespace demo --pod web-1 -o json',
      );
      const { checks } = JSON.parse(stdout) as { checks: CheckResult[] };
      const found = checks.find(({ name }) => name === fault.check);
      expect(checks.filter(({ result }) => result === 'fail').map(({ name }) => name)).toEqual(
        fault.result === 'warn' ? [] : [fault.check],
      );
      expect(found).toMatchObject({
        result: fault.result ?? 'fail',
        message: expect.stringMatching(fault.title),
        hint: expect.stringMatching(fault.fixes ?? /\b(?:podid|kubectl|az) [a-z]/),
      });
      expect(exitCode).toBe(fault.result === 'warn' ? 0 : 10);
      expect(stdout).not.toContain('keeps Azure from any change');
    },
  );

  it.each(faultsOfObjects.map((fault) => [fault.what, fault] as const))(
    'the command of the hint does what it says, where nobody has to fill it in: %s',
    async (_what, fault) => {
      await using podid = await sick(fault);
      const asked = fault.line === undefined ? { pod: 'web-1' } : {};
      const before = await commandsFor(podid, { namespace: 'demo', ...asked }, fault.check);
      const whole = before.filter(
        (words) =>
          words[0] === 'podid' &&
          /^(?:add|delete|exception delete|node assign)\b/.test(words.slice(1).join(' ')),
      );
      for (const words of whole.filter((words) => !words.join(' ').includes('IDENTITY'))) {
        const ran = await podid.run(words.slice(1));
        expect(ran.exitCode, `${words.join(' ')}\n${ran.stderr}`).toBe(0);
        const after = await podid.run(fault.line ?? 'doctor --namespace demo --pod web-1 -o json');
        const { checks } = JSON.parse(after.stdout) as { checks: CheckResult[] };
        expect(['pass', 'skip']).toContain(checks.find(({ name }) => name === fault.check)?.result);
      }
    },
  );

  it('a healthy world has nothing to warn of', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    withoutAddon(podid.emulator);
    const { stdout, exitCode } = await podid.run('doctor -o json');
    const { checks } = JSON.parse(stdout) as { checks: CheckResult[] };
    expect([checks.filter(({ result }) => result !== 'pass'), exitCode]).toEqual([[], 0]);
  });
});

async function sick(fault: SeededFault): Promise<EmulatedPodid> {
  const podid = await emulatedPodid({ scenario: 'in-use' });
  withoutAddon(podid.emulator);
  fault.seed(podid.emulator);
  return podid;
}

/** The commands in the hints of what is not as it should be, word for word. */
async function commandsFor(...asked: Parameters<typeof hintsFor>): Promise<readonly (readonly string[])[]> {
  return (await hintsFor(...asked)).flatMap(wordsIn);
}

async function hintsFor(
  podid: EmulatedPodid,
  asked: { readonly namespace?: string; readonly pod?: string },
  check?: string,
): Promise<readonly Hint[]> {
  const [stdout, stderr] = [sink(), sink()];
  const faults = new UsageFaults();
  const env = { ...podid.emulator.environment, PODID_POLL_INTERVAL: '10ms' };
  const streams = { env, stdin: process.stdin, stdout: stdout.stream, stderr: stderr.stream };
  const context = createContext(new AbortController().signal, streams);
  const global = readFlags(globalFlags, [], faults);
  const flags = readFlags({ ...clusterFlags, ...kubeFlags }, [], faults);
  const examples = () => Promise.resolve([]);
  const session = await openSession(context, {
    words: ['doctor'],
    global,
    faults,
    hintText: String,
    examples,
  });
  const { deps, cluster } = await openDeps(session, flags, { kube: true });
  const request = { subject: { cluster, ...asked }, fix: false };
  const { checks } = await diagnose(deps, request, changeOptions(session, {}));
  return checks
    .filter(({ name, result }) => result !== 'pass' && (check === undefined || name === check))
    .flatMap(({ hint }) => hint ?? []);
}

function wordsIn(hint: Hint): readonly (readonly string[])[] {
  const found: (readonly string[])[] = [];
  hint.withCommands(({ words }) => {
    found.push(words);
    return words;
  });
  return found;
}

/** Words that stand for what podid does not know, and of which the hint does not say what to put there. */
function unexplained(hint: Hint): readonly string[] {
  const told = hint.parts.filter((part) => typeof part === 'string').join(' ');
  return wordsIn(hint)
    .flat()
    .flatMap((word) => word.match(/(?<=^|[/=:"])[A-Z][A-Z_-]+(?=$|["/])/g) ?? [])
    .filter((word) => !new RegExp(`\\b${word}\\b`).test(told));
}

/** So that a command ends where its flags are read: what it would do is another test's business. */
function refuseEverything({ emulator }: EmulatedPodid): void {
  const body = { error: { code: 'ExpiredAuthenticationToken', message: 'Expired.' } };
  emulator.faults.add({ match: { path: '.*' }, effect: { status: 401, body } });
  emulator.kube.faults = { ...emulator.kube.faults, away: 'html' };
}

/** What can be said of commands of others: the verb, whole patches, and names where names belong. */
function checkOthers(words: readonly string[]): void {
  const line = words.join(' ');
  expect(line).toMatch(
    /^(?:grep -F --|kubectl (?:get|describe|logs|edit|patch|label|create)|az (?:login|account|aks|role|identity|feature|vmss?|provider)) /,
  );
  const patch = words[words.indexOf('-p') + 1];
  if (words.includes('-p')) {
    expect(() => JSON.parse(patch ?? ''), line).not.toThrow();
  }
  for (const flag of ['-n', '-g', '--ids', '--assignee-object-id', '--subscription', '--scope']) {
    if (words.includes(flag)) {
      expect(words[words.indexOf(flag) + 1], line).toMatch(/^[^-]/);
    }
  }
}
