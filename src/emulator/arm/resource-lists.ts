import { type JsonObject, textAt } from '../exact-json.ts';
import type { EmulatorResponse } from '../http.ts';
import { refuseAsArm } from './arm-answers.ts';
import { type ArmCall, type ArmRoute, page, requireGroup, subscriptionOf } from './arm-call.ts';

const subscription = '^/subscriptions/(?<subscription>[^/]+)';

/** What a subscription, or a group of it, has: whatever its kind. */
export const resourceListRoutes: readonly ArmRoute[] = [
  {
    name: 'resources.listBySubscription',
    method: 'GET',
    pattern: new RegExp(`${subscription}/resources/?$`, 'i'),
    handle: list,
  },
  {
    name: 'resources.list',
    method: 'GET',
    pattern: new RegExp(`${subscription}/resourceGroups/(?<group>[^/]+)/resources/?$`, 'i'),
    handle: (call) => {
      requireGroup(call);
      return list(call);
    },
  },
];

function list(call: ArmCall): EmulatorResponse {
  subscriptionOf(call);
  const prefix = call.request.path.replace(/\/resources\/?$/i, '/').toLowerCase();
  const { clusters, identities, machines } = call.world;
  const all = [
    ...[...clusters.values()].map(({ document }) => document),
    ...identities.values(),
    ...machines.values(),
  ];
  const isWanted = filterOf(call.request.query.get('$filter') ?? '');
  return page(
    call,
    all
      // Instances of a scale set are no resources of the group.
      .filter(
        (one) =>
          textAt(one, 'id')?.toLowerCase().startsWith(prefix) &&
          !/\/virtualMachineScaleSets\/virtualMachines$/i.test(textAt(one, 'type') ?? ''),
      )
      .filter(isWanted)
      .map(asResource),
  );
}

/** Without the properties, which a list of resources does not show. */
function asResource(one: JsonObject): JsonObject {
  const { id, name, type, location, tags, identity, sku } = one;
  return { id, name, type, location, tags: tags ?? {}, identity, sku };
}

/** `name eq 'a' and resourceType eq 'b'`; other filters are refused, lest they be taken for obeyed. */
function filterOf(filter: string): (one: JsonObject) => boolean {
  const terms =
    filter === ''
      ? []
      : filter.split(/ and /i).map((term) => {
          const [, member = '', value = ''] =
            /^\s*(name|resourceType|resourceGroup|location)\s+eq\s+'([^']*)'\s*$/i.exec(term) ??
            refuseAsArm(
              400,
              'InvalidFilterInQueryString',
              `The emulator does not know the filter '${filter}'.`,
            );
          return { member: member.toLowerCase(), value: value.toLowerCase() };
        });
  return (one) => terms.every(({ member, value }) => memberOf(one, member).toLowerCase() === value);
}

function memberOf(one: JsonObject, member: string): string {
  switch (member) {
    case 'resourcetype':
      return textAt(one, 'type') ?? '';
    case 'resourcegroup':
      return (textAt(one, 'id') ?? '').split('/')[4] ?? '';
    default:
      return textAt(one, member) ?? '';
  }
}
