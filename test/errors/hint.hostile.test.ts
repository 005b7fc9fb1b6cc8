import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { addonHint } from '../../src/arm/clusters/map-aks-error.ts';
import { runCommandDisabled } from '../../src/arm/clusters/run-command-error.ts';
import { mapArmAnswer } from '../../src/arm/connection/map-arm-error.ts';
import { doctorShape, doctorView } from '../../src/cli/results/doctor-result.ts';
import { checkCluster } from '../../src/domain/clusters/check-cluster.ts';
import { grantCommand } from '../../src/domain/hints/grant-command.ts';
import { nextCommand } from '../../src/domain/hints/next-command.ts';
import { allowPrivileged } from '../../src/domain/hints/privileged-namespace.ts';
import { namespaceMissing } from '../../src/domain/kubernetes/cluster-objects.ts';
import { commandLine, type Hint } from '../../src/errors/hint.ts';
import { isPodidError } from '../../src/errors/podid-error.ts';
import { kubeFailure, mapKubeError } from '../../src/k8s/client/map-kube-error.ts';
import { mirrorTerms } from '../../src/k8s/mirror/mirror-terms.ts';
import { grantMirrorCommand } from '../../src/k8s/mirror/rbac-rule.ts';
import { objectsAsEntries } from '../../src/k8s/mirror/read-objects.ts';
import { noColours } from '../../src/terminal/colours.ts';
import { resultText } from '../../src/terminal/print-result.ts';
import { parsePod } from '../../src/validate/kubernetes/pod.ts';
import { chooseWay } from '../../src/workflows/agent/choose-way.ts';
import { asFailure } from '../../src/workflows/change/mirror-change.ts';
import type { Check, Verdict } from '../../src/workflows/doctor/check.ts';
import { exceptions } from '../../src/workflows/doctor/checks/exceptions.ts';
import { label } from '../../src/workflows/doctor/checks/label.ts';
import { pod as podCheck } from '../../src/workflows/doctor/checks/pod.ts';
import { selector } from '../../src/workflows/doctor/checks/selector.ts';
import { logsCommand } from '../../src/workflows/doctor/logs-command.ts';
import { hostileWords } from '../hostile-words.ts';
import { agentPod, installation } from '../workflows/agent/fake-agent-place.ts';
import { evidenceOf } from '../workflows/doctor/evidence-in-test.ts';
import { clusterWith } from '../workflows/fake-azure.ts';

/** What was thrown, or returned, with its hint. */
function hintOf(run: () => unknown): Hint | undefined {
  try {
    const made = run();
    return isPodidError(made) ? made.hint : undefined;
  } catch (error) {
    return isPodidError(error) ? error.hint : undefined;
  }
}

const id = (word: string) => ({ subscriptionId: word, resourceGroup: word, name: word });
const resourceID =
  '/subscriptions/s/resourceGroups/r/providers/Microsoft.ManagedIdentity/userAssignedIdentities/w';

interface Written {
  readonly labels?: Record<string, string>;
  readonly selectors?: readonly string[];
  readonly azureIdentity?: string;
  readonly identity?: string;
  readonly exception?: string;
  readonly phase?: object;
}

/** A pod of namespace `demo` called `web-1`, and what a tenant wrote beside it. */
function judge(
  check: Check,
  { labels = {}, selectors = [], azureIdentity = 'web', identity, exception, ...more }: Written,
): Verdict {
  const pod = parsePod({
    metadata: { uid: 'u', name: 'web-1', namespace: 'demo', labels },
    spec: { nodeName: 'n' },
    ...more,
  });
  const objects = objectsAsEntries({
    identities:
      identity === undefined
        ? []
        : [{ metadata: { namespace: 'demo', name: identity }, spec: { type: 0, resourceID, clientID: 'c' } }],
    bindings: selectors.map((each, at) => ({
      metadata: { namespace: 'demo', name: `b${at}` },
      spec: { azureIdentity, selector: each },
    })),
    exceptions:
      exception === undefined
        ? []
        : [{ metadata: { namespace: 'demo', name: exception }, spec: { podLabels: labels } }],
  });
  return check.judge(
    evidenceOf({ pods: pod ? [pod] : [], objects, subject: { namespace: 'demo', pod: 'web-1' } }),
  );
}

const producers: readonly [string, (word: string) => Hint | undefined][] = [
  [
    'the selectors of others, to choose a label from',
    (word) => judge(label, { selectors: [`x${word}`] }).hint,
  ],
  ['two of them', (word) => judge(label, { selectors: ['web', `x${word}`] }).hint],
  [
    'a label that no binding has',
    (word) => judge(selector, { labels: { aadpodidbinding: `x${word}` } }).hint,
  ],
  [
    'an identity that a binding spells otherwise',
    (word) =>
      judge(selector, {
        labels: { aadpodidbinding: `x${word}` },
        selectors: [`x${word}`],
        azureIdentity: `X${word}`.toUpperCase(),
        identity: `x${word}`.toLowerCase(),
      }).hint,
  ],
  [
    'an identity that a binding names in vain',
    (word) =>
      judge(selector, {
        labels: { aadpodidbinding: `x${word}` },
        selectors: [`x${word}`],
        azureIdentity: `x${word}`,
      }).hint,
  ],
  [
    'an exception',
    (word) => judge(exceptions, { labels: { aadpodidbinding: 'web' }, exception: `x${word}` }).hint,
  ],
  [
    'a pod',
    (word) =>
      podCheck.judge({
        ...evidenceOf({
          pods: [],
          objects: objectsAsEntries({ identities: [], bindings: [], exceptions: [] }),
        }),
        subject: { cluster: id('x'), namespace: `x${word}`, pod: 'p' },
      }).hint,
  ],
  [
    'the DaemonSet of an agent',
    (word) => logsCommand([{ agent: agentPod('a', { namespace: `x${word}` }) } as never]),
  ],
  [
    'a release of Helm',
    (word) =>
      hintOf(() =>
        chooseWay(
          [installation({ ownedByPodid: false, release: { name: `x${word}`, namespace: 'kube-system' } })],
          { namespace: 'kube-system', alongside: false, force: false, addon: undefined },
        ),
      ),
  ],
  [
    'an agent of another namespace',
    (word) =>
      hintOf(() =>
        chooseWay([installation({ namespace: `x${word}` })], {
          namespace: 'kube-system',
          alongside: false,
          force: false,
          addon: undefined,
        }),
      ),
  ],
  [
    'a namespace that is not there',
    (word) =>
      hintOf(() =>
        asFailure([
          {
            ...{ kind: 'AzureIdentity', namespace: `x${word}`, name: 'w', action: 'pending' },
            reason: namespaceMissing(`x${word}`),
          },
        ]),
      ),
  ],
  ['whom the API server refuses', (word) => grantMirrorCommand('demo', `x${word}`)],
  [
    'a namespace in which it refuses',
    (word) =>
      hintOf(() =>
        mapKubeError(
          kubeFailure(403, {
            kind: 'Status',
            status: 'Failure',
            reason: 'Forbidden',
            code: 403,
            message: 'no',
          }),
          { verb: 'get', resource: 'azureidentities', namespace: `x${word}` },
          mirrorTerms,
        ),
      ),
  ],
  ['a privileged namespace', (word) => allowPrivileged(`x${word}`)],
  ['a scope of Azure', (word) => grantCommand('R', 'p', `x${word}`)],
  ['a cluster', (word) => nextCommand('status', id(`x${word}`))],
  [
    'a value of a flag',
    (word) => nextCommand('add', id('a'), { name: `x${word}`, 'pod-labels': [`x${word}`, 'b=c'] }),
  ],
  [
    "a cluster that Azure's code is about",
    (word) => addonHint('PodIdentityAddonFeatureFlagNotEnabled', id(`x${word}`)),
  ],
  [
    'a cluster that is stopped',
    (word) =>
      hintOf(() =>
        checkCluster({ ...clusterWith({}), id: id(`x${word}`), powerState: 'Stopped' }, {} as never),
      ),
  ],
  ['a cluster without runCommand', (word) => runCommandDisabled(id(`x${word}`)).hint],
  [
    'a group that is not there',
    (word) =>
      mapArmAnswer(
        {
          status: 404,
          header: () => undefined,
          text: '{"error":{"code":"ResourceNotFound","message":"no"}}',
        } as never,
        {
          doing: 'read',
          action: 'a',
          scope: `/subscriptions/x${word.replaceAll('/', '')}/resourceGroups/g`,
          caller: () => 'you',
          notFound: 'ClusterNotFound',
        },
      ).hint,
  ],
];

/** Each command of a hint, with the line that is printed for it. */
function commandsOf(hint: Hint): { readonly words: readonly string[]; readonly line: string }[] {
  return hint.parts.flatMap((part) => {
    if (typeof part === 'string' || !('words' in part)) {
      return [];
    }
    return [{ words: part.words, line: commandLine(part.words) }];
  });
}

/** What each line hands to its program, of which none is run. */
function wordsSeen(lines: readonly string[]): string[][] {
  const programs = ['podid', 'kubectl', 'az', 'helm'].map(
    (program) => `${program}() { printf '%s\\0' ${program} "$@"; }`,
  );
  const script = [...programs, ...lines.map((line) => `${line}\nprintf '\\1\\0'`)].join('\n');
  const seen = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
  return seen
    .split('\u0001\0')
    .slice(0, -1)
    .map((words) => words.split('\0').slice(0, -1));
}

describe('a hint that names what others have named', () => {
  it.each(producers)('is for a real shell the words that were meant, and no more: %s', (_, produce) => {
    const meant: (readonly string[])[] = [];
    const lines: string[] = [];
    for (const word of hostileWords) {
      const hint = produce(word);
      const commands = hint === undefined ? [] : commandsOf(hint);
      const wanted = [word, word.replaceAll('/', ''), JSON.stringify(word).slice(1, -1)];
      const all = commands.flatMap(({ words }) => words).map((each) => each.toLowerCase());
      expect(wanted.some((each) => all.some((one) => one.includes(each.toLowerCase())))).toBe(true);
      for (const { words, line } of commands) {
        expect(String(hint)).toContain(line);
        meant.push(words);
        lines.push(line);
      }
    }
    expect(wordsSeen(lines)).toEqual(meant);
  });

  it('offers each selector as a command of its own', () => {
    const { hint } = judge(label, { selectors: ['web', 'jobs'] });
    expect(String(hint)).toMatch(/aadpodidbinding=web or kubectl .*aadpodidbinding=jobs, and the same/);
  });

  it("stands in the doctor's table as it was quoted", async () => {
    const verdict = judge(label, { selectors: ['x$(touch PWNED)|web'] });
    const text = await resultText(
      doctorView({ checks: [{ name: 'label', ...verdict }] }, false),
      doctorShape(undefined),
      {
        ...{
          format: 'table',
          width: undefined,
          colour: noColours,
          isTerminal: true,
          signs: String,
          hintText: String,
        },
      },
    );
    expect(text).toContain("kubectl label pod web-1 -n demo 'aadpodidbinding=x$(touch PWNED)|web', and");
  });
});
