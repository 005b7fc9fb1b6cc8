/** Who writes a workload from elsewhere, and would undo or lose what podid changes in the cluster. */
export interface WorkloadManager {
  readonly kind: 'helm' | 'argo' | 'flux';
  /** Release, Application or Kustomization, as far as the object names it. */
  readonly name: string;
}

interface Managed {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly managers: readonly string[];
}

/** Flux and Argo CD install Helm charts too, so that they come first. */
export function managerOf({ labels, annotations, managers }: Managed): WorkloadManager | undefined {
  const flux = labels['kustomize.toolkit.fluxcd.io/name'] ?? labels['helm.toolkit.fluxcd.io/name'];
  if (flux !== undefined || managers.some((each) => fluxManagers.has(each))) {
    return { kind: 'flux', name: flux ?? '' };
  }
  // `APPLICATION:GROUP/KIND:NAMESPACE/NAME`.
  const tracking = annotations['argocd.argoproj.io/tracking-id']?.split(':')[0];
  const argo = tracking ?? labels['argocd.argoproj.io/instance'];
  if (argo !== undefined || managers.some((each) => /^argocd-/.test(each))) {
    return { kind: 'argo', name: argo ?? '' };
  }
  const release = annotations['meta.helm.sh/release-name'];
  if (release !== undefined || labels['app.kubernetes.io/managed-by'] === 'Helm') {
    return { kind: 'helm', name: release ?? '' };
  }
  return undefined;
}

const fluxManagers: ReadonlySet<string> = new Set(['kustomize-controller', 'helm-controller']);
