import type { Features } from '../../domain/ports.ts';
import { isRecord, stringAt } from '../../validate/json-record.ts';
import type { ArmConnection } from '../connection/arm-connection.ts';
import type { ArmRequest } from '../connection/arm-request.ts';
import { mapArmAnswer } from '../connection/map-arm-error.ts';

const provider = 'Microsoft.ContainerService';
const feature = 'EnablePodIdentityPreview';

/** The preview feature of one subscription, and its resource provider. */
export function armFeatures(connection: ArmConnection): Features {
  const featurePath = (subscriptionId: string) =>
    `/subscriptions/${subscriptionId}/providers/Microsoft.Features/providers/${provider}/features/${feature}`;
  return {
    async state(subscriptionId, signal) {
      const path = featurePath(subscriptionId);
      const about = aboutFeature(connection, 'read', 'Microsoft.Features/providers/features/read', path);
      const answer = await connection.read(`${path}?api-version=2021-07-01`, about, signal);
      const body: unknown = JSON.parse(answer.text || '{}');
      const properties = isRecord(body) ? body['properties'] : undefined;
      return (isRecord(properties) ? stringAt(properties, 'state') : undefined) ?? 'Unknown';
    },
    async register(subscriptionId, signal) {
      const path = `${featurePath(subscriptionId)}/register`;
      const about = aboutFeature(
        connection,
        'register',
        'Microsoft.Features/providers/features/register/action',
        path,
      );
      await post(connection, `${path}?api-version=2021-07-01`, about, signal);
    },
    async registerProvider(subscriptionId, signal) {
      const path = `/subscriptions/${subscriptionId}/providers/${provider}/register`;
      const about: ArmRequest = {
        doing: `register the resource provider ${provider}`,
        action: `${provider}/register/action`,
        scope: `/subscriptions/${subscriptionId}`,
        caller: connection.caller,
      };
      await post(connection, `${path}?api-version=2021-04-01`, about, signal);
    },
  };
}

/** Registering twice is registering once, so a transient failure is tried again. */
async function post(
  connection: ArmConnection,
  url: string,
  about: ArmRequest,
  signal: AbortSignal,
): Promise<void> {
  const answer = await connection.send({ method: 'POST', url, about }, signal, 'reads');
  if (answer.status < 200 || answer.status >= 300) {
    throw mapArmAnswer(answer, about);
  }
}

function aboutFeature(connection: ArmConnection, doing: string, action: string, path: string): ArmRequest {
  return {
    doing: `${doing} the feature ${provider}/${feature}`,
    action,
    scope: path.split('/').slice(0, 3).join('/'),
    caller: connection.caller,
  };
}
