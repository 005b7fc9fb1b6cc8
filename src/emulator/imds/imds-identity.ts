/** A managed identity that is assigned to the emulated VM. */
export interface ImdsIdentity {
  readonly clientId: string;
  readonly objectId: string;
  /** ARM id of the identity, or of the VM for the system-assigned one. */
  readonly resourceId: string;
}

/** How a request names an identity: at most one member should be set. */
export interface IdentityQuery {
  readonly clientId: string;
  readonly resourceId: string;
  readonly objectId: string;
}

export interface NodeIdentities {
  readonly userAssigned: readonly ImdsIdentity[];
  readonly systemAssigned: ImdsIdentity | undefined;
}

/** What the metadata service of one machine knows of the machine's user-assigned identities. */
export interface Registrations {
  /** By resource id in lower case, with the emulator time from which it is answered. */
  readonly known: Map<string, { readonly identity: ImdsIdentity; readonly fromMs: number }>;
  /** Those that were taken away once, in lower case. */
  readonly removed: Set<string>;
}

export type FoundIdentity =
  | { readonly kind: 'found'; readonly identity: ImdsIdentity }
  | { readonly kind: 'refused'; readonly refusal: string };

/**
 * The identity a request means, or the sentence IMDS refuses with. Without a choice it is the system-assigned
 * identity, else the only user-assigned one.
 */
export function findIdentity(node: NodeIdentities, query: IdentityQuery): FoundIdentity {
  const asked = [query.clientId, query.resourceId, query.objectId].filter((value) => value !== '');
  if (asked.length > 1) {
    return refused('Only one of client_id, object_id and msi_res_id may be given');
  }
  if (asked.length === 1) {
    const all = [...node.userAssigned, ...(node.systemAssigned ? [node.systemAssigned] : [])];
    return foundOr(all.find((identity) => matches(identity, query)));
  }
  if (node.systemAssigned !== undefined) {
    return foundOr(node.systemAssigned);
  }
  const [only, second] = node.userAssigned;
  if (second !== undefined) {
    return refused('Multiple user assigned identities exist; name one by client_id, object_id or msi_res_id');
  }
  return foundOr(only);
}

function foundOr(identity: ImdsIdentity | undefined): FoundIdentity {
  return identity === undefined ? refused('Identity not found') : { kind: 'found', identity };
}

function refused(refusal: string): FoundIdentity {
  return { kind: 'refused', refusal };
}

function matches(identity: ImdsIdentity, query: IdentityQuery): boolean {
  return (
    same(identity.clientId, query.clientId) ||
    same(identity.resourceId, query.resourceId) ||
    same(identity.objectId, query.objectId)
  );
}

function same(own: string, asked: string): boolean {
  return asked !== '' && own.toLowerCase() === asked.toLowerCase();
}
