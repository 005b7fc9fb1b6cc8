import { counted } from '../../../domain/counted.ts';
import { entryText, sameEntry } from '../../../domain/entries/pod-identity.ts';
import { keptAnnotationsOf } from '../../../domain/exchange/kept-annotations.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import {
  type IdentityResources,
  identityApi,
  type ObjectMeta,
} from '../../../domain/kubernetes/identity-resources.ts';
import { type KubeObject, refOf, refText } from '../../../domain/kubernetes/kube-object.ts';
import {
  compareObjects,
  type KeptObject,
  type ObjectsCompared,
  someOf,
} from '../../../domain/takeover/compare-objects.ts';
import { holdText } from '../../../domain/takeover/hold.ts';
import { marksOf, type SavedMarks } from '../../../domain/takeover/takeover-export.ts';
import { startDeadline } from '../../../domain/time/deadline.ts';
import { eachConcurrently } from '../../../domain/time/each-concurrently.ts';
import { isPodidError, PodidError } from '../../../errors/podid-error.ts';
import { installOf, objectsNow, type TakeoverRun } from '../takeover-run.ts';
import { untilAgents } from './agents-ready.ts';
import { differenceSince, keepDefinitions } from './held-objects.ts';

/**
 * Step 5: the definitions, and the objects as podid's own. AKS may take them away once more, so that they count as
 * there when nothing was missing for a while. What is there by another hand than the add-on's is left alone, and what
 * somebody deleted or changed while its kind stayed is not brought back.
 *
 * @returns what was saved, as far as it counts still
 * @throws PodidError TakeoverBlocked at the end of `--timeout`, with what is missing
 */
export async function bringObjects(run: TakeoverRun): Promise<IdentityResources> {
  const { deps, request, options } = run;
  const deadline = startDeadline(deps.clock, options.timeoutMs, deps.signal);
  const install = installOf(run, { alongside: true, force: true });
  const { definitions } = run.kube.agent.render(install.values(), install.release);
  let quietSince: number | undefined;
  const [bringing, settling] = [{}, { usually: `${Math.ceil(request.settleMs / 1000)} s` }];
  for (;;) {
    const { lack, compared } = await bringInAnyWeather(run, definitions);
    // At once: a run that is killed while it waits whether they stay has the next bring back what somebody deletes.
    await keepDefinitions(run);
    const nowMs = deps.clock.monotonic();
    quietSince = lack === '' ? (quietSince ?? nowMs) : undefined;
    if (compared !== undefined && quietSince !== undefined && nowMs - quietSince >= request.settleMs) {
      reportDifferences(run, compared);
      return compared.kept;
    }
    if (deadline.passed()) {
      throw new PodidError('TakeoverBlocked', `The objects of the cluster are not back: ${lack}`, {
        hint: nextCommand('takeover apply', request.cluster).again(),
      });
    }
    if (lack === '') {
      deps.report.progress('All objects are there; waiting whether they stay', { wait: settling });
    } else {
      deps.report.progress(lack, { wait: bringing });
    }
    await deadline.pause(request.wait.intervalMs);
  }
}

/** Agents see what the cluster has now, which may be more than they hold; one whose hold differs from it counts, too. */
export async function untilAgentsSee(run: TakeoverRun): Promise<void> {
  await untilAgents(
    run,
    'sees the objects again',
    {
      anew: async () => {
        const sha256 = run.request.sha256(holdText(await objectsNow(run)));
        return ({ hold, holdSha256 }) => (hold === 'holding' || hold === 'differs') && holdSha256 === sha256;
      },
    },
    () => differenceSince(run),
  );
}

interface Brought {
  /** A sentence on what is not as it should be; empty where all is. */
  readonly lack: string;
  readonly compared?: ObjectsCompared;
}

/** A definition that AKS deletes at this moment, and what is written meanwhile, is looked at again. */
async function bringInAnyWeather(run: TakeoverRun, definitions: readonly KubeObject[]): Promise<Brought> {
  try {
    return await bringOnce(run, definitions);
  } catch (error) {
    if (
      !isPodidError(
        error,
        'AgentRefused',
        'MirrorFailed',
        'ClusterUnreachable',
        'StaleCluster',
        'TakeoverBlocked',
      )
    ) {
      throw error;
    }
    return { lack: error.message };
  }
}

async function bringOnce(run: TakeoverRun, wanted: readonly KubeObject[]): Promise<Brought> {
  const { kube, deps, found } = run;
  for (const definition of wanted) {
    const { action, reason = '' } = await kube.agent.write(
      definition,
      { force: false, dryRun: false },
      deps.signal,
    );
    const isServed = await kube.agent.isEstablished(refOf(definition), deps.signal);
    if (!isServed || (action === 'foreign' && reason.includes('being deleted'))) {
      return { lack: `${refText(refOf(definition))} is not served yet: ${reason || action}` };
    }
  }
  const { resources } = await kube.read(deps.signal);
  // After the objects: while a definition goes, they go first, and nobody deleted them.
  const definitions = await kube.takeover.definitionUids(deps.signal);
  const leaving = ['AzureIdentity', 'AzureIdentityBinding', 'AzurePodIdentityException'].find(
    (kind) => definitions[kind] === undefined,
  );
  if (resources === undefined || leaving !== undefined) {
    return { lack: `The definition of ${leaving ?? 'the kinds'} is going.` };
  }
  const saved = found.written.export.objects;
  const compared = comparedNow(run, resources, definitions);
  const { bring, adopt, kept } = compared;
  if (saved.identities.length > 0 && kept.identities.length === 0) {
    return {
      lack: `somebody deleted all of the ${counted(saved.identities.length, 'AzureIdentity', 'AzureIdentities')} that were saved, while their kind stayed.`,
    };
  }
  const anew = restored(bring, found.written.export.marks);
  const problems = await eachConcurrently([...anew, ...restored(adopt, marksOf(adopt))], async (object) => {
    const { action, reason = '' } = await kube.takeover.restore(object, deps.signal);
    return action === 'foreign' ? `${refText(refOf(object))}: ${reason}` : '';
  });
  const [problem] = problems.filter((text) => text !== '');
  if (problem !== undefined) {
    return { lack: problem };
  }
  // From here on what is missing again was deleted, unless its kind goes once more.
  run.definitions = definitions;
  return { lack: anew.length === 0 ? '' : `${counted(anew.length, 'object')} came back`, compared };
}

/** What was saved beside what is there, with the uids of the definitions read after it. */
export function comparedNow(
  { definitions: seen, found: { written } }: Pick<TakeoverRun, 'definitions' | 'found'>,
  resources: IdentityResources,
  definitions: Readonly<Record<string, string>>,
): ObjectsCompared {
  const before = seen ?? written.record.definitions ?? {};
  return compareObjects(
    written.export.objects,
    resources,
    (kind, object) => before[kind] !== definitions[kind] || isTakenByAks(written, object),
  );
}

/** With the add-on AKS may take the objects of its entries and leave the kinds: up to step 5 nobody else has a hand in them. */
function isTakenByAks(
  { record, export: exported }: TakeoverRun['found']['written'],
  object: KeptObject,
): boolean {
  const { namespace } = object.metadata;
  const name = 'azureIdentity' in object.spec ? object.spec.azureIdentity : object.metadata.name;
  return (
    record.step < 5 && exported.identities.some((entry) => sameEntry(entry, { namespace, name: name ?? '' }))
  );
}

function reportDifferences({ deps, request }: TakeoverRun, { gone, changed, extra }: ObjectsCompared): void {
  const list = nextCommand('list', request.cluster, { mode: 'cluster' });
  if (gone.length > 0) {
    deps.report.warn(
      `Not brought back, since somebody deleted it while its kind stayed: ${someOf(gone)}.`,
      list,
    );
  }
  if (changed.length > 0) {
    deps.report.warn(`Left as somebody has changed it since: ${someOf(changed)}.`, list);
  }
  if (extra.length > 0) {
    deps.report.note(`In the cluster, and not saved when the takeover was begun: ${someOf(extra)}.`);
  }
}

/** As podid writes them, with what else they carried. One that was another's stays that: Helm knows it again. */
export function restored(
  { identities, bindings, exceptions }: IdentityResources,
  marks: SavedMarks,
): readonly KubeObject[] {
  const object = (
    kind: string,
    { metadata, spec }: { readonly metadata: ObjectMeta; readonly spec: object },
  ) => {
    const { namespace, name } = metadata;
    const saved = marks[`${kind} ${entryText(metadata)}`];
    const annotations = { ...saved?.annotations, ...keptAnnotationsOf(metadata) };
    return {
      apiVersion: `${identityApi.group}/${identityApi.version}`,
      kind,
      metadata: {
        namespace,
        name,
        labels: { 'app.kubernetes.io/managed-by': 'podid', ...saved?.labels },
        ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      },
      spec,
    };
  };
  return [
    // An identity before the binding that names it.
    ...identities.map((each) => object('AzureIdentity', each)),
    ...bindings.map((each) => object('AzureIdentityBinding', each)),
    ...exceptions.map((each) => object('AzurePodIdentityException', each)),
  ];
}
