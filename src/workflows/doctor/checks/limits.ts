import { counted } from '../../../domain/counted.ts';
import {
  type LeftOutReason,
  ObjectLedger,
  objectLimits,
  sizeOfObject,
  sizeOfPod,
  type WatchedKind,
} from '../../../domain/kubernetes/object-limits.ts';
import { advice } from '../../../errors/hint.ts';
import { type Check, fail, judging, listed, pass, warn } from '../check.ts';
import type { Evidence } from '../evidence.ts';
import { readOr } from '../probe.ts';

/** Whether agents keep all objects there are. What is beyond their limits they leave out. */
export const limits: Check = {
  name: 'limits',
  behind: ['definitions'],
  judge: (evidence) =>
    judging(evidence.objects, () => {
      const all = leftOutBy(evidence);
      const { namespace } = evidence.subject;
      const concerned = all.filter((each) => namespace === undefined || each.namespace === namespace);
      if (concerned.length > 0) {
        const names = listed(
          concerned.map(
            ({ kind, namespace: own, name, reason }) => `${kind} ${own}/${name} (${meaning[reason]})`,
          ),
        );
        return fail(
          `${counted(concerned.length, 'object')} beyond the limits of an agent are left out, so nobody gets a token by them: ${names}.`,
          advice`Make them smaller, or delete those that nobody needs. The limits are in docs/nmi.md under "What it keeps of the objects"`,
        );
      }
      if (all.length > 0) {
        const others = [...new Set(all.map((each) => each.namespace))];
        return warn(
          `${counted(all.length, 'object')} of other namespaces are beyond the limits of an agent and left out (${listed(others)}). The namespace in question is served.`,
        );
      }
      return pass('All objects are within the limits of an agent.');
    }),
};

const meaning: Readonly<Record<LeftOutReason, string>> = {
  'object-too-large': 'too large',
  'namespace-full': 'one too many of its namespace',
  'cluster-full': 'more than the share of its namespace in a cluster that is full',
};

interface LeftOutObject {
  readonly kind: WatchedKind;
  readonly namespace: string;
  readonly name: string;
  readonly reason: LeftOutReason;
}

/** By the agent's own rule, in the order of the API server's lists, in which an agent reads them too. */
function leftOutBy({ objects, pods }: Evidence): readonly LeftOutObject[] {
  const resources = readOr(objects, undefined)?.resources;
  const lists: readonly (readonly [WatchedKind, readonly Sized[]])[] = [
    ['azureidentities', (resources?.identities ?? []).map(sized)],
    ['azureidentitybindings', (resources?.bindings ?? []).map(sized)],
    ['azurepodidentityexceptions', (resources?.exceptions ?? []).map(sized)],
    ['pods', readOr(pods, []).map((pod) => ({ ...pod, size: sizeOfPod(pod) }))],
  ];
  return lists.flatMap(([kind, list]) => {
    // The pods are those in question, of any node: of them only the size of each can be judged.
    const ofNode = kind === 'pods' ? undefined : new ObjectLedger(objectLimits[kind]);
    return list.flatMap(({ namespace, name, size }) => {
      const ledger = ofNode ?? new ObjectLedger(objectLimits[kind]);
      const reason = ledger.admit({ namespace, name }, size);
      return reason === undefined ? [] : [{ kind, namespace, name, reason }];
    });
  });
}

interface Sized {
  readonly namespace: string;
  readonly name: string;
  readonly size: number;
}

function sized(object: Parameters<typeof sizeOfObject>[0]): Sized {
  const { namespace, name } = object.metadata;
  return { namespace, name, size: sizeOfObject(object) };
}
