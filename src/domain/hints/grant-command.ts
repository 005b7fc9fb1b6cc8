import { type Command, command } from '../../errors/hint.ts';

/** For an owner of the scope to run. */
export function grantCommand(role: string, principalId: string, scope: string): Command {
  const assignee = ['--assignee-object-id', principalId, '--assignee-principal-type', 'ServicePrincipal'];
  return command('az role assignment create --role', role, ...assignee, '--scope', scope);
}
