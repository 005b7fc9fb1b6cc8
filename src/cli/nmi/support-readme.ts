import type { Support } from '../../workflows/support/collect-support.ts';

/** What whoever unpacks the bundle reads first. */
export function supportReadme({ agents, unread }: Support, made: string): string {
  return [
    `Collected by podid at ${made}`,
    '',
    'summary.json    versions, agents as they are installed, and what could not be read, with the reason',
    'nodes.json      of each node what the agent depends on',
    'events.json     Events of agents, controller and the identity kinds',
    'objects/        objects of podid and of the four identity kinds, as lists of Kubernetes',
    'agents/NODE/NAMESPACE/POD',
    '                metrics, record and readiness of each agent, the rules of its node (rules.txt), and the last',
    '                lines of its containers',
    '                (the decision log is that of the container that serves; *.previous.log is of one that ended)',
    '',
    'Whether the redirect rules stand, and how many packets met each of them, is in metrics.txt',
    '(podid_nmi_rules_intact, podid_nmi_rule_packets_total); why not is in readyz.txt. rules.txt has the rules as the',
    'kernel had them when the agent last read them back: the redirect, the address guard where it is active, and the',
    'policy routes, each below the command that printed it. They have addresses of pods and no secret.',
    '',
    'What podid nmi install and podid takeover were given as values, without secrets, is in summary.json (values of the',
    'installations), and in the annotation podid.io/values in objects/daemonsets.json. The values of a Helm release are',
    'in a Secret, which podid does not read: helm get values podid --namespace kube-system. What they come to is in',
    'objects/daemonsets.json, in the arguments of the containers.',
    '',
    'No Secret was read, and no log of containers that others put beside. Annotations of others are left out; values of',
    'environment variables and headers, arguments that are not flags of podid, and whatever looks like a',
    'token, a key or a password stand as ***. Names, namespaces, client ids, resource ids, tenants and addresses are in',
    'it: look through it before you hand it to others.',
    '',
    `${agents.length} agents asked; ${unread.length} questions without an answer.`,
    '',
  ].join('\n');
}
