import { isRestError, type PipelinePolicy } from '@azure/core-rest-pipeline';
import { isLoopbackHost } from '../../domain/azure/loopback-host.ts';
import { startEmulatorCommand } from '../../domain/hints/emulator-command.ts';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { AzureSettings } from '../sign-in/azure-settings.ts';
import { clouds } from '../sign-in/clouds.ts';

/** Where requests go, and which other hosts may see the token. */
export interface ArmEndpoint {
  /** Without a slash at the end. */
  readonly url: string;
  readonly isLoopback: boolean;
  /**
   * Whether a token may be sent to this URL: the endpoint's own origin, or over https a host of the same
   * cloud's ARM (regional ones included). Operation URLs and next pages come from answers, so they are not
   * trusted by themselves.
   */
  mayReceiveToken(url: string): boolean;
}

/**
 * @throws PodidError InvalidUsage for plain http beyond loopback, a token for a real host, or no URL at all
 */
export function armEndpoint(settings: Pick<AzureSettings, 'cloud' | 'endpoint' | 'token'>): ArmEndpoint {
  const url = readUrl(settings.endpoint ?? settings.cloud.armEndpoint);
  const isLoopback = isLoopbackHost(url.hostname);
  if (url.protocol === 'http:' && !isLoopback) {
    throw usage('PODID_ARM_ENDPOINT must begin with https:// unless its host is loopback.');
  }
  if (settings.token !== undefined && !isLoopback) {
    throw new PodidError(
      'InvalidUsage',
      'PODID_ARM_TOKEN is accepted for a loopback PODID_ARM_ENDPOINT only.',
      { hint: advice`${command('unset PODID_ARM_TOKEN')}  # and sign in: ${command('az login')}` },
    );
  }
  return {
    url: url.href.replace(/\/+$/, ''),
    isLoopback,
    mayReceiveToken: (target) => sameOrigin(url, target) || isArmOf(url, target),
  };
}

/**
 * Tells at once that nothing listens at a loopback endpoint: that is not a transient failure, but an emulator
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

function readUrl(text: string): URL {
  const url = parseUrl(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw usage('PODID_ARM_ENDPOINT must be an https URL.');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw usage('PODID_ARM_ENDPOINT must be a plain base URL: no user, query or fragment.');
  }
  return url;
}

function usage(message: string): PodidError {
  return new PodidError('InvalidUsage', message, {
    hint: advice`${command('export PODID_ARM_ENDPOINT=https://HOST')}  # or unset it for Azure itself`,
  });
}

function sameOrigin(endpoint: URL, target: string): boolean {
  return parseUrl(target)?.origin === endpoint.origin;
}

/** Azure answers with regional ARM hosts at times: `eastus.management.azure.com`. */
function isArmOf(endpoint: URL, target: string): boolean {
  const url = parseUrl(target);
  if (url === null || url.protocol !== 'https:' || url.port !== '') {
    return false;
  }
  return Object.values(clouds)
    .map((cloud) => new URL(cloud.armEndpoint).hostname)
    .filter((host) => endpoint.hostname === host || endpoint.hostname.endsWith(`.${host}`))
    .some((host) => url.hostname === host || url.hostname.endsWith(`.${host}`));
}

function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}
