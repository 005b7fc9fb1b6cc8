import { entryProgress, type PodIdentity } from '../../domain/entries/pod-identity.ts';
import { nearestWord } from '../../validate/nearest-word.ts';
import { quoted, type UsageFaults } from '../../validate/usage-faults.ts';

const states = ['Assigned', 'Failed', 'Updating', 'Deleting', 'Succeeded', 'Canceled', 'Creating'];

interface PickFlags {
  readonly problems: boolean;
  readonly state: string | undefined;
  readonly sortBy: string | undefined;
  readonly rawCluster: boolean;
}

/** Picks and sorts the entries of a list. */
export function pickEntries(
  { problems, state, sortBy, rawCluster }: PickFlags,
  faults: UsageFaults,
): (entries: readonly PodIdentity[]) => readonly PodIdentity[] {
  const wanted = state?.toLowerCase();
  if (state !== undefined && !states.some((each) => each.toLowerCase() === wanted)) {
    const meant = nearestWord(state, states);
    const nearest = meant === undefined ? '' : ` Nearest: ${meant}`;
    faults.add('--state', `--state: ${quoted(state)} is not one of ${states.join(', ')}.${nearest}`);
  }
  for (const [flag, value] of [
    ['--state', state],
    ['--sort-by', sortBy],
  ] as const) {
    if (rawCluster && value !== undefined) {
      faults.add(
        flag,
        `${flag} and --raw-cluster contradict each other: the whole cluster is printed as it is.`,
      );
    }
  }
  const key = sortKeys[sortBy as keyof typeof sortKeys];
  const isPicked = (entry: PodIdentity) =>
    (!problems || entryProgress(entry) !== 'done') &&
    (wanted === undefined || entry.provisioningState?.toLowerCase() === wanted);
  return (entries) => {
    const picked = entries.filter(isPicked);
    return key === undefined ? picked : picked.toSorted((one, other) => compare(key(one), key(other)));
  };
}

const sortKeys = {
  name: ({ name, namespace }: PodIdentity) => [name, namespace],
  namespace: ({ name, namespace }: PodIdentity) => [namespace, name],
  selector: ({ bindingSelector, namespace, name }: PodIdentity) => [bindingSelector, namespace, name],
  identity: ({ identity, namespace, name }: PodIdentity) => [
    identity.resourceId.split('/').at(-1)?.toLowerCase() ?? '',
    namespace,
    name,
  ],
  state: ({ provisioningState = '', namespace, name }: PodIdentity) => [provisioningState, namespace, name],
};

/** By code units, so that the order is the same whatever the language of the machine. */
function compare(one: readonly string[], other: readonly string[]): number {
  const at = one.findIndex((text, index) => text !== other[index]);
  return at < 0 ? 0 : (one[at] ?? '') < (other[at] ?? '') ? -1 : 1;
}
