import type { BundledPrograms } from './bundled-programs.ts';
import type { Host } from './network.ts';

/** What came of one request: an answer, or the error's code; `NO_ANSWER` when nothing came in time. */
export interface Outcome {
  readonly status?: number;
  /** `yes` when the stand-in for the agent answered. */
  readonly standIn?: string | null;
  readonly body?: string;
  readonly error?: string;
}

export interface RequestOptions {
  readonly localPort?: number;
  readonly localAddress?: string;
  readonly waitMs?: number;
}

export const imdsToken =
  'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=r';

/** Asks once, from the given host. */
export async function requestFrom(
  host: Host,
  programs: BundledPrograms,
  target: string,
  options: RequestOptions = {},
): Promise<Outcome> {
  const asked = host.start(process.execPath, [programs.path('one-request'), target, JSON.stringify(options)]);
  return JSON.parse(await asked.line(/^\{/)) as Outcome;
}
