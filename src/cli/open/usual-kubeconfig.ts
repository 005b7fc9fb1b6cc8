import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { homeFolder } from '../../domain/home-folder.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where kubectl looks without KUBECONFIG. */
export function usualKubeconfigPath(env: Environment): string {
  return join(homeFolder(env) ?? homedir(), '.kube', 'config');
}

/** KUBECONFIG, which may list several files; undefined where it names none: a list of empty parts is one, as to kubectl. */
export function kubeconfigOfVariable(env: Environment): string | undefined {
  const path = env['KUBECONFIG'] ?? '';
  return path.split(delimiter).some((part) => part !== '') ? path : undefined;
}
