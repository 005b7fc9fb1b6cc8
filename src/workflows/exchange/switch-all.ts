import { counted } from '../../domain/counted.ts';
import { entryText } from '../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { type ChangeDeps, endOfWait } from '../change/start-change.ts';
import { trustingText, trustingWait } from './make-credential.ts';
import type { IdentitySteps } from './plan-exchange.ts';
import type { ExchangeView } from './read-exchange.ts';
import { type Progress, type SwitchDeps, switchIdentity } from './switch-identity.ts';

/** All of them side by side. @throws PodidError ExchangeUnavailable, and with how far it came when it is ended */
export async function switchAll(
  deps: ChangeDeps,
  { basis, cluster }: ExchangeView,
  more: Pick<SwitchDeps, 'kube' | 'tokensOf' | 'rehearsal'>,
  all: readonly Progress[],
): Promise<void> {
  const { trust } = basis;
  if (trust === undefined) {
    throw new PodidError('ExchangeUnavailable', `Cluster ${cluster.id.name} has no OIDC issuer.`, {
      hint: nextCommand('exchange enable', cluster.id),
      target: cluster.resourceId,
    });
  }
  const makes = all.some(({ steps }) => steps.credential);
  const wait = trustingWait(more.rehearsal, makes);
  const report = () => {
    const done = all.filter(({ at, failure }) => at === 'switched' || failure !== undefined).length;
    deps.report.progress(
      `${trustingText(more.rehearsal, makes)}: ${done} of ${counted(all.length, 'identity', 'identities')} done`,
      { wait },
    );
  };
  report();
  try {
    await deps.deadline.within((signal) =>
      eachConcurrently(
        all,
        async (progress) => {
          await switchIdentity({ ...deps, ...more, trust, signal }, progress);
          report();
        },
        all.length,
      ),
    );
  } catch (error) {
    throw endOfWait(deps, error, howFar(all), nextCommand('exchange enable', cluster.id).again());
  }
}

/** Where the tokens of an identity that was not switched come from. */
const stillServed: readonly { readonly by: string; readonly is: (steps: IdentitySteps) => boolean }[] = [
  { by: 'served by IMDS', is: ({ switches, replaces }) => switches && replaces === undefined },
  { by: "exchanged by the agent's token", is: ({ replaces }) => replaces === 'agent' },
  { by: "exchanged by the tokens of pods' accounts", is: ({ replaces }) => replaces === 'workload' },
  { by: 'exchanged as before', is: ({ switches }) => !switches },
];

/** What an interruption leaves: nothing half, for each step is whole. */
function howFar(all: readonly Progress[]): string {
  const named = (wanted: Progress['at'][]) =>
    all.filter(({ at }) => wanted.includes(at)).map(({ steps }) => entryText(steps.standing.row));
  const switched = named(['switched']);
  const trusted = all.filter(({ at }) => at === 'trusted' || at === 'rehearsed');
  return [
    switched.length === 0 ? 'No identity was switched.' : `Switched: ${switched.join(', ')}.`,
    ...stillServed.map(({ by, is }) => {
      const names = trusted
        .filter(({ steps }) => is(steps))
        .map(({ steps }) => entryText(steps.standing.row));
      return names.length === 0 ? '' : `With a federated credential, and still ${by}: ${names.join(', ')}.`;
    }),
    ...all.flatMap(({ steps, failure }) =>
      failure === undefined ? [] : [`${entryText(steps.standing.row)}: ${failure}`],
    ),
    'The same command goes on from there.',
  ]
    .filter(Boolean)
    .join(' ');
}
