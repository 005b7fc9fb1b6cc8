import { describe, expect, it } from 'vitest';
import { advice, command, type Hint } from '../../src/errors/hint.ts';
import type { CheckResult } from '../../src/workflows/doctor/check.ts';
import { faultsOfObjects, type SeededFault, seededFaults, withoutAddon } from './doctor-faults.ts';
import { type EmulatedPodid, emulatedPodid } from './emulated-podid.ts';
import { type Asked, commandsOf, findings, type Mode, sickPodid } from './sick-podid.ts';
import { standardFaults } from './standard-faults.ts';

type Sick = Pick<SeededFault, 'what' | 'seed'>;

const everyFault = [
  ...rows('with the add-on', seededFaults),
  // Without the add-on Azure has no entries and no feature that those faults are about; their hints may not appear.
  ...rows('without the add-on', [...seededFaults, ...faultsOfObjects]),
  ...rows('in standard mode', [...seededFaults, ...faultsOfObjects, ...standardFaults]),
];

function rows(mode: Mode, faults: readonly Sick[]) {
  return faults.map((fault) => [mode, fault.what, fault] as const);
}

describe('each hint', () => {
  it.each(everyFault)('explains what is to be filled in, %s: %s', async (mode, _what, fault) => {
    await using podid = await sickPodid(mode, fault);
    const hints = [
      ...(await hintsFor(podid, { namespace: 'demo', pod: 'web-1' })),
      ...(await hintsFor(podid, { namespace: 'demo' })),
      ...(await hintsFor(podid, {})),
    ];
    for (const hint of hints) {
      expect(unexplained(hint), String(hint)).toEqual([]);
    }
    for (const words of hints.flatMap(commandsOf)) {
      expect(words, words.join(' ')).not.toContain('');
      if (words[0] !== 'podid') {
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

describe('with the add-on', () => {
  it.each(faultsOfObjects.map((fault) => [fault.what, fault] as const))(
    'is found where the objects alone have it, and by whom: %s',
    async (_what, fault) => {
      await using podid = await sickPodid('with the add-on', fault);
      const { stdout } = await podid.run(fault.line ?? 'doctor --namespace demo --pod web-1 -o json');
      const { checks } = JSON.parse(stdout) as { checks: CheckResult[] };
      const found = checks.filter(({ result }) => result === 'fail' || result === 'warn');
      const expected = fault.withAddon ?? [fault.check];
      expect(found.map(({ name }) => name)).toEqual(expected);
      for (const { name, message, hint } of found) {
        // With the add-on an entry that has no identity is told in words of its own.
        const isTitled = name === fault.check && name !== 'identities';
        expect(message).toMatch(isTitled ? fault.title : /demo\/(?:web|idle|young|legacy)\b/);
        expect(String(hint), name).toMatch(/\b(?:podid|kubectl|az) [a-z]/);
        expect(String(hint), name).not.toContain('--mode cluster');
      }
    },
  );
});

describe('objects of others that differ from Azure', () => {
  it.each(['a binding that names nobody', 'no binding of the identity'])(
    'are taken over by force where they are there, and only there: %s',
    async (what) => {
      await using podid = await sickPodid(
        'with the add-on',
        ...faultsOfObjects.filter((one) => one.what === what),
      );
      const [hint] = await hintsFor(podid, { namespace: 'demo' }, 'objects');
      const flags = '-g demo-rg -c demo --subscription 00000000-0000-4000-8000-000000000001';
      expect(String(hint)).toBe(
        what === 'a binding that names nobody'
          ? `To take over what others wrote: podid mirror ${flags} --force`
          : `podid mirror ${flags}`,
      );
    },
  );
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
        fault.result === undefined ? [fault.check] : [],
      );
      expect(found).toMatchObject({
        result: fault.result ?? 'fail',
        message: expect.stringMatching(fault.title),
      });
      if (fault.result !== 'pass') {
        expect(found?.hint).toMatch(fault.fixes ?? /\b(?:podid|kubectl|az) [a-z]/);
      }
      expect(exitCode).toBe(fault.result === undefined ? 10 : 0);
      expect(stdout).not.toContain('keeps Azure from any change');
    },
  );

  it.each(faultsOfObjects.map((fault) => [fault.what, fault] as const))(
    'the command of the hint does what it says, where nobody has to fill it in: %s',
    async (_what, fault) => {
      await using podid = await sick(fault);
      const asked = fault.line === undefined ? { pod: 'web-1' } : {};
      const hints = await hintsFor(podid, { namespace: 'demo', ...asked }, fault.check);
      const before = hints.flatMap(commandsOf);
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
  return await sickPodid('without the add-on', fault);
}

async function hintsFor(podid: EmulatedPodid, asked: Asked, check?: string): Promise<readonly Hint[]> {
  return (await findings(podid, asked))
    .filter(({ name }) => check === undefined || name === check)
    .flatMap(({ hint }) => hint ?? []);
}

/** Words that stand for what podid does not know, and of which the hint does not say what to put there. */
function unexplained(hint: Hint): readonly string[] {
  const told = hint.parts.filter((part) => typeof part === 'string').join(' ');
  return commandsOf(hint)
    .flat()
    .flatMap((word) => word.match(/(?<=^|[/=:"])[A-Z][A-Z_-]+(?=$|["/])/g) ?? [])
    .filter((word) => !new RegExp(`\\b${word}\\b`).test(told));
}

/** What can be said of commands of others: the verb, whole patches, and names where names belong. */
function checkOthers(words: readonly string[]): void {
  const line = words.join(' ');
  expect(line).toMatch(
    /^(?:grep -F --|kubectl (?:get|describe|logs|edit|patch|label|annotate|create|delete)|az (?:login|account|aks|role|identity|feature|vmss?|provider)) /,
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
