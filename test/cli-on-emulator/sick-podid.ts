import { clusterFlags, kubeFlags } from '../../src/cli/flags/cluster-flags.ts';
import { globalFlags } from '../../src/cli/flags/global-flags.ts';
import { changeOptions } from '../../src/cli/open/change-options.ts';
import { openDeps } from '../../src/cli/open/open-deps.ts';
import { createContext } from '../../src/cli/run/context.ts';
import { openSession } from '../../src/cli/run/session.ts';
import type { Hint } from '../../src/errors/hint.ts';
import { readFlags } from '../../src/flags/read-flags.ts';
import { UsageFaults } from '../../src/validate/usage-faults.ts';
import type { CheckResult } from '../../src/workflows/doctor/check.ts';
import { diagnose } from '../../src/workflows/doctor/diagnose.ts';
import { type SeededFault, withoutAddon } from './doctor-faults.ts';
import { type EmulatedPodid, emulatedPodid } from './emulated-podid.ts';
import { sink } from './sink.ts';
import { settle } from './standard-world.ts';

/** Of each mode a world in which all is well, to be made sick. */
const healthy = {
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

export type Mode = keyof typeof healthy;

export async function sickPodid(
  mode: Mode,
  ...faults: readonly Pick<SeededFault, 'seed'>[]
): Promise<EmulatedPodid> {
  const podid = await healthy[mode]();
  for (const { seed } of faults) {
    seed(podid.emulator);
  }
  return podid;
}

export interface Asked {
  readonly namespace?: string;
  readonly pod?: string;
}

/** What the doctor finds that is not as it should be, with hints that are no text yet. */
export async function findings(podid: EmulatedPodid, asked: Asked): Promise<readonly CheckResult[]> {
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
  return checks.filter(({ result }) => result !== 'pass');
}

/** The commands of a hint, word for word. */
export function commandsOf(hint: Hint): readonly (readonly string[])[] {
  const found: (readonly string[])[] = [];
  hint.withCommands(({ words }) => {
    found.push(words);
    return words;
  });
  return found;
}

/** What stands between two commands of which the second is typed after the first, and not in its place. */
const goesOn = / && |, then | for: |\. Then /;

/** The ways that a hint names: each is a list of commands, to be typed one after the other. */
export function waysOf(hint: Hint): readonly (readonly (readonly string[])[])[] {
  const ways: (readonly string[])[][] = [];
  let joins = false;
  for (const part of hint.parts) {
    if (typeof part === 'object' && 'words' in part) {
      const before = joins ? (ways.pop() ?? []) : [];
      ways.push([...before, part.words]);
      joins = false;
    } else if (typeof part === 'string') {
      joins = ways.length > 0 && goesOn.test(part);
    }
  }
  return ways;
}
