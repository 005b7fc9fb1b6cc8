import { readFileSync } from 'node:fs';
import type { HelmRelease } from '../../domain/kubernetes/agent-cluster.ts';
import type { AgentInstallation } from '../../domain/kubernetes/agent-installation.ts';
import type { AgentValues } from '../../domain/kubernetes/agent-values.ts';
import { advice, command, type Hint } from '../../errors/hint.ts';
import { readAgentValues } from '../../validate/files/values/agent-values.ts';
import { chartValuesName, refuseWithoutImage } from '../../validate/files/values/refuse-values.ts';
import { setValues } from '../../validate/files/values/set-values.ts';
import {
  jsonOf,
  mergeTrees,
  noValues,
  overDefaults,
  treeOfFile,
  treeOfJson,
  type ValueNode,
} from '../../validate/files/values/value-tree.ts';
import { isRecord, type JsonRecord, recordAt } from '../../validate/json-record.ts';
import { UsageFaults } from '../../validate/usage-faults.ts';
import type { Session } from '../run/session.ts';
import { readSourceFiles } from './read-source-files.ts';

/** Put in place by the bundler: deploy/chart/values.yaml. */
declare const PODID_CHART_VALUES: string | undefined;

interface ValueFlags {
  readonly values: readonly string[] | undefined;
  readonly set: readonly string[] | undefined;
  readonly setString: readonly string[] | undefined;
  readonly alongside?: boolean;
}

/** A clean-up takes the image of the agent that it finds, and needs none of the values then. */
type Purpose = 'installation' | 'clean-up';

type ReadValues = (of?: {
  readonly installation: AgentInstallation;
  readonly record?: HelmRelease;
}) => AgentValues;

/**
 * The values of flags and files over those of the chart. What is wrong with them goes to the faults of the
 * command, before anything is sent; the values of an upstream release that is taken over are read when it is
 * found.
 */
export async function readValueFlags(
  session: Session,
  flags: ValueFlags,
  { namespace, purpose }: { readonly namespace: string; readonly purpose: Purpose },
): Promise<ReadValues> {
  const { faults } = session;
  const given = await givenBy(session, flags);
  const usual = defaultValues();
  const alongside = flags.alongside ? treeOfJson({ podid: { alongside: true } }, '--alongside') : noValues;
  const read = (base: ValueNode, found: UsageFaults) =>
    readGiven(usual, mergeTrees(given(base, found), alongside), { namespace, faults: found });
  const plain = read(noValues, faults);
  if (purpose === 'installation') {
    refuseWithoutImage(plain, faults);
  }
  return (of) => {
    if (of === undefined || flags.values !== undefined) {
      return plain;
    }
    const own = new UsageFaults();
    const values = read(valuesOfRelease(of), own);
    own.throwIfAny(
      () =>
        advice`${command('podid nmi install --force --values FILE').again()}  # with the values that podid is to use`,
    );
    return values;
  };
}

/** Values that are given over what an agent was installed with before. */
export interface ValuesOver {
  /** All of them, to be remembered. @throws PodidError InvalidUsage with every fault, the want of an image among them */
  all(before: JsonRecord): JsonRecord;
  /** The same, read. Whether an image is named is not asked. @throws PodidError InvalidUsage */
  read(before: JsonRecord, alongside: boolean): AgentValues;
}

/** The same of a run that goes on with what an earlier one was given. What cannot be read at all goes to the faults at once. */
export async function readValuesOver(
  session: Session,
  flags: ValueFlags,
  { namespace, hint }: { readonly namespace: string; readonly hint: () => Hint },
): Promise<ValuesOver> {
  const given = await givenBy(session, flags);
  given(noValues, session.faults);
  const usual = defaultValues();
  const over = (before: JsonRecord, found: UsageFaults) =>
    given(treeOfJson(before, 'what it was installed with'), found);
  return {
    all(before) {
      const own = new UsageFaults();
      const tree = over(before, own);
      refuseWithoutImage(readGiven(usual, tree, { namespace, faults: own }), own);
      own.throwIfAny(hint);
      return rememberedOf(tree);
    },
    read(before, alongside) {
      const own = new UsageFaults();
      const way = treeOfJson({ podid: { alongside } }, 'the takeover');
      const values = readGiven(usual, mergeTrees(over(before, own), way), { namespace, faults: own });
      own.throwIfAny(hint);
      return values;
    },
  };
}

type Given = (base: ValueNode, found: UsageFaults) => ValueNode;

async function givenBy({ context, faults }: Session, flags: ValueFlags): Promise<Given> {
  const sources = await readSourceFiles(flags.values ?? [], context, faults, '--values');
  const files = sources.map((source) => treeOfFile(source, faults));
  return (base, found) => {
    const set = setValues(files.reduce(mergeTrees, base), '--set', flags.set ?? [], found);
    return setValues(set, '--set-string', flags.setString ?? [], found);
  };
}

function readGiven(
  usual: ValueNode,
  given: ValueNode,
  { namespace, faults }: { readonly namespace: string; readonly faults: UsageFaults },
): AgentValues {
  const values = readAgentValues(overDefaults(usual, given), namespace, faults);
  return { ...values, given: rememberedOf(given) };
}

/** What may hold a secret is written down nowhere; the identities of a chart are objects of their own. */
function rememberedOf(given: ValueNode): JsonRecord {
  const json = jsonOf(given);
  const { adminsecret: _, azureIdentities: __, ...others } = isRecord(json) ? json : {};
  return others;
}

/** Upstream's chart runs in standard mode unless set otherwise, and podid's in managed mode. */
function valuesOfRelease(of: NonNullable<Parameters<ReadValues>[0]>): ValueNode {
  const { installation, record } = of;
  if (record === undefined) {
    return treeOfJson(
      { operationMode: installation.mode ?? 'standard' },
      `DaemonSet ${installation.namespace}/${installation.name}`,
    );
  }
  const source = `release ${installation.release?.name ?? ''}`;
  const isOwn = record.section.length === 0;
  const [own, chart] = [record.values, record.chartValues].map((json) => sectionOf(json, record.section));
  // What a chart that depends on upstream's sets for it is set as by a user; upstream's own are not in its record.
  const base = isOwn ? noValues : treeOfJson(chart, source);
  const usual = isOwn ? chart?.['operationMode'] : installation.mode;
  const operationMode = treeOfJson({ operationMode: usual ?? 'standard' }, source);
  return [operationMode, base, treeOfJson(own, source)].reduce(mergeTrees);
}

function sectionOf(json: unknown, path: readonly string[]): JsonRecord {
  return path.reduce(recordAt, isRecord(json) ? json : {});
}

function defaultValues(): ValueNode {
  const text =
    typeof PODID_CHART_VALUES === 'string'
      ? PODID_CHART_VALUES
      : // Sources run as they are, in tests, find the file beside them.
        readFileSync(new URL('../../../deploy/chart/values.yaml', import.meta.url), 'utf8');
  return treeOfFile({ name: chartValuesName, text }, new UsageFaults());
}
