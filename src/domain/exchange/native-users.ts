import { type EntryKey, entryText } from '../entries/pod-identity.ts';
import type { ReadProviderClass, ReadServiceAccount } from '../migrate/migration-facts.ts';
import type { PodTemplate } from '../migrate/read-workload.ts';
import { clientIdAnnotation, useLabel } from '../migrate/workload-identity-words.ts';
import { subjectOf } from './exchange-cluster.ts';

/** A template of pods, and whose it is: what makes pods, or a pod itself. */
export interface NamedTemplate extends EntryKey {
  /** `Deployment`, `Pod`. */
  readonly kind: string;
  readonly template: PodTemplate;
}

export interface NativeFacts {
  /** Of everything in the cluster that can still make pods, and of its pods, bound to an identity or not. */
  readonly templates: readonly NamedTemplate[];
  readonly serviceAccounts: readonly ReadServiceAccount[];
  readonly providerClasses: readonly ReadProviderClass[];
  /** Of the tokens that Entra takes. */
  readonly audience: string;
}

/**
 * Service accounts whose tokens may be used at Entra without the agent, by their subject, each with what says so. Whoever
 * is named may sign in by a federated credential that podid made for the agent: it is the same that Workload Identity needs.
 */
export function nativeUsers({
  templates,
  serviceAccounts,
  providerClasses,
  audience,
}: NativeFacts): ReadonlyMap<string, string> {
  const byPodIdentity = new Set(
    providerClasses.filter(({ usesPodIdentity }) => usesPodIdentity).map((each) => entryText(each)),
  );
  const found = new Map<string, string>();
  const add = (account: EntryKey, why: string) => {
    const subject = subjectOf(account);
    if (!found.has(subject)) {
      found.set(subject, why);
    }
  };
  for (const { kind, namespace, name, template } of templates) {
    const { labels, audiences, secretProviderClasses, serviceAccount } = template;
    // The Key Vault driver signs in with the pod's account, unless the class asks the agent.
    const vault = secretProviderClasses.find(
      (each) => !byPodIdentity.has(entryText({ namespace, name: each })),
    );
    const why =
      labels[useLabel] === 'true'
        ? `has the label ${useLabel}`
        : audiences.includes(audience)
          ? `mounts a token for ${audience}`
          : vault === undefined
            ? undefined
            : `mounts SecretProviderClass ${vault}`;
    if (why !== undefined) {
      add({ namespace, name: serviceAccount }, `${kind} ${namespace}/${name} ${why}`);
    }
  }
  for (const { namespace, name, annotations } of serviceAccounts) {
    if (annotations[clientIdAnnotation]) {
      add(
        { namespace, name },
        `ServiceAccount ${namespace}/${name} has the annotation ${clientIdAnnotation}`,
      );
    }
  }
  return found;
}
