import { durationOf } from '../../validate/flags/duration.ts';
import { namespaceRule } from '../../validate/flags/kubernetes-names.ts';
import type { AgentWait } from '../../workflows/agent/agent-deps.ts';
import type { Session } from '../run/session.ts';

/** The namespace of the agent; a fault in it is the next `checkUsage`'s to report. */
export function agentNamespace({ faults }: Session, namespace: string | undefined): string {
  return namespace === undefined
    ? 'kube-system'
    : faults.check('--namespace', namespace, 'a namespace', namespaceRule);
}

/** A cluster's answer comes at once, so it is asked more often than Azure. */
export function agentWait({ context, faults }: Session, timeout: string | undefined): AgentWait {
  const interval = context.env['PODID_POLL_INTERVAL'] || undefined;
  return {
    timeoutMs: durationOf(faults, '--timeout', timeout, 30 * 60_000),
    intervalMs: Math.min(1000, durationOf(faults, 'PODID_POLL_INTERVAL', interval, 1000)),
    signal: context.signal,
  };
}
