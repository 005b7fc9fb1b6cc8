import type { FetchEntraToken } from '../domain/azure/entra-sign-in.ts';
import type { ApiServerHosts } from '../domain/clusters/cluster.ts';
import type { ObjectsInCluster } from '../domain/kubernetes/cluster-objects.ts';
import type { ConnectedCluster, Workloads } from '../domain/kubernetes/workloads.ts';
import type { Clock } from '../domain/time/clock.ts';
import { advice, command, type Hint } from '../errors/hint.ts';
import { isPodidError, PodidError } from '../errors/podid-error.ts';
import { createNetwork } from '../network/network.ts';
import { agentCluster } from './agent-objects/agent-cluster.ts';
import { askPod, kubeRest } from './client/kube-rest.ts';
import { mapKubeError } from './client/map-kube-error.ts';
import { exchangeCluster } from './exchange/exchange-cluster.ts';
import { armContext } from './kubeconfig/arm-kubeconfig.ts';
import type { ChosenContext } from './kubeconfig/choose-context.ts';
import { accessCluster } from './kubeconfig/cluster-access.ts';
import { readKubeconfig } from './kubeconfig/read-kubeconfig.ts';
import { type InPod, serviceAccountContext } from './kubeconfig/service-account-context.ts';
import { checkTokenServer } from './kubeconfig/token-server.ts';
import { mirrorObjects } from './mirror/mirror-objects.ts';
import { mirrorTerms } from './mirror/mirror-terms.ts';
import { readObjects } from './mirror/read-objects.ts';
import type { OwnedObjects } from './objects/owned-object.ts';
import { ownedObjects } from './objects/owned-objects.ts';
import { clusterPolicies } from './policies/cluster-policies.ts';
import { takeoverCluster } from './takeover/takeover-cluster.ts';
import { ledgerObject } from './workloads/ledger-object.ts';
import { readAccess } from './workloads/read-access.ts';
import { readLoad } from './workloads/read-load.ts';
import { readMigration } from './workloads/read-migration.ts';
import { readSeen } from './workloads/read-seen.ts';
import { readStandardMode } from './workloads/read-standard-mode.ts';
import { readSupport } from './workloads/read-support.ts';
import { type AskThroughKubelet, readWorkloads } from './workloads/read-workloads.ts';
import { workloadApi } from './workloads/workload-api.ts';
import { writeMigration } from './workloads/write-migration.ts';

export interface ClusterConnection {
  /**
   * The user's own kubeconfig, from `--kubeconfig` or KUBECONFIG; absent: Azure's credentials for the
   * cluster, in memory.
   */
  readonly kubeconfigPath?: string;
  readonly context?: string;
  /** Instead of a kubeconfig: the service account of the pod that podid runs in. */
  readonly inPod?: InPod;
  /** Of that very cluster, as YAML. */
  readonly fetchUserKubeconfig: (signal: AbortSignal) => Promise<string>;
  /** Of that cluster: where a token of the caller's may go. Asked where the kubeconfig wants one. */
  readonly fetchApiServerHosts: (signal: AbortSignal) => Promise<ApiServerHosts>;
  /** For clusters that sign in through Entra; without it kubelogin is run as any other plugin. */
  readonly entraToken?: FetchEntraToken;
  readonly warn: (text: string, hint?: Hint) => void;
  /** The process's, for the way to the API: proxies and authorities. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** For each try of a request, and for signing in. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Signs in to a cluster's API; the first request to the API itself comes with the first question.
 *
 * @throws PodidError InvalidKubeconfig | ClusterUnreachable, what `fetchUserKubeconfig` throws, and the
 * signal's reason
 */
export async function connectCluster(connection: ClusterConnection): Promise<ConnectedCluster> {
  const { timeoutMs, clock } = connection;
  const chosen = await contextOf(connection);
  if (chosen.cluster.skipTlsVerify && chosen.cluster.server.startsWith('https:')) {
    connection.warn(
      `The kubeconfig turns off the verification of the API server's certificate for context ${JSON.stringify(chosen.name)}.`,
      advice`Replace insecure-skip-tls-verify with certificate-authority-data.`,
    );
  }
  const access = await accessInTime(chosen, connection);
  const rest = kubeRest(access, { timeoutMs, clock });
  const api = ownedObjects(rest, {
    explain: (failure, attempt) => mapKubeError(failure, attempt, mirrorTerms),
  });
  // Most commands mirror and ask for nothing else, so the other parts are made when they are asked for.
  const reading = once(() => workloadApi(rest, askPod(access, timeoutMs)));
  const askThroughKubelet: AskThroughKubelet = async (question, ofAsking) => {
    const forward = await import('./client/port-forward.ts');
    return await forward.askThroughKubelet(access, question, { timeoutMs, signal: ofAsking });
  };
  const workloads = once(() => readWorkloads(reading(), askThroughKubelet));
  const standardMode = once(() => readStandardMode(reading(), ledgerObject(rest)));
  const policies = once(() => clusterPolicies(rest, clock));
  const agent = once(() => agentCluster(rest));
  const exchange = once(() => exchangeCluster(rest));
  const migration = once(() => readMigration(reading()));
  const takeover = once(() => takeoverCluster(rest));
  const seen = once(() => readSeen(workloads()));
  const accessObjects = once(() => readAccess(reading()));
  const migrationWrites = once(() => writeMigration(rest, reading()));
  const load = once(() => readLoad(workloads(), clock));
  const support = once(() => readSupport(reading()));
  return {
    mirror: (request, ofMirror, report) => mirrorObjects(api, request, ofMirror, report),
    read: (ofRead) => readWithNamespaces(api, workloads(), ofRead),
    get workloads() {
      return workloads();
    },
    get standardMode() {
      return standardMode();
    },
    get policies() {
      return policies();
    },
    get agent() {
      return agent();
    },
    get exchange() {
      return exchange();
    },
    get migration() {
      return migration();
    },
    get takeover() {
      return takeover();
    },
    get seen() {
      return seen();
    },
    get access() {
      return accessObjects();
    },
    get migrationWrites() {
      return migrationWrites();
    },
    get load() {
      return load();
    },
    get support() {
      return support();
    },
  };
}

function once<Part>(make: () => Part): () => Part {
  let made: Part | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/**
 * Which namespaces there are is asked too, and does without an answer: whoever reads the objects may not list
 * namespaces.
 */
async function readWithNamespaces(
  api: OwnedObjects,
  workloads: Workloads,
  signal: AbortSignal,
): Promise<ObjectsInCluster> {
  const [objects, namespaces] = await Promise.all([
    readObjects(api, signal),
    workloads.namespaces(signal).catch((error: unknown) => {
      if (isPodidError(error, 'Forbidden')) {
        return undefined;
      }
      throw error;
    }),
  ]);
  return { ...objects, ...(namespaces === undefined ? {} : { namespaces }) };
}

/**
 * Whether a kubeconfig is readable and names the context: all that can be known without a request.
 *
 * @throws PodidError InvalidKubeconfig
 */
export async function checkKubeconfig(path: string, context: string | undefined): Promise<void> {
  await readKubeconfig(path, context);
}

async function contextOf(connection: ClusterConnection): Promise<ChosenContext> {
  const { kubeconfigPath, context, inPod, fetchUserKubeconfig, fetchApiServerHosts, signal } = connection;
  if (inPod !== undefined) {
    return serviceAccountContext(inPod);
  }
  if (kubeconfigPath !== undefined) {
    return readKubeconfig(kubeconfigPath, context);
  }
  const chosen = armContext(await fetchUserKubeconfig(signal), context);
  if (chosen.entra !== undefined) {
    checkTokenServer(chosen.cluster.server, await fetchApiServerHosts(signal));
  }
  return chosen;
}

async function accessInTime(chosen: ChosenContext, connection: ClusterConnection) {
  const { timeoutMs, signal, entraToken, environment } = connection;
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const network = createNetwork(environment);
    return await accessCluster(chosen, entraToken, network, AbortSignal.any([signal, limit]));
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted && !(error instanceof PodidError)) {
      const message = `The credential plugin of the kubeconfig did not end within ${timeoutMs / 1000} s.`;
      throw new PodidError('ClusterUnreachable', message, { hint: command('kubectl auth whoami') });
    }
    throw error;
  }
}
