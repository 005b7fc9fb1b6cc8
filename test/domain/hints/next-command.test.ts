import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reachOf } from '../../../src/cli/run/command-tree.ts';
import {
  hintAfter,
  nextCommand,
  podidCommand,
  type TypedCommand,
} from '../../../src/domain/hints/next-command.ts';
import { advice, command, type Hint } from '../../../src/errors/hint.ts';
import { shellWord } from '../../../src/errors/shell-word.ts';

const cluster = { subscriptionId: 'sub', resourceGroup: 'rg', name: 'aks' };

describe('a command in a hint', () => {
  it('names the cluster and the flags that have a value', () => {
    const flags = {
      namespace: 'shop',
      'pod-labels': ['a=b', 'c='],
      'with-kubenet': true,
      name: undefined,
    } as const;
    expect(String(nextCommand('exception add', cluster, flags))).toBe(
      'podid exception add -g rg -c aks --subscription sub --namespace shop --pod-labels a=b c= --with-kubenet',
    );
  });

  it('names the cluster by other flags where no Azure ids do', () => {
    const flags = { kubeconfig: '/k', context: 'dev', mode: 'cluster' };
    expect(String(podidCommand(['list'], flags))).toBe(
      'podid list --kubeconfig /k --context dev --mode cluster',
    );
  });

  it('reaches the program as the same words through a shell', () => {
    const text = fc
      .string({ unit: 'binary' })
      .filter((word) => !word.includes('\0') && Buffer.from(word).toString() === word);
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (words) => {
        const script = words.map((word) => `printf '%s\\0' ${shellWord(word)}`).join('\n');
        expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1)).toEqual(
          words,
        );
      }),
      { numRuns: 30 },
    );
  });
});

/** As typed, words and flags. */
function typed(line: string, flags: Readonly<Record<string, string>>): TypedCommand {
  return {
    words: line.split(' '),
    flags: Object.entries(flags).map(([key, text]) => ({ key, words: text.split(' ') })),
    reachOf,
  };
}

const byAzure = { resourceGroup: '-g demo-rg', clusterName: '-c demo', subscription: '--subscription lab' };
const byKubeconfig = { kubeconfig: '--kubeconfig lab.yaml', context: '--context lab' };

describe('a command of a hint', () => {
  it.each<[string, Hint, TypedCommand, string]>([
    [
      'reaches the cluster that was named',
      advice`See ${command('podid nmi status')}.`,
      typed('nmi install', byAzure),
      'See podid nmi status -g demo-rg -c demo --subscription lab.',
    ],
    [
      'reaches it by the kubeconfig that was named',
      command('podid nmi uninstall --clean-up-only'),
      typed('nmi uninstall', byKubeconfig),
      'podid nmi uninstall --clean-up-only --kubeconfig lab.yaml --context lab',
    ],
    [
      'signs in as the typed one did',
      command('podid policy kubenet --apply'),
      typed('doctor', { ...byAzure, cloud: '--cloud AzureChinaCloud', tenant: '--tenant contoso.cn' }),
      'podid policy kubenet --apply -g demo-rg -c demo --subscription lab --cloud AzureChinaCloud --tenant contoso.cn',
    ],
    [
      'that names its cluster gets the way to its API alone',
      command('podid mirror -g demo-rg -c demo'),
      typed('add', { ...byAzure, ...byKubeconfig }),
      'podid mirror -g demo-rg -c demo --kubeconfig lab.yaml --context lab',
    ],
    [
      'that names its way keeps to it',
      command('podid mirror --via run-command'),
      typed('mirror', { ...byAzure, ...byKubeconfig }),
      'podid mirror --via run-command -g demo-rg -c demo --subscription lab',
    ],
    [
      'gets no flag that it does not take',
      command('podid wait --for idle'),
      typed('add', { ...byAzure, ...byKubeconfig, via: '--via run-command', mode: '--mode cluster' }),
      'podid wait --for idle -g demo-rg -c demo --subscription lab',
    ],
    [
      'keeps to where the entries live',
      command('podid list'),
      typed('delete', { ...byKubeconfig, mode: '--mode cluster' }),
      'podid list --kubeconfig lab.yaml --context lab --mode cluster',
    ],
    [
      'reads entries of Azure without a kubeconfig',
      command('podid list'),
      typed('add', { ...byAzure, ...byKubeconfig }),
      'podid list -g demo-rg -c demo --subscription lab',
    ],
    [
      'that is to be typed again keeps the other flags',
      command('podid nmi install --namespace kube-system --force').again(),
      typed('nmi install', {
        ...byAzure,
        alongside: '--alongside',
        set: '--set podid.logLevel=debug',
        namespace: '--namespace other',
      }),
      'podid nmi install -g demo-rg -c demo --subscription lab --alongside --set podid.logLevel=debug --namespace kube-system --force',
    ],
    [
      'that is to be typed again shows no secret',
      command('podid nmi install --force').again(),
      typed('nmi install', { set: '--set adminsecret.clientSecret=hidden' }),
      'podid nmi install --set adminsecret.clientSecret=VALUE --force',
    ],
    [
      "that is to be typed again leaves out the file that only a pod of podid's chart has",
      command('podid nmi uninstall --clean-up-only --namespace kube-system').again(),
      typed('nmi uninstall', {
        yes: '--yes',
        values: '--values=/etc/podid/values.yaml',
        set: '--set=podid.image.repository=registry.example.net/podid',
      }),
      'podid nmi uninstall --yes --set=podid.image.repository=registry.example.net/podid --clean-up-only --namespace kube-system',
    ],
    [
      'of another command gets no flags of the typed one',
      command('podid nmi install --force').again(),
      typed('nmi status', { ...byAzure, probe: '--probe' }),
      'podid nmi install --force -g demo-rg -c demo --subscription lab',
    ],
    [
      'that is to reach the cluster in another way stays',
      command('podid nmi install -g GROUP -c CLUSTER').asItStands(),
      typed('nmi install', byKubeconfig),
      'podid nmi install -g GROUP -c CLUSTER',
    ],
    [
      'about help stays',
      command('podid nmi install --help'),
      typed('nmi install', byAzure),
      'podid nmi install --help',
    ],
    ['of another program stays', command('kubectl get pods'), typed('add', byAzure), 'kubectl get pods'],
    [
      'of kubectl goes by the kubeconfig that was typed',
      command('kubectl get pods -n demo'),
      typed('doctor', byKubeconfig),
      'kubectl get pods -n demo --kubeconfig lab.yaml --context lab',
    ],
    [
      'of Helm does so by its own flags',
      command('helm uninstall aad -n demo'),
      typed('doctor', byKubeconfig),
      'helm uninstall aad -n demo --kubeconfig lab.yaml --kube-context lab',
    ],
    [
      'of kubectl has its flags before those of a program in the pod',
      command('kubectl exec web -- cat /k'),
      typed('doctor', byKubeconfig),
      'kubectl exec web --kubeconfig lab.yaml --context lab -- cat /k',
    ],
    [
      'of kubectl that names another stays',
      command('kubectl get pods --kubeconfig other --context dev'),
      typed('doctor', byKubeconfig),
      'kubectl get pods --kubeconfig other --context dev',
    ],
    [
      'of kubectl stays where it is to go another way',
      command('kubectl get pods').asItStands(),
      typed('doctor', byKubeconfig),
      'kubectl get pods',
    ],
    [
      'about a subscription gets the typed one, and no cluster',
      command('podid identity list'),
      typed('add', { ...byAzure, auth: '--auth managed-identity' }),
      'podid identity list --subscription lab --auth managed-identity',
    ],
    ['that needs no cluster stays', command('podid emulator'), typed('add', byAzure), 'podid emulator'],
  ])('%s', (_, hint, line, text) => {
    expect(hintAfter(hint, line).toString()).toBe(text);
  });
});
