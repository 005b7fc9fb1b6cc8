import { describe, expect, it } from 'vitest';
import type { CheckResult } from '../../src/workflows/doctor/check.ts';
import { faultsOfObjects, type SeededFault, seededFaults } from './doctor-faults.ts';
import { type EmulatedPodid, identityId } from './emulated-podid.ts';
import { withImage } from './hint-commands.ts';
import { type Asked, findings, type Mode, sickPodid, waysOf } from './sick-podid.ts';
import { standardFaults } from './standard-faults.ts';
import { type KubeDocument, typeOthersWords } from './type-others.ts';

type Sick = Pick<SeededFault, 'what' | 'seed'>;

/** What is said in a world in which all is well is typed once, here, and in no sick world. */
const nothing: Sick = { what: 'nothing', seed: () => undefined };

const everyFault = [
  ...rows('with the add-on', [nothing, ...seededFaults, ...faultsOfObjects]),
  ...rows('without the add-on', [nothing, ...seededFaults, ...faultsOfObjects]),
  ...rows('in standard mode', [nothing, ...seededFaults, ...faultsOfObjects, ...standardFaults]),
];

function rows(mode: Mode, faults: readonly Sick[]) {
  return faults.map((fault) => [mode, fault.what, fault] as const);
}

const questions: readonly Asked[] = [{ namespace: 'demo', pod: 'web-1' }, { namespace: 'demo' }, {}];

describe('each way that a hint names, typed in the world that it is about', () => {
  it.each(everyFault)(
    'is accepted, and what it is to cure is gone, %s: %s',
    async (mode, _what, fault) => {
      const typed = new Set(fault === nothing ? [] : await messagesOfHealthy(mode));
      for (const asked of questions) {
        await using looking = await sickPodid(mode, fault);
        for (const found of await findings(looking, asked)) {
          if (found.hint === undefined || typed.has(keyOf(found))) {
            continue;
          }
          typed.add(keyOf(found));
          for (const way of waysOf(found.hint)) {
            await using podid = await sickPodid(mode, fault);
            await typeWay(podid, way.map(filledIn));
            if (cures(way)) {
              const after = await findings(podid, asked);
              expect(after.map(keyOf), `after ${textOf(way)}`).not.toContain(keyOf(found));
            }
          }
        }
      }
    },
    120_000,
  );
});

const ofHealthy = new Map<Mode, readonly string[]>();

async function messagesOfHealthy(mode: Mode): Promise<readonly string[]> {
  const known = ofHealthy.get(mode);
  if (known !== undefined) {
    return known;
  }
  await using podid = await sickPodid(mode);
  const found: string[] = [];
  for (const asked of questions) {
    found.push(...(await findings(podid, asked)).map(keyOf));
  }
  ofHealthy.set(mode, found);
  return found;
}

function keyOf({ name, result, message, hint }: CheckResult): string {
  return `${name} ${result}: ${message} ${hint ?? ''}`;
}

function textOf(way: readonly (readonly string[])[]): string {
  return way.map((words) => words.join(' ')).join(' && ');
}

/** As somebody does who knows what a word stands for. */
function filledIn(words: readonly string[]): readonly string[] {
  const own: Readonly<Record<string, string>> = {
    NAME: 'web',
    ROLE: 'Reader',
    SCOPE: identityId('web'),
    PRINCIPAL: '00000000-0000-4000-8000-0000000000aa',
  };
  const filled = words.map((word) =>
    (own[word] ?? word)
      .replace(/\/IDENTITY(?=$|")/, '/web')
      .replace(/=TENANT$/, '=00000000-0000-4000-8000-00000000aaaa'),
  );
  expect(filled.join(' ')).not.toMatch(/(?:^|[ /=:"])(?!DELETE\b)[A-Z][A-Z_]{2,}(?:$|[ /"])/);
  return filled;
}

async function typeWay(podid: EmulatedPodid, way: readonly (readonly string[])[]): Promise<void> {
  for (const words of way) {
    const line = words.join(' ');
    // What a reader would put behind a pipe.
    if (words[0] === 'grep') {
      continue;
    }
    if (words[0] !== 'podid') {
      await typeOthersWords(podid, words, mended).catch((error: Error) => {
        throw new Error(`${line}: ${error.message}`);
      });
      continue;
    }
    const ran = await saidYes(podid, withImage(words.slice(1)));
    const told = `${line}\n${ran.exitCode}: ${ran.stderr}`;
    if (words[1] === 'nmi' && words[2] === 'install' && ran.exitCode !== 0) {
      expect([ran.exitCode, ran.stderr], told).toEqual([
        7,
        expect.stringContaining('The nodes of the emulator run no pods.'),
      ]);
    } else if (words[1] === 'exchange' && ran.exitCode !== 0) {
      // The first of two steps is done, and the command says how the second is.
      expect(told).toMatch(/^5: [\s\S]*The OIDC issuer is on, .*\n.*and then the same command again$/m);
    } else {
      // Of the doctor 10 says that something else is not well.
      expect(words.includes('--fix') ? [0, 10] : [0], told).toContain(ran.exitCode);
    }
  }
}

/** The question that a terminal would ask is answered. */
async function saidYes(podid: EmulatedPodid, words: readonly string[]) {
  const ran = await podid.run(words);
  return ran.exitCode === 2 && ran.stderr.includes('--yes') ? await podid.run([...words, '--yes']) : ran;
}

/** What somebody would change in the editor that a hint opens. */
function mended(object: KubeDocument & { readonly kind?: string }): object {
  const ids = { type: 0, resourceID: identityId('web'), clientID: '00000000-0000-4000-8000-0000c11e0001' };
  return object.kind === 'AzureIdentity'
    ? { ...object, spec: ids }
    : { ...object, spec: { ...object.spec, egress: [{}] } };
}

/**
 * Whether the last command changes what the check is about. The others look; or they begin what the emulator has
 * nobody to end: no node starts a pod anew, no controller tries again.
 */
function cures(way: readonly (readonly string[])[]): boolean {
  const last = way.at(-1) ?? [];
  const line = last.join(' ');
  const looks =
    /^(?:grep|kubectl (?:get|describe|logs)|az (?:identity|vmss) |podid (?:cluster|node) list|podid (?:wait|status|nmi|exchange) ?)/;
  return (
    !looks.test(line) && !last.some((word) => ['--help', '--dry-run', 'PRINCIPAL', 'NAME'].includes(word))
  );
}
