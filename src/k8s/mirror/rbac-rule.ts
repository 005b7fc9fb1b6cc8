import { identityApi } from '../../domain/kubernetes/identity-resources.ts';
import { command, type Hint, joinHints } from '../../errors/hint.ts';

/**
 * Verbs that a mirror needs of the three kinds; `list` for whoever prunes, looks for drift, or mirrors many
 * entries at once, `update` for `--via run-command`.
 */
const mirrorVerbs = ['get', 'list', 'create', 'update', 'patch', 'delete'];

const mirroredResources = ['azureidentities', 'azureidentitybindings', 'azurepodidentityexceptions'];

/**
 * The rule that lets someone mirror, as one line of YAML. The whole rule and not only the verb that was
 * missed, so that one refusal does not follow the other.
 */
export function mirrorRule(): string {
  return `- {apiGroups: [${identityApi.group}], resources: [${mirroredResources.join(', ')}], verbs: [${mirrorVerbs.join(', ')}]}`;
}

/**
 * The commands by which an administrator of the cluster gives that right.
 *
 * @param namespace undefined for all
 * @param user as the API server calls them; undefined when it named none
 */
export function grantMirrorCommand(namespace: string | undefined, user: string | undefined): Hint {
  const [role, where] = namespace === undefined ? ['clusterrole', []] : ['role', ['-n', namespace]];
  const verbs = `--verb=${mirrorVerbs.join(',')}`;
  const resources = `--resource=${mirroredResources.map((each) => `${each}.${identityApi.group}`).join(',')}`;
  const to = [`--${role}=podid-mirror`, subjectFlag(user)];
  return joinHints(
    [
      command('kubectl create', role, 'podid-mirror', ...where, verbs, resources),
      command('kubectl create', `${role}binding`, 'podid-mirror', ...where, ...to),
    ],
    ' && ',
  );
}

function subjectFlag(user: string | undefined): string {
  const account = /^system:serviceaccount:([a-z0-9-]+):([a-z0-9.-]+)$/.exec(user ?? '');
  if (account !== null) {
    return `--serviceaccount=${account[1]}:${account[2]}`;
  }
  return `--user=${user ?? 'USER'}`;
}

/**
 * Whom the API server means, for a hint; its words decide nothing. `User "anna@contoso.com" cannot create
 * resource …`
 */
export function userIn(message: string): string | undefined {
  return /^(?:.*? )?User "([^"\p{Cc}]{1,250})" cannot /u.exec(message)?.[1];
}
