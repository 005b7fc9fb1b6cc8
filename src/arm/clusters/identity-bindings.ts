import type { ClusterIdentityBinding } from '../../domain/access/access-objects.ts';
import { managedClusterType } from '../../domain/azure/resource-id.ts';
import type { IdentityBindings } from '../../domain/ports.ts';
import { isRecord, type JsonRecord, recordAt, stringAt } from '../../validate/json-record.ts';
import type { ArmConnection } from '../connection/arm-connection.ts';
import type { ArmRequest } from '../connection/arm-request.ts';
import { itemsOf, PageHistory } from '../connection/page-history.ts';

/** The first stable version that has them (azure-rest-api-specs, IdentityBinding.tsp). */
const apiVersion = '2026-04-01';

/** Identity bindings of AKS, read by plain requests: the SDK's client would cost every start. */
export function armIdentityBindings(connection: ArmConnection): IdentityBindings {
  return {
    async list({ subscriptionId, resourceGroup, name }, signal) {
      const cluster = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${managedClusterType}/${name}`;
      const about: ArmRequest = {
        doing: `list the identity bindings of ${name}`,
        action: `${managedClusterType}/identityBindings/read`,
        scope: cluster,
        caller: connection.caller,
        notFound: 'ClusterNotFound',
      };
      const found: ClusterIdentityBinding[] = [];
      let url: string | undefined = `${cluster}/identityBindings?api-version=${apiVersion}`;
      const history = new PageHistory(url);
      while (url !== undefined) {
        const answer = await connection.read(url, about, signal);
        const page: unknown = JSON.parse(answer.text || '{}');
        const body = isRecord(page) ? page : {};
        found.push(...itemsOf(body).map(readBinding));
        url = history.next(body);
      }
      return found;
    },
  };
}

function readBinding(item: JsonRecord): ClusterIdentityBinding {
  const identity = recordAt(recordAt(item, 'properties'), 'managedIdentity');
  return {
    name: stringAt(item, 'name') ?? '',
    resourceId: stringAt(identity, 'resourceId') ?? '',
    clientId: stringAt(identity, 'clientId') ?? '',
  };
}
