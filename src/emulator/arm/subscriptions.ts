import { type JsonObject, objectAt, textAt } from '../exact-json.ts';
import type { EmulatorResponse } from '../http.ts';
import type { FeatureState, ProviderState, Subscription, World } from '../world.ts';
import { knownApiVersions } from './api-versions.ts';
import { ok, refuseAsArm } from './arm-answers.ts';
import {
  type ArmCall,
  type ArmRoute,
  groupIdOf,
  objectBody,
  page,
  param,
  subscriptionOf,
} from './arm-call.ts';

const subscription = '^/subscriptions/(?<subscription>[^/]+)';
const group = `${subscription}/resourceGroups/(?<group>[^/]+)`;
const features = `${subscription}/providers/Microsoft\\.Features/providers/(?<provider>[^/]+)/features`;

/** Subscriptions, tenants, resource groups, resource providers and preview features. */
export const subscriptionRoutes: readonly ArmRoute[] = [
  route('subscriptions.list', 'GET', '^/subscriptions', (call) =>
    page(call, [...call.world.subscriptions.values()].map(asSubscription)),
  ),
  route('subscriptions.get', 'GET', subscription, (call) => ok(asSubscription(subscriptionOf(call)))),
  route('tenants.list', 'GET', '^/tenants', listTenants),
  route('resourceGroups.list', 'GET', `${subscription}/resourceGroups`, listGroups),
  route('resourceGroups.get', 'GET', group, getGroup),
  route('resourceGroups.head', 'HEAD', group, (call) => ({
    status: groupOf(call) === undefined ? 404 : 204,
  })),
  route('resourceGroups.put', 'PUT', group, putGroup),
  route('resourceGroups.delete', 'DELETE', group, deleteGroup),
  route('features.list', 'GET', features, listFeatures),
  route('features.get', 'GET', `${features}/(?<feature>[^/]+)`, (call) =>
    ok(asFeature(call, featureOf(call))),
  ),
  route('features.register', 'POST', `${features}/(?<feature>[^/]+)/register`, registerFeature),
  route('features.unregister', 'POST', `${features}/(?<feature>[^/]+)/unregister`, unregisterFeature),
  route('providers.list', 'GET', `${subscription}/providers`, listProviders),
  route('providers.get', 'GET', `${subscription}/providers/(?<provider>[^/]+)`, getProvider),
  route(
    'providers.register',
    'POST',
    `${subscription}/providers/(?<provider>[^/]+)/register`,
    registerProvider,
  ),
];

function route(name: string, method: string, pattern: string, handle: ArmRoute['handle']): ArmRoute {
  return { name, method, pattern: new RegExp(`${pattern}/?$`, 'i'), handle };
}

function asSubscription(one: Subscription): JsonObject {
  return {
    id: `/subscriptions/${one.subscriptionId}`,
    subscriptionId: one.subscriptionId,
    displayName: one.displayName,
    tenantId: one.tenantId,
    state: 'Enabled',
    subscriptionPolicies: { spendingLimit: 'Off' },
  };
}

function listTenants(call: ArmCall): EmulatorResponse {
  const ids = new Set([
    call.world.tenantId,
    ...[...call.world.subscriptions.values()].map((s) => s.tenantId),
  ]);
  return page(
    call,
    [...ids].map((tenantId) => ({ id: `/tenants/${tenantId}`, tenantId, tenantCategory: 'Home' })),
  );
}

function listGroups(call: ArmCall): EmulatorResponse {
  const prefix = `/subscriptions/${subscriptionOf(call).subscriptionId.toLowerCase()}/`;
  return page(
    call,
    [...call.world.resourceGroups].filter(([key]) => key.startsWith(prefix)).map(([, one]) => one),
  );
}

function groupOf(call: ArmCall): JsonObject | undefined {
  subscriptionOf(call);
  return call.world.resourceGroups.get(groupIdOf(call).toLowerCase());
}

function getGroup(call: ArmCall): EmulatorResponse {
  const found = groupOf(call);
  if (found !== undefined) {
    return ok(found);
  }
  return refuseAsArm(
    404,
    'ResourceGroupNotFound',
    `Resource group '${param(call, 'group')}' does not exist.`,
  );
}

function putGroup(call: ArmCall): EmulatorResponse {
  const before = groupOf(call);
  const body = objectBody(call);
  const location = textAt(body, 'location') ?? textAt(before, 'location');
  if (location === undefined) {
    refuseAsArm(400, 'LocationRequired', 'The location of the group is missing.');
  }
  const document: JsonObject = {
    id: groupIdOf(call),
    name: param(call, 'group'),
    type: 'Microsoft.Resources/resourceGroups',
    location,
    tags: objectAt(body, 'tags') ?? {},
    properties: { provisioningState: 'Succeeded' },
  };
  call.world.resourceGroups.set(groupIdOf(call).toLowerCase(), document);
  return ok(document, before === undefined ? 201 : 200);
}

function deleteGroup(call: ArmCall): EmulatorResponse {
  const key = groupIdOf(call).toLowerCase();
  const { world } = call;
  for (const map of [world.clusters, world.identities, world.roleAssignments]) {
    for (const id of map.keys()) {
      if (id.startsWith(`${key}/`)) {
        map.delete(id);
      }
    }
  }
  return { status: world.resourceGroups.delete(key) ? 200 : 204 };
}

/** `Provider/feature`, in the casing in which the subscription already has it. */
function featureKey(call: ArmCall): string {
  const wanted = `${param(call, 'provider')}/${param(call, 'feature')}`;
  const known = Object.keys(subscriptionOf(call).features);
  return known.find((key) => key.toLowerCase() === wanted.toLowerCase()) ?? wanted;
}

function featureOf(call: ArmCall): FeatureState {
  const { features: all } = subscriptionOf(call);
  const key = featureKey(call);
  const state = all[key] ?? { state: 'NotRegistered', readyAt: 0, effective: false };
  all[key] = state;
  settleRegistration(call.world, state);
  return state;
}

function asFeature(call: ArmCall, state: FeatureState, key = featureKey(call)): JsonObject {
  const [provider, name] = key.split('/');
  return {
    id: `/subscriptions/${param(call, 'subscription')}/providers/Microsoft.Features/providers/${provider}/features/${name}`,
    name: key,
    type: 'Microsoft.Features/providers/features',
    properties: { state: state.state },
  };
}

function listFeatures(call: ArmCall): EmulatorResponse {
  const prefix = `${param(call, 'provider').toLowerCase()}/`;
  const entries = Object.entries(subscriptionOf(call).features);
  return page(
    call,
    entries
      .filter(([key]) => key.toLowerCase().startsWith(prefix))
      .map(([key, state]) => {
        settleRegistration(call.world, state);
        return asFeature(call, state, key);
      }),
  );
}

function registerFeature(call: ArmCall): EmulatorResponse {
  const state = featureOf(call);
  if (state.state !== 'Registered') {
    state.state = 'Registering';
    state.readyAt = call.world.clock.now() + call.world.settings.registrationMs;
  }
  return ok(asFeature(call, state));
}

function unregisterFeature(call: ArmCall): EmulatorResponse {
  const state = featureOf(call);
  state.state = 'NotRegistered';
  state.effective = false;
  return ok(asFeature(call, state));
}

function providerOf(call: ArmCall): ProviderState {
  const { providers } = subscriptionOf(call);
  const wanted = param(call, 'provider');
  const key = Object.keys(providers).find((name) => name.toLowerCase() === wanted.toLowerCase()) ?? wanted;
  const state = providers[key] ?? { state: 'NotRegistered', readyAt: 0 };
  providers[key] = state;
  settleRegistration(call.world, state);
  return state;
}

function listProviders(call: ArmCall): EmulatorResponse {
  const { providers } = subscriptionOf(call);
  return page(
    call,
    Object.entries(providers).map(([namespace, state]) => {
      settleRegistration(call.world, state);
      return asProvider(call, namespace, state);
    }),
  );
}

function getProvider(call: ArmCall): EmulatorResponse {
  return ok(asProvider(call, param(call, 'provider'), providerOf(call)));
}

function asProvider(call: ArmCall, namespace: string, state: ProviderState): JsonObject {
  const isAks = namespace.toLowerCase() === 'microsoft.containerservice';
  return {
    id: `/subscriptions/${param(call, 'subscription')}/providers/${namespace}`,
    namespace,
    registrationState: state.state,
    resourceTypes: isAks
      ? [{ resourceType: 'managedClusters', locations: [], apiVersions: [...knownApiVersions(call.world)] }]
      : [],
  };
}

/** Registering the provider again is what makes its registered features count. */
function registerProvider(call: ArmCall): EmulatorResponse {
  const state = providerOf(call);
  const prefix = `${param(call, 'provider').toLowerCase()}/`;
  if (state.state !== 'Registered') {
    state.state = 'Registering';
    state.readyAt = call.world.clock.now() + call.world.settings.registrationMs;
  }
  for (const [key, feature] of Object.entries(subscriptionOf(call).features)) {
    settleRegistration(call.world, feature);
    if (key.toLowerCase().startsWith(prefix) && feature.state === 'Registered') {
      feature.effective = true;
    }
  }
  return getProvider(call);
}

function settleRegistration(world: World, state: FeatureState | ProviderState): void {
  if (state.state === 'Registering' && state.readyAt <= world.clock.now()) {
    state.state = 'Registered';
  }
}
