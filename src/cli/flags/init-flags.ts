import type { FlagValues } from '../../flags/flag-table.ts';
import { dryRunFlags, yesFlag } from './change-flags.ts';
import { clusterFlags, kubeFlags, waitFlags } from './cluster-flags.ts';
import { identityExtraFlags } from './file-flags.ts';
import { modeFlag } from './mode-flags.ts';

export const initFlags = {
  namespace: { kind: 'text', value: 'NAMESPACE', summary: 'the namespace of the pods' },
  name: {
    kind: 'text',
    short: 'n',
    value: 'NAME',
    summary: 'the name of the entry',
    fallback: "the identity's own name in lower case",
  },
  identityResourceId: { kind: 'text', value: 'ID', summary: 'the full ARM id of the managed identity' },
  bindingSelector: {
    kind: 'text',
    value: 'LABEL',
    summary: 'the value of the label aadpodidbinding on the pods',
    fallback: 'the name',
  },
  ...identityExtraFlags,
  enablePodIdentityWithKubenet: {
    kind: 'switch',
    alias: 'with-kubenet',
    summary: 'consent to pod identity on kubenet, where pods can pose as others',
  },
  enableManagedIdentity: {
    kind: 'switch',
    summary: 'give a cluster that runs as a service principal a managed identity first',
  },
  registerFeature: {
    kind: 'switch',
    summary: 'register the feature EnablePodIdentityPreview of the subscription where it is not',
  },
  ...yesFlag,
  ...clusterFlags,
  mode: {
    ...modeFlag.mode,
    fallback:
      'as the cluster is; where its add-on is off, a question, and without a terminal addon unless the cluster holds entries as objects',
  },
  aksCustomHeaders: {
    kind: 'list',
    value: 'K=V,…',
    summary: "extra headers for the cluster's PUT request, and for no other request",
  },
  ...dryRunFlags,
  ...waitFlags,
  ...kubeFlags,
} as const;

export type InitFlags = FlagValues<typeof initFlags>;
