import type { Host } from './network.ts';
import type { Program } from './program.ts';

export interface Answer {
  readonly begunMs: number;
  readonly endedMs: number;
  /** From the request to the end of its answer, exactly. */
  readonly ms: number;
  readonly status?: number;
  /** By what the answer names, else by the token. */
  readonly token?: string | null;
  /** What the token itself says, where it says anything. */
  readonly appid?: string;
  readonly oid?: string;
  readonly error?: string;
}

/** Every answer that one asking pod got. */
export interface Asked {
  readonly answers: readonly Answer[];
  /** Count by what came: a token's name, a status, or an error's code. */
  readonly counts: Readonly<Record<string, number>>;
  readonly longestWaitMs: number;
}

export interface Asking {
  readonly program: Program;
  /** Ends the asking, after all answers have come. */
  finish(): Promise<Asked>;
}

/** Lets a pod ask for a token twenty times a second. */
export async function startAsking(pod: Host, askerPath: string, everyMs = 50): Promise<Asking> {
  const program = pod.start(process.execPath, [askerPath, String(everyMs)]);
  await program.line(/^asking$/);
  return {
    program,
    async finish() {
      await program.stop('SIGTERM');
      return summary(answersOf(program));
    },
  };
}

/** The identities that IMDS was asked for, counted; `from` keeps those of one address only. */
export function askedOfImds(imds: Program, from?: string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const line of imds.lines.filter((text) => text.startsWith('{'))) {
    const entry = JSON.parse(line) as { from: string; identity: string | null };
    if (entry.identity !== null && (from === undefined || entry.from.endsWith(from))) {
      counts[entry.identity] = (counts[entry.identity] ?? 0) + 1;
    }
  }
  return counts;
}

function answersOf(program: Program): readonly Answer[] {
  return program.lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Answer);
}

function summary(answers: readonly Answer[]): Asked {
  const counts: Record<string, number> = {};
  for (const { status, token, error } of answers) {
    const what = token ?? (status === undefined ? (error ?? 'nothing') : String(status));
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return { answers, counts, longestWaitMs: Math.max(0, ...answers.map((one) => one.endedMs - one.begunMs)) };
}
