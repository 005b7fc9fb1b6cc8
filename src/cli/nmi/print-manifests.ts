import type { Installed } from '../../workflows/agent/install/install-agent.ts';
import { agentChangeShape } from '../results/agent-result.ts';
import type { Session } from '../run/session.ts';

/** Prints the manifests of a dry run, a document each; what is not among them is named on stderr. */
export async function printManifests(
  session: Session,
  { manifests = [], objects }: Installed,
): Promise<void> {
  const secrets = objects.filter(({ kind, action }) => kind === 'Secret' && action !== 'delete');
  for (const { namespace, name } of secrets) {
    session.report.warn(
      `Secret ${namespace}/${name} is not printed: podid shows no secret. Bring it there by another way.`,
    );
  }
  const gone = objects.filter(({ action }) => action === 'delete');
  if (gone.length > 0) {
    session.report.warn(
      `Manifests remove nothing: what the other agent is made of stays, and podid's must not start beside it on the same ports.`,
    );
  }
  for (const manifest of manifests) {
    await session.print(manifest, { ...agentChangeShape, repeated: true });
  }
}
