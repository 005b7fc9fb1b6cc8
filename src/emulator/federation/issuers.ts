import { type JsonObject, objectAt, textAt } from '../exact-json.ts';
import type { World } from '../world.ts';
import { newSigningKey, type SigningKey } from './signing-keys.ts';

/** After a rotation the key before is good for so long, as on AKS. */
const oldKeyMs = 24 * 3_600_000;

/** URL of a cluster's OIDC issuer, with a slash at its end; undefined while it is off. */
export function issuerUrl(document: JsonObject): string | undefined {
  const profile = objectAt(document, 'properties', 'oidcIssuerProfile');
  return profile?.['enabled'] === true ? textAt(profile, 'issuerURL') : undefined;
}

/**
 * Gives a cluster whose issuer is on its URL.
 * @param url that it has already; a new one where undefined, as soon as the emulator listens
 */
export function giveIssuer(world: World, document: JsonObject, url: string | undefined): void {
  const profile = objectAt(document, 'properties', 'oidcIssuerProfile');
  if (profile?.['enabled'] === true && (url !== undefined || world.origin !== '')) {
    profile['issuerURL'] = url ?? newIssuerUrl(world);
  }
}

function newIssuerUrl(world: World): string {
  return `${world.origin}/${world.tenantId}/${world.newId()}/`;
}

/** As in a cluster that was deleted and made again: another URL, other keys. */
export function changeIssuer(world: World, document: JsonObject): void {
  giveIssuer(world, document, undefined);
}

/**
 * To be called when the emulator listens. Issuers of a state file that was written on another port, and the credentials
 * that trust them, move to this one.
 *
 * @param origin `http://127.0.0.1:41234`
 */
export function homeIssuers(world: World, origin: string): void {
  world.origin = origin;
  for (const { document } of world.clusters.values()) {
    giveIssuer(world, document, issuerUrl(document));
    const url = issuerUrl(document) ?? '';
    const old = /^https?:\/\/127\.0\.0\.1:\d+(?=\/)/.exec(url)?.[0];
    const profile = objectAt(document, 'properties', 'oidcIssuerProfile');
    if (profile !== undefined && old !== undefined && old !== origin) {
      const moved = origin + url.slice(old.length);
      profile['issuerURL'] = moved;
      moveIssuer(world, url, moved);
    }
  }
}

function moveIssuer(world: World, from: string, to: string): void {
  const keys = world.issuers.get(from);
  if (keys !== undefined) {
    world.issuers.delete(from);
    world.issuers.set(to, keys);
  }
  for (const credential of world.federatedCredentials.values()) {
    const properties = objectAt(credential, 'properties');
    if (properties?.['issuer'] === from) {
      properties['issuer'] = to;
    }
  }
}

/** What a server signs as that nobody gave an issuer. */
export const inClusterIssuer = 'https://kubernetes.default.svc.cluster.local';

/**
 * What the API server signs service-account tokens as. All clusters have one API server here: the first one's.
 * @throws Error where the first cluster's issuer is another's, whose private key is not here
 */
export function apiServerSigner(world: World): { readonly issuer: string; readonly key: SigningKey } {
  const [cluster] = world.clusters.values();
  const issuer = (cluster && issuerUrl(cluster.document)) ?? serverUrl(cluster?.document);
  const [key] = keysOf(world, issuer);
  if (key.d === undefined) {
    throw new Error(
      `The emulator has no private key of ${issuer}: its tokens come from the cluster that signs them.`,
    );
  }
  return { issuer, key };
}

function serverUrl(document: JsonObject | undefined): string {
  const fqdn = textAt(document, 'properties', 'fqdn');
  return fqdn === undefined ? inClusterIssuer : `https://${fqdn}`;
}

/** Newest first; made when first asked for, which takes some tenths of a second. */
function keysOf(world: World, issuer: string): [SigningKey, ...SigningKey[]] {
  const [newest = newSigningKey(), ...older] = world.issuers.get(issuer) ?? [];
  const now = world.clock.now();
  const keys: [SigningKey, ...SigningKey[]] = [
    newest,
    ...older.filter(({ untilMs = Number.POSITIVE_INFINITY }) => untilMs > now),
  ];
  world.issuers.set(issuer, keys);
  return keys;
}

/**
 * The keys that Entra finds for an issuer: of a cluster whose issuer is on, or of another's that was put into the world.
 * Undefined where nobody publishes them.
 */
export function publishedKeys(world: World, issuer: string): readonly SigningKey[] | undefined {
  const clusters = [...world.clusters.values()];
  if (clusters.some(({ document }) => issuerUrl(document) === issuer)) {
    return keysOf(world, issuer);
  }
  const others = world.issuers.get(issuer) ?? [];
  return others.length > 0 && others.every(({ d }) => d === undefined) ? others : undefined;
}

/** The key before stays for a day, and the one before that goes at once, as `az aks oidc-issuer rotate-signing-keys` has it. */
export function rotateSigningKeys(world: World, issuer: string): void {
  const [before] = keysOf(world, issuer);
  world.issuers.set(issuer, [newSigningKey(), { ...before, untilMs: world.clock.now() + oldKeyMs }]);
}
