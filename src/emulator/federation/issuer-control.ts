import { at, type Json } from '../exact-json.ts';
import type { World } from '../world.ts';
import { changeIssuer, issuerUrl, rotateSigningKeys } from './issuers.ts';

const members = new Set(['cluster', 'rotate', 'change']);

/**
 * What happens to a cluster's issuer without anybody asking for it: `{"rotate": 2}` rotates its keys twice, `{"change":
 * true}` gives it another URL with keys of its own. `cluster` is the cluster's id, the first one's when absent.
 * @returns the issuer's URL from then on
 * @throws TypeError for other members or values, RangeError for a cluster that has no issuer
 */
export function disturbIssuer(world: World, body: Json | undefined): string {
  const unknown = Object.keys(body ?? {}).filter((name) => !members.has(name));
  const [rotate, change] = [at(body, 'rotate') ?? 0, at(body, 'change') ?? false];
  if (unknown.length > 0 || !Number.isInteger(rotate) || Number(rotate) < 0 || typeof change !== 'boolean') {
    throw new TypeError('An issuer takes rotate, a number, change, true or false, and cluster, an id.');
  }
  const [first] = world.clusters.keys();
  const id = String(at(body, 'cluster') ?? first);
  const document = world.clusters.get(id.toLowerCase())?.document;
  if (document === undefined || issuerUrl(document) === undefined) {
    throw new RangeError(`There is no cluster '${id}' whose OIDC issuer is on.`);
  }
  if (change) {
    changeIssuer(world, document);
  }
  const url = issuerUrl(document) ?? '';
  for (let times = 0; times < Number(rotate); times += 1) {
    rotateSigningKeys(world, url);
  }
  return url;
}
