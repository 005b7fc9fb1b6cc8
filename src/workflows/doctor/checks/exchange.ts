import { counted } from '../../../domain/counted.ts';
import { entryText } from '../../../domain/entries/pod-identity.ts';
import { tenantIdAnnotation, tokenSourceAnnotation } from '../../../domain/exchange/token-source.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { withImage } from '../../../domain/kubernetes/agent-image.ts';
import type { AzureIdentity } from '../../../domain/kubernetes/identity-resources.ts';
import type { AgentPod } from '../../../domain/kubernetes/workloads.ts';
import { advice, command, type Hint } from '../../../errors/hint.ts';
import { makesTokens, ownPodsValues, spareRight } from '../../exchange/right-to-all-pods.ts';
import { type Check, fail, judging, listed, pass, type Verdict, warn } from '../check.ts';
import type { Evidence } from '../evidence.ts';
import { exchangeGuardValues, exchangeOfAgent, unguardedText } from '../exchange-of-agent.ts';
import { sourcesOf } from '../exchanged-identities.ts';
import { readOr } from '../probe.ts';

/**
 * Where the tokens of identities come from, and whether the agents can exchange those that are to be exchanged. The
 * agents decide by the same function.
 */
export const exchange: Check = {
  name: 'exchange',
  behind: ['definitions'],
  judge: (evidence) =>
    judging(evidence.objects, () => {
      const { namespace } = evidence.subject;
      const all = sourcesOf(evidence).filter(
        ({ identity }) => namespace === undefined || identity.metadata.namespace === namespace,
      );
      const faulty = all.flatMap(({ identity, decision }) =>
        decision.kind === 'unusable' ? [{ identity, ...decision }] : [],
      );
      const [first] = faulty;
      if (first !== undefined) {
        const names = faulty.map(
          ({ identity, what }) => `AzureIdentity ${entryText(identity.metadata)} ${what}`,
        );
        return fail(`${listed(names)}. Agents give no token of it.`, mendOf(first, evidence));
      }
      const exchanged = all.filter(({ decision }) => decision.kind === 'exchange');
      if (exchanged.length === 0) {
        return seesAllPods(evidence) ?? pass('No identity here is exchanged: tokens come from the nodes.');
      }
      return judging(
        evidence.agents,
        (agents) =>
          withoutToken(agents, exchanged.length, evidence) ??
          unguarded(evidence) ??
          failing(evidence) ??
          offClocks(evidence) ??
          seesAllPods(evidence) ??
          pass(
            `${counted(exchanged.length, 'identity', 'identities')} of ${all.length} here ${exchanged.length === 1 ? 'is' : 'are'} exchanged at Entra, and the agents hold a token for that.`,
          ),
      );
    }),
};

function mendOf(
  { identity, reason }: { readonly identity: AzureIdentity; readonly reason: string },
  { subscription }: Evidence,
): Hint {
  const { namespace, name } = identity.metadata;
  const annotate = (...annotation: readonly string[]) =>
    command('kubectl annotate azureidentity', name, '-n', namespace, '--overwrite', ...annotation);
  switch (reason) {
    case 'source-unknown':
      return advice`${annotate(`${tokenSourceAnnotation}=imds`)}  # or exchange in the place of imds`;
    case 'no-client-id':
    case 'client-id-wrong': {
      const edit = command('kubectl edit azureidentity', name, '-n', namespace);
      const { resourceID = '' } = identity.spec;
      return resourceID === ''
        ? edit
        : advice`${command('az identity show --ids', resourceID, '--query', 'clientId', '-o', 'tsv')}  # prints it, for: ${edit}`;
    }
    default: {
      const tenantId = readOr(subscription, undefined)?.tenantId ?? '';
      return tenantId === ''
        ? advice`${annotate(`${tenantIdAnnotation}=TENANT`)}  # with the id of its tenant for TENANT`
        : annotate(`${tenantIdAnnotation}=${tenantId}`);
    }
  }
}

function withoutToken(
  agents: readonly AgentPod[],
  exchanged: number,
  { subject }: Evidence,
): Verdict | undefined {
  const own = agents.filter(({ secretPairs }) => secretPairs !== undefined);
  const without = own.filter((agent) => agent.exchange === undefined);
  const identities = counted(exchanged, 'identity', 'identities');
  if (without.length > 0) {
    return fail(
      `${identities} here ${exchanged === 1 ? 'is' : 'are'} to be exchanged, and the agent has no token for that on ${listed(without.map(({ nodeName }) => nodeName))}: pods there get no token of ${exchanged === 1 ? 'it' : 'them'}.`,
      advice`${withImage(nextCommand('nmi install', subject.cluster, { set: 'podid.exchange.enabled=true' }), without[0]?.podidImage ?? '')}  # or the same value with helm upgrade`,
    );
  }
  const others = agents.filter(({ secretPairs }) => secretPairs === undefined);
  return others.length === 0 || own.length > 0
    ? undefined
    : warn(
        `${identities} here ${exchanged === 1 ? 'is' : 'are'} to be exchanged, and the nodes run an agent that asks IMDS for every token: ${listed(others.map(({ nodeName }) => nodeName))}.`,
        nextCommand('nmi status', subject.cluster),
      );
}

function unguarded({ agentProbes, subject }: Evidence): Verdict | undefined {
  const nodes = agentProbes.flatMap(({ agent, metrics }) =>
    exchangeOfAgent(readOr(metrics, undefined)).state === 'unguarded' ? [agent.nodeName] : [],
  );
  const image = agentProbes[0]?.agent.podidImage ?? '';
  const install = nextCommand('nmi install', subject.cluster, { set: [...exchangeGuardValues] });
  return nodes.length === 0
    ? undefined
    : fail(
        unguardedText(nodes),
        advice`With the values that it was installed with: ${withImage(install, image)}, or the same values with helm upgrade`,
      );
}

function failing({ agentProbes, subject }: Evidence): Verdict | undefined {
  const found = agentProbes.flatMap(({ agent, metrics }) => {
    const { state, failure } = exchangeOfAgent(readOr(metrics, undefined));
    return state === 'failing' ? [`${failure} on ${agent.nodeName}`] : [];
  });
  return found.length === 0
    ? undefined
    : warn(
        `The agents' last call to Entra gave no token: ${listed(found)}. Tokens in memory serve to their end.`,
        advice`${nextCommand('exchange status', subject.cluster)}  # names the identities that Entra does not trust`,
      );
}

function seesAllPods({ agents, agentProbes, spareRight: known, subject }: Evidence): Verdict | undefined {
  const isSpare = known !== undefined && readOr(known, false);
  if (!isSpare) {
    return undefined;
  }
  const own = readOr(agents, []).filter(makesTokens);
  const { isNow, text } = spareRight(
    own.map((agent) => {
      const probe = agentProbes.find(
        (each) => each.agent.namespace === agent.namespace && each.agent.name === agent.name,
      );
      const metrics = probe === undefined ? undefined : readOr(probe.metrics, undefined);
      return { node: agent.nodeName, metrics };
    }),
  );
  const image = own[0]?.podidImage ?? '';
  const install = withImage(nextCommand('nmi install', subject.cluster, { set: [...ownPodsValues] }), image);
  return warn(
    text,
    isNow
      ? advice`With the values that it was installed with: ${install}, or the same values with helm upgrade`
      : advice`Then, with the values that it was installed with: ${install}, or the same values with helm upgrade`,
  );
}

/** Entra takes assertions within five minutes of its own time. */
const mostClockSec = 300;

function offClocks({ agentProbes }: Evidence): Verdict | undefined {
  const found = agentProbes.flatMap(({ agent, metrics }) => {
    const { clockAheadSec: seconds } = exchangeOfAgent(readOr(metrics, undefined));
    return Math.abs(seconds) < mostClockSec
      ? []
      : [`${agent.nodeName} by ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead' : 'behind'}`];
  });
  return found.length === 0
    ? undefined
    : warn(
        `The clocks of nodes are off, by Entra's time: ${listed(found)}. The ends of tokens are wrong by as much.`,
        advice`Have the nodes take their time from a server, as chrony does on AKS`,
      );
}
