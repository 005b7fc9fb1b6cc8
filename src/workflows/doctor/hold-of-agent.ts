import { labelsOf } from './agent-metrics.ts';

/** What an agent holds for a takeover, by its metrics. */
export interface AgentHold {
  /**
   * `holding`: all that is to be held is there. `differs`: the agent sees other objects. `serving`: some are served by the
   * hold alone. `refused`: it takes nothing of the ConfigMap. `none`: there is no hold, or the agent knows of none.
   */
  readonly state: 'holding' | 'differs' | 'serving' | 'refused' | 'none' | 'unknown';
  /** Of the objects, in hex; empty where there are none. */
  readonly sha256: string;
}

const states: readonly string[] = ['holding', 'differs', 'serving', 'refused'] satisfies AgentHold['state'][];

/** @param metrics Prometheus text; undefined where the agent could not be asked */
export function holdOfAgent(metrics: string | undefined): AgentHold {
  if (metrics === undefined) {
    return { state: 'unknown', sha256: '' };
  }
  const labels = labelsOf(metrics, 'podid_nmi_takeover_hold');
  const state = labels?.get('state') ?? '';
  return isState(state)
    ? { state, sha256: labels?.get('sha256') ?? '' }
    : { state: labels === undefined ? 'none' : 'unknown', sha256: '' };
}

function isState(text: string): text is AgentHold['state'] {
  return states.includes(text);
}
