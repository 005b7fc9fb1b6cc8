import { bindingLabel } from '../../../domain/kubernetes/identity-resources.ts';
import type { KubeObject } from '../../../domain/kubernetes/kube-object.ts';
import { type ProbeImage, renderProbePod } from '../../agent/probes/probe-pod.ts';

/** Ends by itself, should nobody take it away: a takeover has two hours. */
const longestSec = 3 * 60 * 60;
/** A line a second, for as long as a pod lives. */
export const mostLines = longestSec;

export const probeLabels = {
  'app.kubernetes.io/name': 'podid',
  'app.kubernetes.io/component': 'takeover-probe',
  'app.kubernetes.io/managed-by': 'podid',
} as const;

export function isProbe({ labels }: { readonly labels: Readonly<Record<string, string>> }): boolean {
  return Object.entries(probeLabels).every(([key, value]) => labels[key] === value);
}

/** Where nobody knows for what pods ask. */
const usualResource = 'https://management.azure.com/';

/**
 * As an SDK asks, for one resource after the other: what may pass is tried again for ten seconds, and the whole wait
 * counts; 400, 401 and 403 do not pass. Only an answer of podid's own agent is one. The token is not kept.
 */
const questionOf = (resources: readonly string[]) => `
const resources = ${JSON.stringify(resources)};
const at = 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=';
const ask = async (resource) => {
  const answer = await fetch(at + encodeURIComponent(resource), { headers: { Metadata: 'true', Connection: 'close' }, signal: AbortSignal.timeout(10000) });
  const text = await answer.text();
  const isOwn = answer.status === 200 && answer.headers.has('x-podid-agent') && text.includes('access_token');
  return isOwn ? 'token' : [400, 401, 403].includes(answer.status) ? 'refused' : 'later';
};
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
for (let turn = 0; ; turn = (turn + 1) % resources.length) {
  const began = Date.now();
  const resource = resources[turn];
  let answer = 'later';
  for (let pause = 200; answer === 'later' && Date.now() - began < 10000; pause *= 2) {
    answer = await ask(resource).catch(() => 'later');
    if (answer === 'later') await wait(pause);
  }
  process.stdout.write('T ' + began + ' ' + (answer === 'token' ? 1 : 0) + ' ' + (Date.now() - began) + ' ' + resources.length + ' ' + resource + '\\n');
  await wait(Math.max(1, 1000 - (Date.now() - began)));
}
`;

/** A pod that asks once a second on that node. @param place its resources as `SeenPod` has them */
export function renderProbe(
  image: ProbeImage,
  place: {
    readonly node: string;
    readonly name: string;
    readonly namespace: string;
    readonly selector: string;
    /** For which it asks in turn; none: the usual one. */
    readonly resources: readonly string[];
  },
): KubeObject {
  return renderProbePod(image, {
    name: place.name,
    namespace: place.namespace,
    labels: {
      ...probeLabels,
      [bindingLabel]: place.selector,
    },
    script: questionOf(place.resources.length === 0 ? [usualResource] : place.resources),
    lifeSec: longestSec,
    memoryRequest: '48Mi',
    spec: { nodeName: place.node, terminationGracePeriodSeconds: 1 },
  });
}
