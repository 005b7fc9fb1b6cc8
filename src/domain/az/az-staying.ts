import type { AzFlag } from './az-command.ts';
import { bare } from './az-flags.ts';

/**
 * az commands that scripts and guides of pod identity use beside its own, and what podid has for some of them. A key is
 * the beginning of a command.
 */
const staying: Readonly<Record<string, string>> = {
  'account set': "podid works on az's default subscription, too; --subscription names another.",
  'account show': "podid works on az's default subscription, too.",
  account: '',
  'acr login': '',
  'ad sp': '',
  'ad app': '',
  'aks check-acr': '',
  'aks command invoke': 'podid --via run-command reaches the objects of a private cluster in the same way.',
  'aks command result': '',
  'aks delete': '',
  'aks enable-addons': '',
  'aks disable-addons': '',
  'aks get-credentials': 'podid needs no kubeconfig: Azure gives it one for the cluster, in memory.',
  'aks get-versions': '',
  'aks install-cli': '',
  'aks list': '',
  'aks nodepool': '',
  'aks show': "podid status and podid cluster show print the cluster's state and identities.",
  'aks start': '',
  'aks stop': '',
  'aks upgrade': '',
  'aks wait': 'podid waits for a cluster that is busy.',
  'cloud set': '',
  'config set': '',
  configure: 'podid takes the default group of az.',
  'deployment group': '',
  group: '',
  'identity create': 'podid add --create-identity makes a missing identity, too.',
  'identity delete': 'Delete the entry first: one whose identity is gone blocks every other change.',
  'identity federated-credential': '',
  'identity list': '',
  'identity show': 'podid takes the id alone and looks the rest up.',
  keyvault: 'podid add --grant gives an identity roles on a vault that uses Azure RBAC.',
  lock: '',
  login: 'podid takes the sign-in of az.',
  logout: '',
  'network vnet': '',
  resource: '',
  rest: '',
  'role assignment list': 'podid cluster show lists the entries that lack the cluster’s role.',
  'role definition': '',
  storage: '',
  upgrade: '',
  version: '',
  'vm list': '',
  'vm show': '',
  'vmss list': 'podid node list shows the scale sets of a cluster with their identities.',
  'vmss list-instances': 'podid node list shows which instances lack an identity.',
  'vmss show': '',
  'vmss update-instances':
    'podid node assign --upgrade-instances does it for instances that lack the change.',
};

/** The note for a command that is known and stays; undefined: it is not known. */
export function stayingNote(words: readonly string[]): string | undefined {
  for (let length = Math.min(words.length, 4); length > 0; length--) {
    const note = staying[words.slice(0, length).join(' ')];
    if (note !== undefined) {
      return note === '' ? 'Stays az.' : `Stays az. ${note}`;
    }
  }
  return undefined;
}

export function isAbout(flags: readonly AzFlag[], name: string): boolean {
  return flags.some(
    (flag) =>
      ['--name', '-n'].includes(flag.name) &&
      flag.values.some((value) => bare(value).toLowerCase() === name.toLowerCase()),
  );
}
