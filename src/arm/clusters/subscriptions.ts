import type { Subscription, Subscriptions } from '../../domain/ports.ts';
import { advice, command, joinHints } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { isRecord, type JsonRecord, stringAt } from '../../validate/json-record.ts';
import type { ArmConnection } from '../connection/arm-connection.ts';
import type { ArmRequest } from '../connection/arm-request.ts';
import { itemsOf, PageHistory } from '../connection/page-history.ts';

const apiVersion = '2022-12-01';
const guid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Subscriptions that the caller sees. */
export function armSubscriptions(connection: ArmConnection): Subscriptions {
  return {
    list: (signal) => listAll(connection, signal),
    async find(idOrName, signal) {
      if (guid.test(idOrName)) {
        return byId(connection, idOrName, signal);
      }
      const named = (await listAll(connection, signal)).filter(
        ({ displayName }) => displayName.toLowerCase() === idOrName.toLowerCase(),
      );
      const [only, another] = named;
      if (only === undefined) {
        throw notFound(idOrName);
      }
      if (another === undefined) {
        return only;
      }
      const ways = named.map(({ subscriptionId }) => command('--subscription', subscriptionId));
      throw new PodidError('InvalidUsage', `Several subscriptions are called ${idOrName}.`, {
        hint: advice`Give the id: ${joinHints(ways, ' or ')}`,
      });
    },
  };
}

async function byId(connection: ArmConnection, id: string, signal: AbortSignal): Promise<Subscription> {
  const url = `/subscriptions/${id}?api-version=${apiVersion}`;
  try {
    const [found] = readSubscription(await getJson(connection, url, signal));
    if (found !== undefined) {
      return found;
    }
  } catch (error) {
    if (!isPodidError(error, 'SubscriptionNotFound')) {
      throw error;
    }
  }
  throw notFound(id);
}

async function listAll(connection: ArmConnection, signal: AbortSignal): Promise<Subscription[]> {
  const found: Subscription[] = [];
  let url: string | undefined = `/subscriptions?api-version=${apiVersion}`;
  const history = new PageHistory(url);
  while (url !== undefined) {
    const page: JsonRecord = await getJson(connection, url, signal);
    found.push(...itemsOf(page).flatMap(readSubscription));
    url = history.next(page);
  }
  return found;
}

async function getJson(connection: ArmConnection, url: string, signal: AbortSignal): Promise<JsonRecord> {
  const about: ArmRequest = {
    doing: 'read subscriptions',
    action: 'Microsoft.Resources/subscriptions/read',
    scope: url.split('?')[0] ?? url,
    caller: connection.caller,
    notFound: 'SubscriptionNotFound',
  };
  const answer = await connection.read(url, about, signal);
  const body: unknown = JSON.parse(answer.text || '{}');
  return isRecord(body) ? body : {};
}

function readSubscription(item: JsonRecord): Subscription[] {
  const subscriptionId = stringAt(item, 'subscriptionId');
  if (subscriptionId === undefined) {
    return [];
  }
  return [
    {
      subscriptionId,
      displayName: stringAt(item, 'displayName') ?? '',
      tenantId: stringAt(item, 'tenantId') ?? '',
    },
  ];
}

function notFound(idOrName: string): PodidError {
  return new PodidError(
    'SubscriptionNotFound',
    `No subscription ${idOrName} is visible to the signed-in principal.`,
    {
      hint: advice`az account list --output table`,
    },
  );
}
