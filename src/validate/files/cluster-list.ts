import { managedClusterType, parseResourceId } from '../../domain/azure/resource-id.ts';
import { isRecord, stringAt } from '../json-record.ts';
import type { UsageFaults } from '../usage-faults.ts';
import type { Located } from './located-yaml.ts';

/** The cluster that the command line or the environment names, as far as it does. */
export interface MeantCluster {
  readonly name?: string | undefined;
  readonly resourceGroup?: string | undefined;
}

interface Listed {
  readonly document: Located;
  readonly name: string;
  readonly resourceGroup: string;
}

/** More would fill a screen. */
const mostNames = 10;

/**
 * The one cluster that is meant of a list, as `az aks list` prints it and ARM answers it; the document itself where it
 * is no list of clusters. Undefined, and a fault, where several may be meant or none.
 */
export function oneOfClusters(
  document: Located,
  { name, resourceGroup }: MeantCluster,
  faults: UsageFaults,
): Located | undefined {
  const items = listIn(document);
  if (items === undefined) {
    return document;
  }
  const clusters = items.flatMap(asCluster);
  if (clusters.length < items.length) {
    faults.addAt(
      document.place,
      'a document has to be a map, or a list of clusters, as az aks list -o json prints it.',
    );
    return undefined;
  }
  const isMeant = (own: string, meant: string | undefined) =>
    meant === undefined || own.toLowerCase() === meant.toLowerCase();
  const meant = clusters.filter(
    (each) => isMeant(each.name, name) && isMeant(each.resourceGroup, resourceGroup),
  );
  const [only] = meant;
  if (only !== undefined && meant.length === 1) {
    return only.document;
  }
  faults.addAt(document.place, whichText(clusters, meant, name ?? resourceGroup));
  return undefined;
}

function whichText(clusters: readonly Listed[], meant: readonly Listed[], named: string | undefined): string {
  if (clusters.length === 0) {
    return 'the list is empty: there is no cluster in it.';
  }
  const shown = meant.length === 0 ? clusters : meant;
  const names = shown.slice(0, mostNames).map(({ name, resourceGroup }) => `${name} in ${resourceGroup}`);
  const more = shown.length > mostNames ? ` and ${shown.length - mostNames} more` : '';
  const count = clusters.length === 1 ? 'one cluster' : `${clusters.length} clusters`;
  return meant.length === 0 && named !== undefined
    ? `the list has no cluster ${named}, but ${names.join(', ')}${more}.`
    : `the list has ${count}, and it is not said which is meant: ${names.join(', ')}${more}. Name it by -g and -c.`;
}

function listIn(document: Located): readonly Located[] | undefined {
  if (document.kind === 'list') {
    return document.list('a list');
  }
  if (document.kind !== 'map') {
    return undefined;
  }
  // ARM's own answer: `{value: [...], nextLink}`.
  const members = document.map('a document') ?? [];
  const value = members.find(({ key }) => key === 'value')?.value;
  const isAnswer = members.every(({ key }) => key === 'value' || key === 'nextLink');
  return isAnswer && value?.kind === 'list' ? value.list('value') : undefined;
}

function asCluster(document: Located): Listed[] {
  const json = document.kind === 'map' ? document.json() : undefined;
  const id = isRecord(json) ? parseResourceId(stringAt(json, 'id') ?? '', managedClusterType) : undefined;
  return id === undefined ? [] : [{ document, name: id.name, resourceGroup: id.resourceGroup }];
}
