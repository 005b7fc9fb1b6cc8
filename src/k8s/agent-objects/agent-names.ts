import type { AgentRelease, AgentValues } from '../../domain/kubernetes/agent-values.ts';
import type { ControllerValues } from '../../domain/kubernetes/controller-values.ts';

/** What every renderer needs beside its own matter. */
export interface Rendering {
  readonly values: AgentValues;
  readonly release: AgentRelease;
  /** Of the DaemonSet, the account and the roles: `podid-nmi`. */
  readonly agent: string;
  /** What selects the agent's pods; never changes, since the selector of a DaemonSet cannot. */
  readonly selector: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** The same for podid-mic: `agent` is its name, `podid-mic`. */
export interface ControllerRendering extends Rendering {
  readonly controller: ControllerValues;
}

/** Where the keeper of the rules writes for the server how they stand. */
export const heartbeatFolder = '/run/podid';
export const heartbeatPath = `${heartbeatFolder}/heartbeat.json`;

/** The user of the image, and the only one that may listen on the agent's port. */
export const serverUser = 10001;

export function startRendering(values: AgentValues, release: AgentRelease): Rendering {
  const name = shortened(values.nameOverride || 'podid', 59);
  const selector = {
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/component': 'nmi',
    'app.kubernetes.io/instance': release.name,
  };
  return {
    values,
    release,
    agent: `${shortened(values.fullnameOverride || name, 59)}-nmi`,
    selector,
    labels: {
      ...selector,
      'app.kubernetes.io/managed-by': 'podid',
      'app.kubernetes.io/version': release.version,
    },
  };
}

/** A label selector for everything of a release, whatever its values say. */
export function releaseSelector({ name }: AgentRelease): string {
  return [
    'app.kubernetes.io/component in (nmi,mic)',
    `app.kubernetes.io/instance=${name}`,
    'app.kubernetes.io/managed-by=podid',
  ].join(',');
}

function shortened(text: string, length: number): string {
  return text.slice(0, length).replace(/-$/, '');
}
