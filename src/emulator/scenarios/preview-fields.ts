import type { JsonObject } from '../exact-json.ts';
import { ExactNumber } from '../exact-json.ts';
import { cluster, parts } from './scenario-parts.ts';

/**
 * A cluster of a newer api-version: members nobody knows, nulls, numbers that JavaScript would spell
 * otherwise.
 */
export const previewFields: JsonObject = parts({
  clusters: [
    cluster(
      {
        podIdentityProfile: { enabled: true, futureSwitch: { level: new ExactNumber('1.0') } },
        futureProfile: {
          mode: 'Later',
          budget: new ExactNumber('12345678901234567890'),
          ratio: null,
          list: [],
        },
        agentPoolProfiles: [
          { name: 'nodepool1', count: 2, osType: 'Linux', type: 'VirtualMachineScaleSets', mode: 'System' },
          {
            name: 'later',
            count: 0,
            osType: 'Linux',
            type: 'FutureMachines',
            futureOption: [new ExactNumber('1e2')],
          },
        ],
      },
      { kind: 'Base', extendedLocation: null },
    ),
  ],
});
