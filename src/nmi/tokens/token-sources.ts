import type { Pod } from '../../domain/kubernetes/pod.ts';
import type { Clock } from '../../domain/time/clock.ts';
import type { WritingConnection } from '../../k8s/client/api-connection.ts';
import { readSecret } from '../cluster/read-secret.ts';
import type { NmiSettings } from '../nmi-settings.ts';
import { createCertificateProver } from './entra/certificate-prover.ts';
import { createCredentialReader } from './entra/credential-reader.ts';
import { createEntraSource } from './entra/entra-source.ts';
import { createAccountTokens } from './exchange/account-tokens.ts';
import type { ExchangeObserver } from './exchange/exchange-observer.ts';
import { createExchangeSource } from './exchange/exchange-source.ts';
import type { WorkloadGuard } from './exchange/workload-guard.ts';
import { createImdsSource } from './imds/imds-source.ts';
import type { NamespaceOf, UpstreamSource } from './token.ts';
import { createTokenCache, type TokenCache } from './token-cache.ts';
import type { TokenMetrics } from './token-metrics.ts';
import { createUpstreamQueue, imdsTokenLimits } from './upstream-queue.ts';

export interface TokenSourcesOptions {
  readonly settings: NmiSettings;
  readonly connection: WritingConnection;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly metrics: TokenMetrics;
  readonly namespaceOf: NamespaceOf;
  /** A pod of this node by its uid. */
  podOf(uid: string): Pod | undefined;
  readonly guard: WorkloadGuard;
  /** Wraps each source, to time it. */
  measure(source: UpstreamSource): UpstreamSource;
  onSecretFailure(): void;
  readonly exchangeObserver: ExchangeObserver;
}

/** Entra has no quota of the VM's to keep; the limit is for this process. */
const entraLimits = { atOnce: 16, perSecond: 50, waiting: 500, waitingPerAsker: 40, runningPerAsker: 8 };

/** The same with less at once: an agent that starts must not come with all its identities in one moment. */
export const exchangeLimits = { ...entraLimits, atOnce: 8, perSecond: 20, runningPerAsker: 4 };

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
  const exchange = createExchangeSource({
    ...settings.exchange,
    accountTokens: createAccountTokens({
      connection,
      node: settings.node,
      guard: options.guard,
      podOf: (uid) => options.podOf(uid),
    }),
    clock,
    queue: createUpstreamQueue({ clock, limits: exchangeLimits, namespaceOf }),
    allowedHosts: settings.adEndpointHosts,
    network: settings.network,
    observer: options.exchangeObserver,
  });
  return createTokenCache({
    sources: {
      imds: options.measure(imds),
      entra: options.measure(entra),
      exchange: options.measure(exchange),
    },
    credentials,
    clock,
    metrics,
    namespaceOf,
  });
}
