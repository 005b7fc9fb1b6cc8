import { isObject, type Json, type JsonObject } from '../exact-json.ts';
import type { FaultEffect } from '../faults.ts';
import { type EmulatorRequest, type EmulatorResponse, jsonBody } from '../http.ts';
import type { KubectlEnd } from '../run-command/run-kubectl.ts';
import type { World } from '../world.ts';
import { refuseAsArm } from './arm-answers.ts';

/** One request to ARM, as a handler sees it. */
export interface ArmCall {
  readonly request: EmulatorRequest;
  readonly world: World;
  /** Named groups of the route's pattern, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly effects: FaultEffect;
  /** Where the emulator listens, without a slash at the end. */
  readonly baseUrl: string;
  /** The kubeconfig of a cluster, as YAML; of one that signs in through Entra, by kubelogin. */
  readonly kubeconfig: (kind: 'token' | 'entra') => string;
  /** Runs the kubectl commands of a text in the cluster. @throws Error why nothing could be run */
  readonly runKubectl: (asked: AskedCommand) => Promise<KubectlEnd>;
  /** Told of every secret that an answer holds. */
  readonly giveOut: (secret: string) => void;
}

/** A command that is to run in the cluster; with a token, as whoever has it. */
export interface AskedCommand {
  readonly text: string;
  /** A zip in base64, or empty. */
  readonly context: string;
  readonly token?: string;
}

export interface ArmRoute {
  /** The operation's name for faults and the request log. */
  readonly name: string;
  readonly method: string;
  readonly pattern: RegExp;
  readonly handle: (call: ArmCall) => EmulatorResponse;
}

export interface ArmMatch {
  readonly route: ArmRoute;
  readonly params: Readonly<Record<string, string>>;
}

export function param(call: ArmCall, name: string): string {
  return call.params[name] ?? '';
}

/** @throws Refusal 400 when the body is no JSON object */
export function objectBody(call: ArmCall): JsonObject {
  const body = jsonBody(call.request);
  if (isObject(body)) {
    return body;
  }
  return refuseAsArm(400, 'InvalidRequestContent', 'The request content is not a JSON object.');
}

/** @throws Refusal 404 when the subscription is unknown */
export function subscriptionOf(call: ArmCall) {
  const id = param(call, 'subscription');
  const found = call.world.subscriptions.get(id.toLowerCase());
  if (found !== undefined) {
    return found;
  }
  return refuseAsArm(404, 'SubscriptionNotFound', `There is no subscription '${id}'.`);
}

/** Id of a resource group in ARM's usual casing. */
export function groupIdOf(call: ArmCall): string {
  return `/subscriptions/${param(call, 'subscription')}/resourceGroups/${param(call, 'group')}`;
}

/** @throws Refusal 404 when the group, or its subscription, is unknown */
export function requireGroup(call: ArmCall): void {
  subscriptionOf(call);
  if (call.world.resourceGroups.has(groupIdOf(call).toLowerCase())) {
    return;
  }
  refuseAsArm(404, 'ResourceGroupNotFound', `Resource group '${param(call, 'group')}' does not exist.`);
}

/**
 * One page of a list, with a `nextLink` when there is more.
 * @param most items that the caller wants on it; 0 for all that the world's settings let on one
 */
export function page(call: ArmCall, items: readonly Json[], most = 0): EmulatorResponse {
  const sizes = [call.world.settings.pageSize, most].filter((size) => size > 0);
  const size = Math.min(items.length, ...sizes);
  const start = Number(call.request.query.get('$skiptoken') ?? 0);
  const value = items.slice(start, start + size);
  if (start + size >= items.length) {
    return { status: 200, body: { value } };
  }
  const query = new URLSearchParams(call.request.query);
  query.set('$skiptoken', String(start + size));
  return { status: 200, body: { value, nextLink: `${call.baseUrl}${call.request.path}?${query}` } };
}
