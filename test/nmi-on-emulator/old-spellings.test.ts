import { describe, expect, it } from 'vitest';
import {
  azureIdentity,
  binding,
  exception,
  identityOf,
  nodeIdentity,
  pod,
  startWorld,
} from './agent-world.ts';

const { clientId, resourceId } = identityOf('web');

type Spec = Readonly<Record<string, unknown>>;

/** An entry and an exception, as upstream's releases and their users have written them. */
const spellings: readonly (readonly [string, Spec, Spec, Spec])[] = [
  [
    'before 1.6.0',
    { type: 0, ResourceID: resourceId, ClientID: clientId },
    { AzureIdentity: 'web', Selector: 'front' },
    { PodLabels: { app: 'legacy' } },
  ],
  [
    'in lower case, the type as text',
    { type: '0', resourceid: resourceId, clientid: clientId },
    { azureidentity: 'web', selector: 'front' },
    { podlabels: { app: 'legacy' } },
  ],
  [
    'with what files leave around ids',
    { type: 0, resourceID: `${resourceId}\r\n`, clientID: ` ${clientId}\n` },
    { azureIdentity: 'web', selector: 'front' },
    { podLabels: { app: 'legacy' } },
  ],
];

describe('the agent', () => {
  it.each(spellings)('serves objects that were written %s', async (_, identity, bound, excepted) => {
    await using world = await startWorld({
      before({ store }) {
        store.seed({ ...azureIdentity('web'), spec: identity });
        store.seed({ ...binding('web', ''), spec: bound });
        store.seed({ ...exception('legacy', {}), spec: excepted });
        store.seed(pod({ name: 'web', ip: '127.0.0.7', labels: { aadpodidbinding: 'front' } }));
        store.seed(pod({ name: 'legacy', ip: '127.0.0.8', labels: { app: 'legacy' } }));
      },
    });
    const own = await world.ask();
    expect([own.status, own.json['client_id']], own.text).toEqual([200, clientId]);
    const others = await world.ask({ from: '127.0.0.8' });
    expect([others.status, others.json['client_id']], others.text).toEqual([200, nodeIdentity.clientId]);
  });
});
