import { type Silence, silentMs } from '../../../domain/migrate/silence.ts';

const hourMs = 3_600_000;

/** The same of one whose new pods have just begun. */
export const watchedFromNowText = `Its new pods are watched from now on. It has moved when they have asked no agent for ${silentMs / hourMs} hours, a CronJob's in one whole run; podid migrate plan shows it.`;

/** Why a workload with new pods has not moved yet, by what the agents saw. */
export function watchedText(silence: Silence): string {
  const hours = silentMs / hourMs;
  switch (silence.kind) {
    case 'asked':
      return `Its pods last asked an agent at ${silence.lastAsked}; it has moved after ${hours} hours without.`;
    case 'unknown':
      return `podid cannot tell whether its pods still ask the agents: ${silence.why}.`;
    case 'watched':
      return `Watched for ${Math.floor(silence.forMs / hourMs)} of ${hours} hours, in which its pods have asked no agent.`;
    case 'silent':
      return `Its pods have asked no agent since ${silence.since}.`;
  }
}
