import type { Deps } from '../../domain/deps.ts';
import { profileStore } from '../../domain/entries/profile-store.ts';

/** For a dry run of the second change, which stands on the first. */
export function withAddonOn(deps: Omit<Deps, 'deadline'>, kubenetConsent: boolean): Omit<Deps, 'deadline'> {
  const { azure } = deps;
  const get: typeof azure.clusters.get = async (id, signal) => {
    const cluster = await azure.clusters.get(id, signal);
    const allowNetworkPluginKubenet = cluster.profile.allowNetworkPluginKubenet || kubenetConsent;
    return { ...cluster, profile: { ...cluster.profile, enabled: true, allowNetworkPluginKubenet } };
  };
  const clusters = { ...azure.clusters, get };
  return { ...deps, azure: { ...azure, clusters }, entries: profileStore(clusters) };
}
