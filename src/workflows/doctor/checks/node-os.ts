import { entryText } from '../../../domain/entries/pod-identity.ts';
import { advice } from '../../../errors/hint.ts';
import { type Check, fail, judging, listed, pass } from '../check.ts';

/** Whether the pods are on nodes that can have an agent. */
export const nodeOs: Check = {
  name: 'node-os',
  behind: ['pod'],
  judge: ({ pods, nodes: probed }) =>
    judging(pods, (found) =>
      judging(probed, (nodes) => {
        const useless = new Map(
          nodes
            .filter(({ os, virtual }) => os !== 'linux' || virtual)
            .map(({ name, virtual }) => [name, virtual ? 'virtual' : 'Windows']),
        );
        const stranded = found.filter(({ nodeName }) => useless.has(nodeName));
        return stranded.length === 0
          ? pass('The pods are on Linux nodes.')
          : fail(
              `No agent runs on the node of ${listed(stranded.map((pod) => `${entryText(pod)} (${useless.get(pod.nodeName)} node ${pod.nodeName})`))}: pod identity is for Linux nodes.`,
              advice`Give the pod a nodeSelector kubernetes.io/os: linux.`,
            );
      }),
    ),
};
