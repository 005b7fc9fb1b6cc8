import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AskedCommand } from './arm/arm-call.ts';
import { isAddonOn } from './arm/stored-cluster.ts';
import { createCertificate } from './certificate.ts';
import { createClock, type EmulatorClock } from './clock.ts';
import { scenarioSeed } from './control-routes.ts';
import { environmentOf, writeFiles } from './emulator-environment.ts';
import { createEmulatorServer } from './emulator-server.ts';
import { claimsFor, createTokenBook, type TokenBook } from './entra/tokens.ts';
import { type JsonObject, parseJson, textAt } from './exact-json.ts';
import { createFaults, type FaultList } from './faults.ts';
import { apiServerSigner, homeIssuers } from './federation/issuers.ts';
import { signJwt } from './federation/signing-keys.ts';
import { createImdsRoutes, type ImdsRoutes } from './imds/imds-routes.ts';
import { identitiesFor, machineIn } from './imds/machine-registrations.ts';
import { keepAddonException } from './kube/aks-objects.ts';
import { runControllers } from './kube/controllers/run-controllers.ts';
import { createKubeRoutes } from './kube/kube-routes.ts';
import type { KubeStore } from './kube/objects/kube-store.ts';
import type { TokenSigner } from './kube/service-account-tokens.ts';
import { aksServerApplication, writeEntraKubeconfig, writeKubeconfig } from './kubeconfig.ts';
import type { LoggedRequest } from './request-log.ts';
import { runKubectl as runKubectlIn } from './run-command/run-kubectl.ts';
import { seedWorld, worldAsSeed } from './seed-world.ts';
import { type EmulatorTime, settingsFor } from './settings.ts';
import { createStateWriter, readState } from './state-file.ts';
import { createWorld, type World } from './world.ts';

export interface EmulatorOptions {
  /** On 127.0.0.1; 0, any free one, when absent. */
  readonly port?: number;
  /** The world is read from here if the file exists, and kept here after every change. */
  readonly stateFile?: string;
  /**
   * A name of `scenarios/scenario-catalog.ts`; `default` when absent. Not used when the state file exists.
   */
  readonly scenario?: string;
  /** Merged into the scenario, in the shape of `PUT /_podid/world`. */
  readonly seed?: JsonObject;
  /** Azure is asked over https alone; the cluster's API always takes https. */
  readonly tls?: boolean;
  /** `instant` when absent. */
  readonly time?: EmulatorTime;
  /** What answers say to wait before an operation is asked about; absent: nothing, as Azure. */
  readonly retryAfterSec?: number;
  /**
   * The cluster in which `runCommand` runs kubectl, by the path of its kubeconfig; the emulator's own when
   * absent.
   */
  readonly kubeconfig?: string;
  /** PATH, by which kubectl is found. */
  readonly path?: string;
  /** The real clock, milliseconds since the epoch. */
  readonly now?: () => number;
}

export interface Emulator extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string;
  /** Variables that point podid, kubectl and the SDKs here. */
  readonly environment: Readonly<Record<string, string>>;
  readonly world: World;
  readonly clock: EmulatorClock;
  readonly faults: FaultList;
  /** What was asked, oldest first. */
  readonly requests: LoggedRequest[];
  readonly kube: KubeStore;
  readonly imds: ImdsRoutes;
  /** A token that ARM accepts. */
  readonly armToken: string;
  /** What the control routes want in the header `podid-emulator-key`. */
  readonly key: string;
  /** Every secret given out so far: tokens, signatures, kubeconfigs. */
  readonly secrets: ReadonlySet<string>;
  /** Merges a seed into the world, Kubernetes objects included. */
  seed(seed: JsonObject): void;
  stop(): Promise<void>;
}

/**
 * A small Azure with a cluster, on loopback.
 * @throws RangeError for an unknown scenario; TypeError for a state file that holds no world
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { time = 'instant', retryAfterSec = null, now = () => Date.now() } = options;
  const clock = createClock(now, typeof time === 'object' ? 1 / time.scale : 1);
  const world = createWorld(clock, { ...settingsFor(time), retryAfterSec });
  const saved = options.stateFile === undefined ? undefined : await readState(options.stateFile);
  seedWorld(world, saved ?? scenarioSeed(options.scenario ?? 'default'));
  if (options.seed !== undefined) {
    seedWorld(world, options.seed);
  }
  const tokens = createTokenBook();
  if (world.applications.size === 0) {
    addApplication(world, tokens);
  }
  const home = await mkdtemp(join(tmpdir(), 'podid-emulator-'));
  try {
    return await listen(options, { world, clock, tokens, home });
  } catch (error) {
    await rm(home, { recursive: true, force: true });
    throw error;
  }
}

interface Ground {
  readonly world: World;
  readonly clock: EmulatorClock;
  readonly tokens: TokenBook;
  /** A private folder for the kubeconfig and the authority's certificate. */
  readonly home: string;
}

async function listen(options: EmulatorOptions, ground: Ground): Promise<Emulator> {
  const { world, clock, tokens, home } = ground;
  const { certificate, kubeToken, ...parts } = assemble(options, ground);
  const { kubeRoutes, imdsRoutes, faults, requests, save, seedKubernetes } = parts;
  const { ca } = certificate;
  let port = 0;
  const own = (protocol: 'http' | 'https') => `${protocol}://127.0.0.1:${port}`;
  const ownKubeconfig = (token: string) => writeKubeconfig({ server: own('https'), token, ca });
  const kubeconfig = (kind: 'token' | 'entra') =>
    kind === 'token'
      ? ownKubeconfig(kubeToken)
      : writeEntraKubeconfig({ server: own('https'), tenantId: world.tenantId, ca });
  const stopping = new AbortController();
  const runKubectl = async ({ token = kubeToken, ...asked }: AskedCommand) => {
    const { path = '' } = options;
    const foreign = options.kubeconfig && (await readFile(options.kubeconfig, 'utf8'));
    const { signal } = stopping;
    return runKubectlIn({ ...asked, kubeconfig: foreign || ownKubeconfig(token), path, signal });
  };
  const baseUrl = () => own(parts.isTls ? 'https' : 'http');
  const server = createEmulatorServer({ ...parts, kubeconfig, runKubectl, baseUrl }, certificate);
  port = await server.listen(options.port ?? 0);
  const closeAfter = async (error: unknown): Promise<never> => {
    await server.close();
    throw error;
  };
  const url = baseUrl();
  homeIssuers(world, url);
  const armToken = issueArmToken(world, tokens, url);
  const files = await writeFiles(home, kubeconfig('token'), parts.isTls ? ca : undefined).catch(closeAfter);
  await save().catch(closeAfter);
  const stop = async () => {
    stopping.abort();
    parts.controllers.stop();
    kubeRoutes.close();
    imdsRoutes.close();
    await server.close();
    await save();
    await rm(home, { recursive: true, force: true });
  };
  return {
    url,
    world,
    clock,
    faults,
    requests,
    armToken,
    key: parts.key,
    stop,
    environment: environmentOf(world, { url, armToken, key: parts.key, files }),
    kube: kubeRoutes.store,
    imds: imdsRoutes,
    secrets: tokens.givenOut,
    seed(seed) {
      seedWorld(world, seed);
      seedKubernetes();
    },
    [Symbol.asyncDispose]: stop,
  };
}

function assemble(options: EmulatorOptions, { world, clock, tokens }: Ground) {
  const certificate = createCertificate((options.now ?? Date.now)());
  const kubeToken = randomBytes(24).toString('base64url');
  const key = randomBytes(24).toString('base64url');
  tokens.giveOut(kubeToken);
  tokens.giveOut(key);
  const kubeRoutes = createKubeRoutes({
    now: clock.now,
    users: { [kubeToken]: { name: 'clusterUser' } },
    userOf: (token) => entraUser(tokens, token),
    signer: () => serviceAccountSigner(world, tokens),
    asks: () => world.tokenAsks,
  });
  kubeRoutes.store.runsPods = () => world.settings.runsPods;
  const controllers = runControllers(kubeRoutes.store, {
    isOn: kubeRoutes.store.runsPods,
    now: clock.now,
    podStartMs: () => world.settings.podStartMs,
  });
  const imdsRoutes = createImdsRoutes({
    now: clock.now,
    node: (peer) => identitiesFor(world, peer),
    machine: () => machineIn(world),
    onToken(token, { objectId }, resource) {
      if (/^https:\/\/management\.(?:azure|core\.windows)\./i.test(resource)) {
        tokens.admit(token, objectId);
      }
    },
  });
  const requests: LoggedRequest[] = [];
  const write = options.stateFile === undefined ? undefined : createStateWriter(options.stateFile);
  const save = async () => write?.(() => worldAsSeed(world));
  const seedKubernetes = () => {
    for (const object of world.kubernetesObjects) {
      kubeRoutes.store.seed(object as never);
    }
    world.kubernetesObjects = [];
    keepAddonException(kubeRoutes.store, isAddonOn(world));
    controllers.look();
  };
  seedKubernetes();
  return {
    certificate,
    isTls: options.tls === true,
    kubeToken,
    key,
    world,
    clock,
    tokens,
    faults: createFaults(clock),
    requests,
    kubeRoutes,
    controllers,
    kube: kubeRoutes.store,
    imdsRoutes,
    save,
    seedKubernetes,
  };
}

function serviceAccountSigner(world: World, tokens: TokenBook): TokenSigner {
  const { issuer, key } = apiServerSigner(world);
  return {
    issuer,
    sign(claims) {
      const token = signJwt(key, claims);
      tokens.giveOut(token);
      return token;
    },
  };
}

/** An API server of AKS takes tokens of this Entra that are meant for it. */
function entraUser(tokens: TokenBook, token: string): { name: string } | undefined {
  if (!tokens.knows(token)) {
    return undefined;
  }
  const claims = parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  const name = textAt(claims, 'oid');
  return textAt(claims, 'aud') === aksServerApplication && name !== undefined ? { name } : undefined;
}

function addApplication(world: World, tokens: TokenBook): void {
  const secret = randomBytes(24).toString('base64url');
  const [appId, objectId] = ['00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000a2'];
  world.applications.set(appId, { appId, objectId, tenantId: world.tenantId, secret });
  tokens.giveOut(secret);
}

function issueArmToken(world: World, tokens: TokenBook, url: string): string {
  const [application] = world.applications.values();
  const claims = claimsFor({
    audience: 'https://management.azure.com',
    issuer: `${url}/${world.tenantId}/`,
    tenantId: world.tenantId,
    objectId: application?.objectId ?? '',
    appId: application?.appId ?? '',
    nowMs: world.clock.now(),
  });
  return tokens.issue(claims, 'secret');
}
