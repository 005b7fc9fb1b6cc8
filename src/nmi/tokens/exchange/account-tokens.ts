import type { EntryKey } from '../../../domain/entries/pod-identity.ts';
import { nodeUser } from '../../../domain/exchange/exchange-guard.ts';
import type { Pod } from '../../../domain/kubernetes/pod.ts';
import { command } from '../../../errors/hint.ts';
import {
  type ApiConnection,
  ApiFailure,
  type WritingConnection,
} from '../../../k8s/client/api-connection.ts';
import { isRecord, recordAt, recordsAt, stringAt } from '../../../validate/json-record.ts';
import { TokenRefused } from '../token-error.ts';
import { type Assertion, parseAssertion } from './read-assertion.ts';
import type { StandingWay, WorkloadGuard } from './workload-guard.ts';

/** Tokens of the pods' own service accounts, for one exchange each. */
export interface AccountTokens {
  /**
   * A new one of ten minutes, bound to one of the pods that ask.
   * @throws TokenRefused
   */
  make(account: EntryKey, askers: ReadonlySet<string>, signal: AbortSignal): Promise<Assertion>;
}

export interface AccountTokensOptions {
  readonly connection: Pick<WritingConnection, 'write'> & Pick<ApiConnection, 'getJson'>;
  readonly node: string;
  readonly guard: Pick<WorkloadGuard, 'ways'>;
  podOf(uid: string): Pod | undefined;
}

/** The shortest life that Kubernetes gives: Entra does not learn of a pod that is gone. */
const lifeSec = 600;
/** Nobody has it. */
const otherAudience = 'https://podid.invalid';
const otherNode = 'podid-no-such-node';

interface Wanted {
  readonly account: EntryKey;
  readonly pod: Pick<Pod, 'name' | 'uid'>;
}

/** One TokenRequest; a member that is absent is not sent. */
interface Asked extends Partial<Wanted> {
  readonly account: EntryKey;
  readonly audience?: string;
  readonly asUser?: string;
}

/**
 * Before the first token by a way, and again when its policy or binding was touched, the API server is asked for tokens
 * that it must refuse; it makes one of them, and the agent makes none.
 */
export function createAccountTokens(options: AccountTokensOptions): AccountTokens {
  /** By policy: of which version the API server has refused what it must. */
  const proven = new Map<string, string>();
  return {
    async make(account, askers, signal) {
      const pods = podsAmong(options, account, askers);
      const ways = await options.guard.ways(signal);
      let gone: ApiFailure | undefined;
      for (const pod of pods) {
        try {
          return await makeFor({ account, pod }, ways, signal);
        } catch (error) {
          if (!isPodGone(error)) {
            throw error;
          }
          gone = error;
        }
      }
      throw unanswered(account, gone);
    },
  };

  /** @throws ApiFailure where the pod is gone; TokenRefused */
  async function makeFor(
    wanted: Wanted,
    ways: readonly StandingWay[],
    signal: AbortSignal,
  ): Promise<Assertion> {
    const { account } = wanted;
    let refusal: ApiFailure | undefined;
    for (const standing of ways) {
      try {
        const isProven = proven.get(standing.policy) === standing.version;
        if (!isProven) {
          await checkRefusals(options, standing, wanted, signal);
        }
        const jwt = await ask(options, { ...wanted, ...usual(options, standing) }, signal);
        // Only now is it known that what was refused was not refused for the want of the right.
        proven.set(standing.policy, standing.version);
        return assertionOf(jwt, account);
      } catch (error) {
        signal.throwIfAborted();
        if (isPodGone(error) || error instanceof TokenRefused) {
          throw error;
        }
        if (!(error instanceof ApiFailure) || error.status !== 403) {
          throw unanswered(account, error);
        }
        refusal ??= error;
      }
    }
    throw notAllowed(account, refusal);
  }
}

/** What the agent sees of its pods lags behind: the API server has no such pod, or another one by that name. */
function isPodGone(error: unknown): error is ApiFailure {
  return (
    error instanceof ApiFailure &&
    ([404, 409].includes(error.status) || /uid in the bound object reference/i.test(error.message))
  );
}

/** @throws TokenRefused where there is none */
function podsAmong(
  { podOf }: AccountTokensOptions,
  account: EntryKey,
  askers: ReadonlySet<string>,
): readonly Pod[] {
  const pods = [...askers].flatMap((uid) => {
    const pod = podOf(uid);
    return pod?.namespace === account.namespace && pod.serviceAccount === account.name ? [pod] : [];
  });
  if (pods.length > 0) {
    return pods;
  }
  throw new TokenRefused({
    status: 503,
    error: 'temporarily_unavailable',
    description: `No pod of this node asks for it that runs as service account ${account.namespace}/${account.name}.`,
    retryAfterSec: 1,
    holdsForOthers: false,
  });
}

function usual({ node }: AccountTokensOptions, { way, audience }: StandingWay) {
  return { audience, ...(way === 'node' ? { asUser: nodeUser(node) } : {}) };
}

/** @throws TokenRefused 503 where one of them is made; ApiFailure 403 and others where nobody can tell */
async function checkRefusals(
  options: AccountTokensOptions,
  standing: StandingWay,
  { account, pod }: Wanted,
  signal: AbortSignal,
): Promise<void> {
  const asked = usual(options, standing);
  const { audience: _audience, ...forApiServer } = asked;
  const elsewhere = standing.way === 'own' ? await podElsewhere(options, account, signal) : undefined;
  const trials: readonly (readonly [string, Asked])[] = [
    ['for the API server', { account, pod, ...forApiServer }],
    ['for another audience', { account, pod, ...asked, audience: otherAudience }],
    ['that is bound to no pod', { account, ...asked }],
    ...(standing.way === 'node'
      ? ([['as another node', { account, pod, ...asked, asUser: nodeUser(otherNode) }]] as const)
      : []),
    ...(elsewhere === undefined
      ? []
      : ([['of a pod of another node', { account, pod: elsewhere, ...asked }]] as const)),
  ];
  for (const [what, trial] of trials) {
    if (!(await isRefused(options, trial, signal))) {
      throw new TokenRefused({
        status: 503,
        error: 'temporarily_unavailable',
        description: `The API server made a token ${what}, which ValidatingAdmissionPolicy ${standing.policy} has to refuse, so that the agent makes none. A policy that is new takes some seconds to be in force.`,
        retryAfterSec: 5,
      });
    }
  }
}

async function isRefused(options: AccountTokensOptions, trial: Asked, signal: AbortSignal): Promise<boolean> {
  try {
    await ask(options, trial, signal);
    return false;
  } catch (error) {
    if (error instanceof ApiFailure && error.status >= 400 && error.status < 500 && error.status !== 429) {
      return true;
    }
    throw error;
  }
}

/** One of the same namespace, where there is one: the policy's parameters are the namespace's pods. */
async function podElsewhere(
  { connection, node }: AccountTokensOptions,
  { namespace }: EntryKey,
  signal: AbortSignal,
): Promise<Wanted['pod'] | undefined> {
  const query = new URLSearchParams({ limit: '1', fieldSelector: `spec.nodeName!=${node},spec.nodeName!=` });
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods?${query}`;
  const list = await connection.getJson(path, signal).catch((error: unknown) => {
    // Whom the server shows the pods of its own node alone knows no other to ask for.
    if (error instanceof ApiFailure && error.status === 403) {
      return undefined;
    }
    throw error;
  });
  const [metadata = {}] = recordsAt(isRecord(list) ? list : {}, 'items').map((each) =>
    recordAt(each, 'metadata'),
  );
  const [name, uid] = [stringAt(metadata, 'name'), stringAt(metadata, 'uid')];
  return name && uid ? { name, uid } : undefined;
}

/** @returns the token; never kept @throws ApiFailure and others, as `WritingConnection.write` */
async function ask(
  { connection }: AccountTokensOptions,
  { account: { namespace, name }, pod, audience, asUser }: Asked,
  signal: AbortSignal,
): Promise<string> {
  const bound = pod && { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod.name, uid: pod.uid } };
  const answer = await connection.write(
    {
      method: 'POST',
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(name)}/token`,
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { audiences: audience === undefined ? [] : [audience], expirationSeconds: lifeSec, ...bound },
      },
      ...(asUser === undefined ? {} : { asUser }),
    },
    signal,
  );
  return stringAt(recordAt(isRecord(answer) ? answer : {}, 'status'), 'token') ?? '';
}

function assertionOf(jwt: string, { namespace, name }: EntryKey): Assertion {
  return parseAssertion(jwt, {
    where: `the API server's answer for service account ${namespace}/${name}`,
    whose: `the token of service account ${namespace}/${name}`,
    whyOld: 'though the API server made it a moment ago',
  });
}

function notAllowed({ namespace, name }: EntryKey, refusal: ApiFailure | undefined): TokenRefused {
  return new TokenRefused({
    status: 400,
    error: 'invalid_request',
    description: `The agent may not make tokens of service account ${namespace}/${name}: ${refusal?.message ?? 'no way is open.'} ${command('podid exchange enable --subject workload')} gives it that right.`,
    retryAfterSec: 10,
  });
}

function unanswered({ namespace, name }: EntryKey, error: unknown): TokenRefused {
  return new TokenRefused({
    status: 503,
    error: 'temporarily_unavailable',
    description: `No token of service account ${namespace}/${name} could be had of the API server: ${error instanceof Error ? error.message : String(error)}`,
    retryAfterSec: 2,
  });
}
