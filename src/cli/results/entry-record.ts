import { entryText, type PodIdentity, type SecretSignIn } from '../../domain/entries/pod-identity.ts';
import { bindingLabel } from '../../domain/kubernetes/identity-resources.ts';
import type { TableShape } from '../../terminal/print-result.ts';
import type { SeenInCluster } from '../../workflows/entries/show-in-cluster.ts';
import { type RecordLine, recordShape } from './record-text.ts';
import { identityView } from './result-shapes.ts';

/** An entry, and with `--pods` what the cluster itself has of it. */
export type ShownEntry = PodIdentity & { readonly seen?: SeenInCluster };

/** Members in the documented order. */
export function shownEntryView({ seen, ...entry }: ShownEntry): unknown {
  return seen === undefined
    ? identityView(entry)
    : { ...(identityView(entry) as object), objects: seen.objects, pods: seen.pods };
}

/** As the view has it. */
type Shown = PodIdentity & Partial<SeenInCluster>;

export const entryRecord: TableShape = recordShape((entry: Shown) => {
  const { resourceId, clientId, objectId } = entry.identity;
  const { servicePrincipal } = entry;
  return [
    ['name', entry.name],
    ['namespace', entry.namespace],
    ['kind', servicePrincipal && 'service principal'],
    ['state', entry.provisioningState ?? 'not known'],
    ['reason', entry.error && `${entry.error.code}: ${entry.error.message}`],
    ['label', labelText(entry)],
    ['resource id', resourceId],
    ['client id', clientId],
    ['object id', objectId],
    ['tenant id', servicePrincipal?.tenantId],
    ['more tenants', servicePrincipal?.auxiliaryTenantIds?.join(', ')],
    ['signs in by', servicePrincipal && signInText(servicePrincipal)],
    ...linesOf(entry),
  ];
});

function labelText({ bindingSelector, moreSelectors = [] }: Shown): string {
  const selectors = bindingSelector === '' ? [] : [bindingSelector, ...moreSelectors];
  return selectors.map((selector) => `${bindingLabel}=${selector}`).join(' or ');
}

function linesOf({ namespace, objects, pods }: Shown): readonly RecordLine[] {
  if (objects === undefined || pods === undefined) {
    return [['pods', `those of namespace ${namespace} with that label; --pods lists them`]];
  }
  return [
    ...listed(
      'objects',
      objects.map((object) => `${object.kind} ${entryText(object)}`),
    ),
    ...listed(
      'pods',
      pods.map(({ name, phase, node }) => `${name} (${phase}${node === '' ? '' : `, on ${node}`})`),
    ),
  ];
}

function listed(name: string, items: readonly string[]): readonly RecordLine[] {
  return items.length === 0
    ? [[name, 'none']]
    : items.map((item, index) => [index === 0 ? name : '', item] as const);
}

function signInText({ signsInBy, secret }: SecretSignIn): string {
  const from = secret.name === '' ? 'and names no Secret' : `from Secret ${entryText(secret)}`;
  return `${signsInBy === 'secret' ? 'a client secret' : 'a certificate'}, ${from}`;
}
