import { documentedLimits } from './arm/machines/documented-limits.ts';
import { putBackMachines } from './arm/machines/put-back.ts';
import { settleOperations } from './arm/operations.ts';
import type { EmulatorClock } from './clock.ts';
import { at, isObject, type Json, type JsonObject, listAt, objectAt } from './exact-json.ts';
import type { Fault, FaultList } from './faults.ts';
import { disturbIssuer } from './federation/issuer-control.ts';
import { type EmulatorRequest, type EmulatorResponse, jsonBody } from './http.ts';
import { applyKubeFault } from './kube/apply-kube-fault.ts';
import type { KubeStore } from './kube/objects/kube-store.ts';
import { asDocument, type LoggedRequest } from './request-log.ts';
import { scenarioCatalog } from './scenarios/scenario-catalog.ts';
import { answerAsks } from './seed-asks.ts';
import { seedWorld, worldAsSeed } from './seed-world.ts';
import { clearWorld, type World } from './world.ts';

export interface Control {
  readonly world: World;
  readonly clock: EmulatorClock;
  readonly faults: FaultList;
  readonly requests: LoggedRequest[];
  readonly kube: KubeStore;
  /** Hands the world's Kubernetes objects to the cluster's API. */
  readonly seedKubernetes: () => void;
}

/** `/_podid/…`: sets faults, moves time, reads what was asked, and reads and changes the world. */
export function answerControl(request: EmulatorRequest, control: Control): EmulatorResponse {
  const [, , what = ''] = request.path.split('/');
  const handler = Object.hasOwn(handlers, what) ? handlers[what] : undefined;
  if (handler === undefined) {
    return refuse(404, `There is no /_podid/${what}.`);
  }
  const body = jsonBody(request);
  if (request.bodyText !== '' && body === undefined) {
    return refuse(400, 'The body is not JSON.');
  }
  try {
    return (
      handler(request.method, body, control) ?? refuse(405, `${request.method} is not for /_podid/${what}.`)
    );
  } catch (error) {
    return refuse(400, error instanceof Error ? error.message : String(error));
  }
}

type Handler = (method: string, body: Json | undefined, control: Control) => EmulatorResponse | undefined;

const handlers: Readonly<Record<string, Handler>> = {
  faults: answerFaults,
  requests: answerRequests,
  world: answerWorld,
  scenario: answerScenario,
  clock: answerClock,
  'kube-faults': answerKubeFaults,
  'put-back': answerPutBack,
  issuer: answerIssuer,
  record: (method, body, { world }) => answerAsks(method, body, world),
};

function answerFaults(
  method: string,
  body: Json | undefined,
  { faults }: Control,
): EmulatorResponse | undefined {
  if (method === 'PUT') {
    faults.set(faultsIn(body));
  } else if (method === 'POST') {
    faults.add(...faultsIn(body));
  } else if (method === 'DELETE') {
    faults.clear();
  } else if (method !== 'GET') {
    return undefined;
  }
  return { status: 200, body: faults.list() as unknown as Json };
}

const matchMembers = new Set(['method', 'path', 'operation', 'nth', 'times', 'forMs']);
const effectMembers = new Set([
  ...['status', 'headers', 'body', 'text', 'drop', 'when', 'hang', 'delayMs', 'truncate'],
  ...['withoutETag', 'operation', 'failEntry', 'loseEntry', 'edit'],
]);

/** A misspelt member would be a fault that never comes: every one is checked. */
function faultsIn(body: Json | undefined): Fault[] {
  const items = isObject(body) ? [body] : body;
  if (!Array.isArray(items)) {
    throw new TypeError('Faults are a JSON list.');
  }
  for (const item of items) {
    if (!isObject(at(item, 'effect'))) {
      throw new TypeError('A fault has an object called effect.');
    }
    refuseUnknown(at(item, 'match') ?? {}, matchMembers);
    refuseUnknown(at(item, 'effect'), effectMembers);
    refuseUnknown(item, new Set(['name', 'match', 'effect', 'hits']));
  }
  return items as unknown as Fault[];
}

function refuseUnknown(value: Json | undefined, known: ReadonlySet<string>): void {
  const unknown = Object.keys(isObject(value) ? value : {}).filter((member) => !known.has(member));
  if (unknown.length > 0) {
    throw new TypeError(`Unknown in a fault: ${unknown.join(', ')}.`);
  }
}

function answerRequests(
  method: string,
  _body: Json | undefined,
  { requests }: Control,
): EmulatorResponse | undefined {
  if (method === 'DELETE') {
    requests.length = 0;
  } else if (method !== 'GET') {
    return undefined;
  }
  return { status: 200, body: requests.map(asDocument) };
}

function answerWorld(method: string, body: Json | undefined, control: Control): EmulatorResponse | undefined {
  if (method === 'PUT') {
    if (!isObject(body)) {
      throw new TypeError('A world is a JSON object.');
    }
    checkSettings(control.world, body);
    seedWorld(control.world, body);
    control.seedKubernetes();
  } else if (method !== 'GET') {
    return undefined;
  }
  return { status: 200, body: worldAsSeed(control.world) };
}

/** As with faults: a misspelt setting would be one that never holds. */
function checkSettings({ settings }: World, body: JsonObject): void {
  const limits = objectAt(body, 'settings', 'machineLimits') ?? {};
  const unknown = [
    ...Object.keys(objectAt(body, 'settings') ?? {}).filter((name) => !Object.hasOwn(settings, name)),
    ...Object.keys(limits).filter((name) => !Object.hasOwn(documentedLimits, name)),
  ];
  if (unknown.length > 0) {
    throw new TypeError(`Unknown in the settings of a world: ${unknown.join(', ')}.`);
  }
}

function answerScenario(
  method: string,
  body: Json | undefined,
  control: Control,
): EmulatorResponse | undefined {
  if (method === 'GET') {
    return { status: 200, body: Object.keys(scenarioCatalog) };
  }
  if (method !== 'PUT') {
    return undefined;
  }
  const name = String(at(body, 'name'));
  const seed = scenarioSeed(name);
  const applications = listAt(worldAsSeed(control.world), 'applications');
  clearWorld(control.world);
  control.kube.reset();
  seedWorld(control.world, { ...seed, applications });
  control.seedKubernetes();
  return { status: 200, body: { name } };
}

/** @throws RangeError that names the scenarios there are */
export function scenarioSeed(name: string): JsonObject {
  const seed = Object.hasOwn(scenarioCatalog, name) ? scenarioCatalog[name] : undefined;
  if (seed !== undefined) {
    return seed;
  }
  throw new RangeError(
    `There is no scenario '${name}'; there are ${Object.keys(scenarioCatalog).join(', ')}.`,
  );
}

function answerClock(
  method: string,
  body: Json | undefined,
  { clock }: Control,
): EmulatorResponse | undefined {
  if (method === 'PUT') {
    const speed = at(body, 'speed');
    if (typeof speed === 'number') {
      clock.setSpeed(speed);
    }
    const advanceMs = at(body, 'advanceMs');
    if (typeof advanceMs === 'number') {
      clock.advance(advanceMs);
    }
  } else if (method !== 'GET') {
    return undefined;
  }
  return { status: 200, body: { now: Math.round(clock.now()), speed: clock.speed } };
}

function answerKubeFaults(
  method: string,
  body: Json | undefined,
  { kube }: Control,
): EmulatorResponse | undefined {
  if (method !== 'PUT') {
    return undefined;
  }
  applyKubeFault(kube, isObject(body) ? body : {});
  return { status: 200, body: kube.faults as unknown as Json };
}

function answerPutBack(
  method: string,
  body: Json | undefined,
  { world }: Control,
): EmulatorResponse | undefined {
  if (method !== 'PUT') {
    return undefined;
  }
  const isNamed = at(body, 'machines') !== undefined;
  const ids = isNamed ? listAt(body, 'machines').map(String) : undefined;
  settleOperations(world);
  return { status: 200, body: { machines: putBackMachines(world, ids) } };
}

function answerIssuer(
  method: string,
  body: Json | undefined,
  { world }: Control,
): EmulatorResponse | undefined {
  return method === 'PUT' ? { status: 200, body: { issuer: disturbIssuer(world, body) } } : undefined;
}

function refuse(status: number, message: string): EmulatorResponse {
  return { status, body: { error: message } };
}
