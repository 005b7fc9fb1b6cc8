import type { EntraPrincipal } from '../../domain/azure/entra-sign-in.ts';
import type { Clock } from '../../domain/time/clock.ts';
import type { Network } from '../../network/network.ts';
import type { AuthWay } from './auth-ways.ts';
import type { AzSubscription } from './az-profile.ts';
import type { AzureCloud } from './clouds.ts';

/** What the adapters need to know, checked. */
export interface AzureSettings {
  readonly cloud: AzureCloud;
  /** `PODID_ARM_ENDPOINT`; the cloud's own when absent. */
  readonly endpoint?: string;
  /** `PODID_ARM_TOKEN`; accepted for a loopback endpoint only. */
  readonly token?: string;
  /** The ways to sign in, in the order in which they are tried. */
  readonly ways: readonly AuthWay[];
  /** The one principal to sign in as, for a program that is told by its own settings. */
  readonly as?: Exclude<EntraPrincipal, { readonly kind: 'caller' }>;
  /** `--tenant`. */
  readonly tenantId?: string;
  /** The subscription in az's profile, whose account az is asked for when there is no `--tenant`. */
  readonly profile?: Pick<AzSubscription, 'id' | 'tenantId'>;
  /** Takes what somebody has to do in a browser to sign in; absent: nobody is there. */
  readonly prompt?: (text: string) => void;
  /** Takes what somebody should know of the sign-in that was taken, a sentence a call. */
  readonly note?: (text: string) => void;
  /** The way to Azure and Entra: proxies and authorities. */
  readonly network: Network;
  /** The process's environment: the sign-in reads its variables from it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `PODID_ARM_API_VERSION` for managed clusters. */
  readonly apiVersion?: string;
  /** `podid/<version>`. */
  readonly userAgent: string;
  readonly clock: Clock;
  /** Takes `--debug` text, one or several lines a call, secrets masked. */
  readonly debug?: (text: string) => void;
  /** Takes `--verbose` text, one line a call. */
  readonly verbose?: (text: string) => void;
  /** How long one request may take from start to the last byte. 60 000 when absent. */
  readonly requestTimeoutMs?: number;
  /** Retries of a read, and the first pause between them. 3 and 800 ms when absent. */
  readonly readRetries?: { readonly count: number; readonly firstMs: number };
}
