import { isRestError, type PipelinePolicy } from '@azure/core-rest-pipeline';
import { startEmulatorCommand } from '../../domain/hints/emulator-command.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { ArmEndpoint } from './arm-endpoint.ts';

/**
 * Tells at once that nothing listens at a loopback endpoint: that is no weather that passes, but an emulator
 * that has ended. A PodidError is not sent again, unlike what the network says elsewhere.
 */
export function refusedLoopbackPolicy(endpoint: ArmEndpoint): PipelinePolicy {
  return {
    name: 'podidRefusedLoopback',
    async sendRequest(request, next) {
      try {
        return await next(request);
      } catch (error) {
        if (!isRestError(error) || error.code !== 'ECONNREFUSED') {
          throw error;
        }
        throw new PodidError('Unavailable', `Nothing listens at PODID_ARM_ENDPOINT (${endpoint.url}).`, {
          hint: startEmulatorCommand,
          cause: error,
        });
      }
    },
  };
}
