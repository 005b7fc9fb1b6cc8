import type { FederatedCredential } from '../../azure/federated-credential.ts';
import { type EntryKey, entryText } from '../../entries/pod-identity.ts';
import { credentialOf } from '../../kubernetes/identity-credential.ts';
import type { AzureIdentity } from '../../kubernetes/identity-resources.ts';
import type { AccessTemplate, RbacSubject } from '../access-objects.ts';
import { sortedTexts, type Way } from '../access-report.ts';
import { accountsOfGroup, allows, isAccount, isOfPods, type RbacGrant, subjectText } from '../rbac.ts';
import { type PodIndex, podsOfWay } from './pods-of-way.ts';

/** The service account that a federated credential names; undefined where it names none. */
export function accountOfSubject(subject: string): EntryKey | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(subject) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

/**
 * Every pod that runs as a service account which the identity trusts, and whoever makes a token of that account.
 *
 * @param issuer of the cluster, to the letter
 */
export function federatedWays(
  credentials: readonly FederatedCredential[],
  issuer: string | undefined,
  pods: PodIndex,
): readonly Way[] {
  return credentials
    .filter((credential) => credential.issuer === issuer)
    .flatMap(({ name, subject }): readonly Way[] => {
      if (subject === undefined) {
        const who = `whoever fits the expression of federated credential ${name}`;
        return [{ way: 'federated', namespace: '', who, ...podsOfWay(undefined, ''), accounts: [] }];
      }
      const account = accountOfSubject(subject);
      if (account === undefined) {
        return [];
      }
      const key = entryText(account);
      const who = `service account ${key} (federated credential ${name})`;
      const made = pods.templates.filter(
        ({ namespace, serviceAccount }) => namespace === account.namespace && serviceAccount === account.name,
      );
      const found = podsOfWay(pods.of(key), account.namespace, made);
      return [{ way: 'federated', namespace: account.namespace, who, ...found, accounts: [key] }];
    });
}

/** The API group by whose one verb AKS's identity bindings are handed out. */
const identityBindingGroup = 'cid.wi.aks.azure.com';

/**
 * Whoever may `use-managed-identity`, by wildcards too: the right is Kubernetes' alone.
 *
 * @param binding its name; undefined: Azure did not say which there are
 */
export function identityBindingWays(
  clientId: string,
  binding: string | undefined,
  { grants, pods }: { readonly grants: readonly RbacGrant[]; readonly pods: PodIndex },
): readonly Way[] {
  return grants
    .filter(({ subject }) => isOfPods(subject))
    .filter(({ rules }) =>
      [clientId, clientId.toLowerCase()].some((resource) =>
        allows(rules, { verbs: ['use-managed-identity'], group: identityBindingGroup, resource }),
      ),
    )
    .map(({ subject, namespace, via }): Way => {
      const where = subject.namespace ?? namespace ?? '';
      const named = binding === undefined ? '' : `, identity binding ${binding}`;
      return {
        way: 'identity-binding',
        namespace: where,
        who: `${subjectText(subject)} (${via}${named})`,
        ...podsOfWay(podsOfSubject(subject, pods.all), where, podsOfSubject(subject, pods.templates)),
        accounts: accountsOf(subject),
      };
    });
}

/** Who may read the Secret of a service principal, and pods that have it mounted. */
export function secretWays(
  object: AzureIdentity,
  { grants, pods }: { readonly grants: readonly RbacGrant[] | undefined; readonly pods: PodIndex },
): readonly Way[] {
  const secret = secretOf(object);
  if (secret === undefined) {
    return [];
  }
  const key = entryText(secret);
  const mounting = pods.in(secret.namespace)?.filter(({ secrets }) => secrets.includes(secret.name));
  const made = pods.templates.filter(
    ({ namespace, secrets }) => namespace === secret.namespace && secrets.includes(secret.name),
  );
  const mounted: readonly Way[] =
    (mounting ?? []).length + made.length === 0
      ? []
      : [
          {
            way: 'secret',
            namespace: secret.namespace,
            who: `pods that mount Secret ${key}`,
            ...podsOfWay(mounting, secret.namespace, made),
          },
        ];
  const readers = (grants ?? []).filter(
    ({ namespace, rules }) =>
      (namespace === undefined || namespace === secret.namespace) &&
      allows(rules, { verbs: ['get', 'list', 'watch'], group: '', resource: 'secrets', name: secret.name }),
  );
  return [
    ...mounted,
    ...readers.map(({ subject, via }): Way => {
      const where = subject.namespace ?? '';
      return {
        way: 'secret',
        namespace: where,
        who: `${subjectText(subject)}, who may read Secret ${key} (${via})`,
        ...(isOfPods(subject)
          ? podsOfWay(podsOfSubject(subject, pods.all), where, podsOfSubject(subject, pods.templates))
          : podsOfWay(pods.all && [], where)),
        accounts: accountsOf(subject),
      };
    }),
  ];
}

/** Undefined where the object names none, or one that agents refuse. */
function secretOf(object: AzureIdentity): EntryKey | undefined {
  const credential = credentialOf(object);
  if (credential.kind === 'secret' || credential.kind === 'certificate') {
    return credential.secret;
  }
  const { name, namespace } = object.spec.clientPassword ?? {};
  return name ? { namespace: namespace || object.metadata.namespace, name } : undefined;
}

function podsOfSubject<Item extends Pick<AccessTemplate, 'namespace' | 'serviceAccount'>>(
  subject: RbacSubject,
  items: readonly Item[] | undefined,
): readonly Item[] | undefined {
  return items?.filter(({ namespace, serviceAccount }) =>
    isAccount(subject, { namespace, name: serviceAccount }),
  );
}

function accountsOf(subject: RbacSubject): readonly string[] {
  const { kind, namespace, name } = subject;
  if (kind === 'ServiceAccount') {
    return [`${namespace ?? ''}/${name}`];
  }
  const within = accountsOfGroup(subject);
  if (within !== undefined) {
    return [within === '' ? '*' : `${within}/*`];
  }
  const account = kind === 'User' ? accountOfSubject(name) : undefined;
  return account === undefined ? [] : sortedTexts([entryText(account)]);
}
