import type { Clock } from '../../domain/time/clock.ts';
import type { ApiConnection } from '../../k8s/client/api-connection.ts';
import { readSecret } from '../cluster/read-secret.ts';
import type { NmiSettings } from '../nmi-settings.ts';
import { createCertificateProver } from './entra/certificate-prover.ts';
import { createCredentialReader } from './entra/credential-reader.ts';
import { createEntraSource } from './entra/entra-source.ts';
import { createImdsSource } from './imds/imds-source.ts';
import type { NamespaceOf, UpstreamSource } from './token.ts';
import { createTokenCache, type TokenCache } from './token-cache.ts';
import type { TokenMetrics } from './token-metrics.ts';
import { createUpstreamQueue, imdsTokenLimits } from './upstream-queue.ts';

export interface TokenSourcesOptions {
  readonly settings: NmiSettings;
  readonly connection: ApiConnection;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly metrics: TokenMetrics;
  readonly namespaceOf: NamespaceOf;
  /** Wraps each source, to time it. */
  measure(source: UpstreamSource): UpstreamSource;
  onSecretFailure(): void;
}

/** Entra has no quota of the VM's to keep; the limit is for this process. */
const entraLimits = { atOnce: 16, perSecond: 50, waiting: 500, waitingPerAsker: 40, runningPerAsker: 8 };

/** The cache, and behind it IMDS and Entra. */
export function createTokens(options: TokenSourcesOptions): TokenCache {
  const { settings, connection, userAgent, clock, metrics, namespaceOf } = options;
  const credentials = createCredentialReader({
    clock,
    secretPairs: settings.secretPairs,
    readSecret: async (namespace, name, signal) => {
      try {
        return await readSecret(connection, { namespace, name }, signal);
      } catch (error) {
        options.onSecretFailure();
        throw error;
      }
    },
  });
  const imds = createImdsSource({
    address: settings.flags['metadata-ip'],
    port: settings.flags['metadata-port'],
    userAgent,
    clock,
    queue: createUpstreamQueue({ clock, limits: imdsTokenLimits, metrics, namespaceOf }),
  });
  const entra = createEntraSource({
    credentials,
    clock,
    queue: createUpstreamQueue({ clock, limits: entraLimits, namespaceOf }),
    proveByCertificate: createCertificateProver({ clock }),
    allowedHosts: settings.adEndpointHosts,
    network: settings.network,
  });
  return createTokenCache({
    sources: { imds: options.measure(imds), entra: options.measure(entra) },
    credentials,
    clock,
    metrics,
    namespaceOf,
  });
}
