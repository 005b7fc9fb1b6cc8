import type { ClusterId } from '../../domain/clusters/cluster.ts';
import { counted } from '../../domain/counted.ts';
import { findDrift } from '../../domain/entries/drift.ts';
import { type EntryKey, entryText } from '../../domain/entries/pod-identity.ts';
import type { ExchangeRow } from '../../domain/exchange/exchange-state.ts';
import { changeAgent, shownValues } from '../../domain/hints/change-agent.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { AgentInstallation } from '../../domain/kubernetes/agent-installation.ts';
import { someOf } from '../../domain/takeover/compare-objects.ts';
import type { TakeoverFinding } from '../../domain/takeover/takeover-findings.ts';
import { advice, command, type Hint } from '../../errors/hint.ts';
import { readOr } from '../doctor/probe.ts';
import { namesOf } from './find-blockers.ts';
import type { TakeoverFacts } from './gather-takeover.ts';

/** What is to be known before, and keeps nobody from it. @param own podid's agent, where it is there */
export function findNotes(
  facts: TakeoverFacts,
  own: AgentInstallation | undefined,
): readonly TakeoverFinding[] {
  const { cluster, exchange, providerClasses, objects, feature } = facts;
  const rows = readOr(exchange, []);
  const stays = rows.filter(({ state }) => state === 'blocked' || state === 'unknown');
  const principals = readOr(objects, undefined)?.servicePrincipals ?? [];
  const mounts = namesOf(readOr(providerClasses, []).filter(({ usesPodIdentity }) => usesPodIdentity));
  const extra = objects.kind === 'read' ? namesOf(extraOf(facts)) : [];
  const unread = [providerClasses, feature, exchange].flatMap((each) =>
    each.kind === 'unread' ? [each.error] : [],
  );
  const note = (
    code: TakeoverFinding['code'],
    message: string,
    hint: TakeoverFinding['hint'],
    holds = true,
  ) => (holds ? [{ code, message, hint }] : []);
  return [
    ...note(
      'StaysOnNodes',
      `${counted(stays.length, 'identity', 'identities')} cannot be exchanged and stay with the nodes' IMDS: ${stays.map(stayText).join('; ')}. While AKS has taken one from the nodes, and podid not put it back, pods get its tokens from the agents' memory alone.`,
      nextCommand('exchange status', cluster.id),
      stays.length > 0,
    ),
    ...note(
      'NoIssuer',
      'The OIDC issuer of the cluster is off. Turning it on restarts the API server, and cannot be taken back.',
      wayToIssuer(cluster.id, own),
      cluster.oidcIssuer?.url === undefined,
    ),
    ...note(
      'EgressUnknown',
      'Whether the nodes reach the sign-in address of Entra, which exchange needs, is seen once an agent of podid has asked it.',
      nextCommand('nmi status', cluster.id),
      !rows.some(({ state }) => state === 'exchange'),
    ),
    ...note(
      'CsiPodIdentity',
      `${counted(mounts.length, 'SecretProviderClass', 'SecretProviderClasses')} of the Key Vault driver use pod identity: ${someOf(mounts)}. The driver asks at port 2579, which nobody serves for some seconds in step 7; the kubelet tries such mounts again.`,
      command('kubectl get secretproviderclasses -A'),
      mounts.length > 0,
    ),
    ...note(
      'OtherWriters',
      `${counted(extra.length, 'entry', 'entries')} in the cluster ${extra.length === 1 ? 'is' : 'are'} not the add-on's, and would go with its definitions: ${someOf(extra)}. The takeover saves them, and brings them back as podid's own.`,
      nextCommand('mirror', cluster.id, { 'dry-run': true }),
      extra.length > 0,
    ),
    ...note(
      'ServicePrincipals',
      `${counted(principals.length, 'AzureIdentity is', 'AzureIdentities are')} of a service principal: ${someOf(namesOf(principals))}. podid's agent reads their secrets only where the values let it.`,
      advice`The values of the agent: --set rbac.allowAccessToSecrets=true`,
      principals.length > 0,
    ),
    ...note(
      'NoWayBack',
      `The feature EnablePodIdentityPreview is ${readOr(feature, '')} in the subscription, so that Azure may not turn the add-on on again.`,
      nextCommand('enable', cluster.id, { 'register-feature': true }),
      feature.kind === 'read' && feature.value !== 'Registered',
    ),
    ...unread.map((error) => ({
      code: 'Unread' as const,
      message: error.message,
      hint: error.hint ?? nextCommand('doctor', cluster.id),
    })),
  ];
}

/** Each is named: pods of each have a gap. */
function stayText(row: ExchangeRow): string {
  return row.reason === undefined ? entryText(row) : `${entryText(row)} (${row.reason.replace(/\.$/, '')})`;
}

/** In the cluster and not in Azure; the exception that AKS keeps for itself is not one. */
function extraOf({ cluster, objects }: TakeoverFacts): readonly EntryKey[] {
  return objects.kind === 'read' && cluster.profile.enabled
    ? findDrift(cluster.profile, objects.value).filter(({ state }) => state === 'extra')
    : [];
}

/** `exchange enable` wants an agent with a token to exchange; where there is none at all, step 1 brings it. */
function wayToIssuer(cluster: ClusterId, own: AgentInstallation | undefined): Hint {
  const enable = nextCommand('exchange enable', cluster, { 'dry-run': true });
  if (own === undefined) {
    return advice`Step 2 asks before it turns it on. To leave it off: ${nextCommand('takeover apply', cluster, { file: 'takeover.yaml', 'no-exchange': true })}`;
  }
  return own.exchange === undefined
    ? advice`With the values that it was installed with: ${changeAgent(own, 'podid.exchange.enabled=true', ...shownValues(own))}; then ${enable}`
    : enable;
}
