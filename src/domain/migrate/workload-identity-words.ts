/*
 * The names that AKS's webhook of Workload Identity goes by (azure-workload-identity v1.6.0, pkg/webhook).
 */

/** Label of a pod template; the webhook takes `"true"` alone. */
export const useLabel = 'azure.workload.identity/use';

/** Annotation of a service account: the identity of pods that name none themselves. */
export const clientIdAnnotation = 'azure.workload.identity/client-id';

/** Annotation of a pod template; its presence counts, `"false"` too. */
export const proxyAnnotation = 'azure.workload.identity/inject-proxy-sidecar';

/** Annotation of a pod template. */
export const proxyPortAnnotation = 'azure.workload.identity/proxy-sidecar-port';

/** The proxy's port where no annotation says another. */
export const usualProxyPort = 8000;

/** What the tokens that the webhook mounts are for. */
export const exchangeAudience = 'api://AzureADTokenExchange';
