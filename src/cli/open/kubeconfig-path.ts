import { stat } from 'node:fs/promises';
import { isLoopbackHost } from '../../domain/azure/loopback-host.ts';
import { startEmulatorCommand } from '../../domain/hints/emulator-command.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import type { FlagValues } from '../../flags/flag-table.ts';
import { readChoice } from '../../flags/read-flags.ts';
import type { kubeFlags } from '../flags/cluster-flags.ts';
import type { Session } from '../run/session.ts';
import { kubeconfigOfVariable, usualKubeconfigPath } from './usual-kubeconfig.ts';

/** The ways to a cluster's own API that a command may be given; without any, its own credentials are used. */
export interface KubeFlagValues extends Partial<FlagValues<typeof kubeFlags>> {
  readonly via?: string | undefined;
}

/**
 * The kubeconfig to use instead of the cluster's own credentials. KUBECONFIG alone does not choose it in the
 * wide world, where it often leads to another cluster than the one named here; with an ARM endpoint of one's
 * own (a lab, an emulator) it does.
 */
export async function kubeconfigPath(session: Session, flags: KubeFlagValues): Promise<string | undefined> {
  if (flags.via !== undefined) {
    checkVia(session, flags);
    return undefined;
  }
  const { env } = session.context;
  const chooses = flags.kubeconfig === undefined ? flags.context && '--context' : '--kubeconfig';
  if (flags.publicFqdn && chooses) {
    session.faults.add(
      '--public-fqdn',
      `--public-fqdn and ${chooses} contradict each other: the kubeconfig names the server.`,
    );
  }
  // Whoever types --public-fqdn wants Azure's credentials, an ARM endpoint of one's own or not.
  const ofLab = env['PODID_ARM_ENDPOINT'] && !flags.publicFqdn;
  const byVariable = flags.context !== undefined || ofLab ? kubeconfigOfVariable(env) : undefined;
  const byDefault = flags.context === undefined ? undefined : usualKubeconfigPath(env);
  const path = flags.kubeconfig ?? byVariable ?? byDefault;
  if (path === undefined) {
    return undefined;
  }
  if (path === '') {
    session.faults.add('--kubeconfig', '--kubeconfig is empty.');
  } else {
    await checkKubeconfig(session, path, flags);
  }
  return path;
}

/**
 * Whether Azure's credentials are to lead to the public name of a private cluster: by the flag, or by its variable,
 * which is `true` or `false`.
 */
export function byPublicFqdn(
  { context: { env }, faults }: Pick<Session, 'context' | 'faults'>,
  { publicFqdn = false }: KubeFlagValues,
): boolean {
  const variable = env['PODID_PUBLIC_FQDN'] || undefined;
  return (
    publicFqdn ||
    (variable !== undefined &&
      readChoice('PODID_PUBLIC_FQDN', variable, ['true', 'false'], faults) === 'true')
  );
}

/** Azure knows the cluster and signs in to it, so a kubeconfig has no part in it. */
function checkVia({ faults }: Session, { kubeconfig, context, publicFqdn }: KubeFlagValues): void {
  const others = {
    '--kubeconfig': kubeconfig,
    '--context': context,
    '--public-fqdn': publicFqdn || undefined,
  };
  for (const [flag, value] of Object.entries(others)) {
    if (value !== undefined) {
      faults.add(flag, `${flag} and --via run-command contradict each other.`);
    }
  }
}

async function checkKubeconfig(session: Session, path: string, flags: KubeFlagValues): Promise<void> {
  try {
    await session.context.checkKubeconfig(path, flags.context);
  } catch (error) {
    if (!isPodidError(error, 'InvalidKubeconfig')) {
      throw error;
    }
    if (!session.faults.any) {
      throw flags.kubeconfig === undefined ? await ofEmulator(session, path, error) : error;
    }
    session.faults.add(flags.kubeconfig === undefined ? 'KUBECONFIG' : '--kubeconfig', error.message);
  }
}

/** An emulator takes its kubeconfig along when it ends, and leaves the variables behind. */
async function ofEmulator({ context }: Session, path: string, error: PodidError): Promise<PodidError> {
  const endpoint = context.env['PODID_ARM_ENDPOINT'] ?? '';
  const isEmulator =
    URL.canParse(endpoint) &&
    isLoopbackHost(new URL(endpoint).hostname) &&
    // One file: of a list, what is wrong may be another's.
    /^(?:[a-z]:)?[^:;]*[/\\]podid-emulator-[^/\\:;]+[/\\]kubeconfig$/i.test(path);
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (!isEmulator || isThere) {
    return error;
  }
  const message = `The kubeconfig ${path} (KUBECONFIG) is gone, and with it probably the emulator at PODID_ARM_ENDPOINT (${endpoint}).`;
  return new PodidError('InvalidKubeconfig', message, {
    hint: startEmulatorCommand,
    target: path,
    cause: error,
  });
}
