import { advice } from '../../../errors/hint.ts';
import { type Check, fail, judging, listed, pass } from '../check.ts';
import { entriesInQuestion } from '../chosen-entries.ts';
import type { Evidence } from '../evidence.ts';
import { readOr } from '../probe.ts';

/** Whether everything is in one tenant. What names none decides nothing. */
export const tenants: Check = {
  name: 'tenants',
  behind: ['add-on'],
  judge: (evidence) =>
    judging(evidence.cluster, () => {
      const known = knownTenants(evidence).filter(({ tenantId }) => tenantId !== '');
      const distinct = new Set(known.map(({ tenantId }) => tenantId.toLowerCase()));
      if (distinct.size <= 1) {
        return pass('Subscription, cluster and identities are in one tenant.');
      }
      const places = known.map(({ of, tenantId }) => `${of} is in ${tenantId}`);
      return fail(
        `Azure assigns no identity across tenants: ${listed(places)}.`,
        advice`Use managed identities of the cluster's tenant.`,
      );
    }),
};

function knownTenants(evidence: Evidence): { readonly of: string; readonly tenantId: string }[] {
  const cluster = readOr(evidence.cluster, undefined);
  const ids = new Map(
    entriesInQuestion(evidence).map(({ identity }) => [
      identity.resourceId.toLowerCase(),
      identity.resourceId,
    ]),
  );
  return [
    { of: 'the subscription', tenantId: readOr(evidence.subscription, undefined)?.tenantId ?? '' },
    { of: "the cluster's identity", tenantId: cluster?.identity.tenantId ?? '' },
    ...[...ids].map(([key, id]) => {
      const probed = evidence.identities.get(key);
      return { of: id, tenantId: (probed && readOr(probed, undefined)?.tenantId) ?? '' };
    }),
  ];
}
