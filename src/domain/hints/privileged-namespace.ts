import { type Command, command } from '../../errors/hint.ts';

/** Lets a namespace take pods on the host's network, as Pod Security has it. */
export function allowPrivileged(namespace: string): Command {
  return command('kubectl label namespace', namespace, 'pod-security.kubernetes.io/enforce=privileged');
}
