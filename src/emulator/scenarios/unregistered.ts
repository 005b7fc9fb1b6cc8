import type { JsonObject } from '../exact-json.ts';
import { subscriptionId, tenantId } from './scenario-ids.ts';
import { cluster, parts } from './scenario-parts.ts';

/** The add-on was never on, and the preview feature is not registered. */
export const unregistered: JsonObject = parts({
  subscriptions: [
    {
      subscriptionId,
      displayName: 'Emulated subscription',
      tenantId,
      managementGroups: ['platform', 'root'],
      features: { 'Microsoft.ContainerService/EnablePodIdentityPreview': 'NotRegistered' },
      providers: { 'Microsoft.ContainerService': 'Registered' },
    },
  ],
  clusters: [cluster()],
});
