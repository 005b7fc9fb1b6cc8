import { credentialOf } from '../../../domain/azure/federated-credential.ts';
import { type EntryKey, entryText } from '../../../domain/entries/pod-identity.ts';
import { trustsOf } from '../../../domain/exchange/identity-accounts.ts';
import { tokenSourceAnnotation } from '../../../domain/exchange/token-source.ts';
import type { Change } from '../../change/outcome.ts';
import { type ExchangeView, type IdentityStanding, managedIdentityOf } from '../read-exchange.ts';
import { accountsOf } from '../read-workload-view.ts';

/** What one identity comes back to the nodes by. */
export interface BackSteps {
  readonly standing: IdentityStanding;
  readonly switches: boolean;
  /** Names of podid's federated credentials that go. */
  readonly credentials: readonly string[];
}

/** A federated credential that stays, since its account may use it without the agent. */
export interface KeptCredential extends EntryKey {
  readonly credential: string;
  readonly subject: string;
  /** What says so: `Deployment shop/web has the label …`. */
  readonly why: string;
}

export interface DisablePlan {
  readonly steps: readonly BackSteps[];
  readonly kept: readonly KeptCredential[];
}

/**
 * Whatever an annotation says that is not followed, `imds` is followed.
 *
 * @param natives as `nativeUsers` finds them; undefined where every credential stays
 */
export function planDisable(
  { identities }: ExchangeView,
  all: ExchangeView,
  natives: ReadonlyMap<string, string> | undefined,
): DisablePlan {
  const chosen = new Set(identities.map(({ row }) => entryText(row)));
  const goesOn = new Set(
    all.identities
      .filter(({ row }) => row.source === 'exchange' && !chosen.has(entryText(row)))
      .map(({ identity }) => managedIdentityOf(identity)),
  );
  const seen = new Set<string>();
  const kept: KeptCredential[] = [];
  const steps = identities.flatMap((standing): BackSteps[] => {
    const { row, identity } = standing;
    const { namespace, name } = row;
    const managed = managedIdentityOf(identity);
    const switches = row.source === 'exchange';
    const credentials: string[] = [];
    for (const own of natives === undefined || goesOn.has(managed) ? [] : ownCredentials(standing, all)) {
      const why = natives?.get(own.subject);
      // Several objects may name one managed identity.
      const isNew = !seen.has(`${managed} ${own.credential}`);
      seen.add(`${managed} ${own.credential}`);
      if (isNew && why !== undefined) {
        kept.push({ namespace, name, ...own, why });
      } else if (isNew) {
        credentials.push(own.credential);
      }
    }
    return switches || credentials.length > 0 ? [{ standing, switches, credentials }] : [];
  });
  return { steps, kept };
}

/** Those that podid made for the agent, and for the accounts of the identity's pods. */
function ownCredentials(
  { identity, known, subject }: IdentityStanding,
  { basis: { trust }, workload }: ExchangeView,
): readonly Pick<KeptCredential, 'credential' | 'subject'>[] {
  if (trust === undefined || known?.kind !== 'read') {
    return [];
  }
  const accounts = subject === 'workload' && workload !== undefined ? accountsOf(identity, workload) : [];
  return [trust, ...trustsOf(accounts, trust)].flatMap((each) => {
    const credential = credentialOf(known.credentials, each)?.name;
    return credential?.startsWith('podid-') ? [{ credential, subject: each.subject }] : [];
  });
}

/** The same for `--dry-run`. */
export function disableChanges({ standing, switches, credentials }: BackSteps): Change[] {
  const { namespace, name } = standing.row;
  const key = { namespace, name };
  const written = standing.identity.metadata.annotations?.[tokenSourceAnnotation] ?? 'exchange';
  return [
    ...(switches
      ? [
          {
            action: 'update',
            kind: 'tokenSource',
            ...key,
            before: { source: written },
            after: { source: 'imds' },
          } as const,
        ]
      : []),
    ...credentials.map(
      (credential): Change => ({
        action: 'delete',
        kind: 'federatedCredential',
        ...key,
        before: { credential, identity: standing.identity.spec.resourceID },
        after: null,
      }),
    ),
  ];
}
