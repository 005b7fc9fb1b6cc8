import { isMap, type JsonMap, type KubeObject } from '../objects/kube-object.ts';
import type { KubeStore } from '../objects/kube-store.ts';

/**
 * What podid's agent reads off the cluster at each scrape, as Prometheus text: where the tokens of the identities come
 * from, and whether it has one to exchange.
 *
 * @param agent the pod, which runs as it was made
 * @param played what the pod says by itself; of a metric that is in it nothing is added
 */
export function metricsOfAgent(agent: KubeObject, played: string, store: KubeStore): string {
  const settings = settingsOf(agent);
  const counts = { imds: 0, exchange: 0, 'service-principal': 0, unusable: 0 };
  for (const identity of identitiesOf(settings, store)) {
    counts[sourceOf(identity, settings)] += 1;
  }
  const lines = [
    ...Object.entries(counts).map(([source, count]) => `podid_nmi_identities{source="${source}"} ${count}`),
    `podid_nmi_exchange_token_present ${settings.hasToken ? 1 : 0}`,
  ];
  const isPlayed = (line: string) => new RegExp(`^${/^\w+/.exec(line)?.[0]}\\b`, 'm').test(played);
  return lines
    .filter((line) => !isPlayed(line))
    .map((line) => `${line}\n`)
    .join('');
}

interface AgentSettings {
  readonly isStandard: boolean;
  readonly nodeName: string;
  readonly hasToken: boolean;
  readonly source: string;
  readonly tenantId: string;
}

function settingsOf(agent: KubeObject): AgentSettings {
  const spec = mapAt(agent, 'spec');
  const words = listAt(spec, 'containers').flatMap((container) => [
    ...listOf(container['command']),
    ...listOf(container['args']),
  ]);
  const flag = (name: string) => {
    const at = words.findIndex((word) => word === `--${name}` || String(word).startsWith(`--${name}=`));
    const [, value = words[at + 1]] = /^[^=]*=([\s\S]*)$/.exec(String(words[at])) ?? [];
    return at === -1 ? '' : String(value ?? '');
  };
  const sources = listAt(spec, 'volumes').flatMap((volume) => listAt(mapAt(volume, 'projected'), 'sources'));
  return {
    isStandard: flag('operation-mode') !== 'managed',
    nodeName: String(spec['nodeName'] ?? ''),
    // A token for another audience than the API server's.
    hasToken: sources.some((source) => textAt(mapAt(source, 'serviceAccountToken'), 'audience') !== ''),
    source: flag('exchange-default'),
    tenantId: flag('exchange-tenant-id'),
  };
}

/** In standard mode an agent knows those that are assigned to pods of its node. */
function identitiesOf(settings: AgentSettings, store: KubeStore): readonly JsonMap[] {
  // During a takeover the kinds may be gone.
  const all = (name: string) => {
    const kind = store.kinds().find((each) => each.kind === name);
    return kind === undefined ? [] : store.all(kind);
  };
  if (!settings.isStandard) {
    return all('AzureIdentity');
  }
  const found = new Map<string, JsonMap>();
  for (const assigned of all('AzureAssignedIdentity')) {
    const spec = mapAt(assigned, 'spec');
    const identity = mapAt(spec, 'azureIdentityRef');
    const metadata = mapAt(identity, 'metadata');
    if (textAt(spec, 'nodename') === settings.nodeName) {
      found.set(`${textAt(metadata, 'namespace')}/${textAt(metadata, 'name')}`, identity);
    }
  }
  return [...found.values()];
}

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function sourceOf(
  identity: JsonMap,
  { source, tenantId }: AgentSettings,
): 'imds' | 'exchange' | 'service-principal' | 'unusable' {
  const spec = mapAt(identity, 'spec');
  if (Number(spec['type'] ?? 0) !== 0) {
    return 'service-principal';
  }
  const annotations = mapAt(mapAt(identity, 'metadata'), 'annotations');
  const annotation = (name: string) => textAt(annotations, `podid.io/${name}`).trim();
  const chosen = annotation('token-source') || source || 'imds';
  if (chosen === 'imds') {
    return 'imds';
  }
  const tenant = annotation('tenant-id') || textAt(spec, 'tenantID') || tenantId;
  const isUsable =
    chosen === 'exchange' &&
    ['', 'agent', 'workload'].includes(annotation('exchange-subject')) &&
    guid.test(textAt(spec, 'clientID')) &&
    guid.test(tenant);
  return isUsable ? 'exchange' : 'unusable';
}

function mapAt(value: JsonMap, member: string): JsonMap {
  const found = value[member];
  return isMap(found) ? found : {};
}

function listAt(value: JsonMap, member: string): readonly JsonMap[] {
  return listOf(value[member]).filter(isMap);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textAt(value: JsonMap, member: string): string {
  const found = value[member];
  return typeof found === 'string' ? found : '';
}
