import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { writeKubeconfig } from '../../../src/emulator/kubeconfig.ts';
import { parseStatements } from '../../../src/emulator/run-command/parse-statements.ts';
import { readZip } from '../../../src/emulator/run-command/read-zip.ts';
import { runKubectl } from '../../../src/emulator/run-command/run-kubectl.ts';

describe("the emulator's runCommand", () => {
  it('splits a text into its kubectl commands', () => {
    expect(parseStatements(`kubectl get 'a b' -o "x"; kubectl apply -f a.yaml && kubectl version`)).toEqual([
      { words: ['kubectl', 'get', 'a b', '-o', 'x'], after: ';' },
      { words: ['kubectl', 'apply', '-f', 'a.yaml'], after: ';' },
      { words: ['kubectl', 'version'], after: '&&' },
    ]);
  });

  it.each([
    'kubectl get pods -A -n demo -ojson -l a=b --show-managed-fields -o jsonpath-file=t --ignore-not-found',
    'kubectl create -f a.json --field-manager=podid --validate=false --dry-run=server',
    'kubectl delete --raw /apis/x -f d.json',
    'kubectl apply --server-side --force-conflicts --filename=a.yaml',
    'kubectl wait --for=condition=Ready pod/x --timeout=10s',
  ])('takes %s', (text) => {
    expect(parseStatements(text)).toHaveLength(1);
  });

  it.each([
    ['another program', 'helm list'],
    ['a substitution', 'kubectl get $(whoami)'],
    ['a substitution in quotes', 'kubectl get "$(whoami)"'],
    ['backticks', 'kubectl get `whoami`'],
    ['a pipe', 'kubectl get pods | sh'],
    ['a redirection', 'kubectl get pods > /etc/passwd'],
    ['a background job', 'kubectl get pods & reboot'],
    ['an escape', 'kubectl get \\; reboot'],
    ['an open quote', "kubectl get 'pods"],
    ['a shell in a pod', 'kubectl exec x -- sh'],
    ['another cluster', 'kubectl get pods --kubeconfig=/root/.kube/config'],
    ['another server', 'kubectl get pods -s https://evil'],
    ['a file of the machine', 'kubectl apply -f /etc/passwd'],
    ['a file of the machine in an output', 'kubectl get pods -o jsonpath-file=../x'],
    ['a file of the machine as a template', 'kubectl get pods -o templatefile=/etc/passwd'],
    ['a file of the machine behind joined flags', 'kubectl create -Rf /etc/kubernetes'],
    ['a file of the machine as content', 'kubectl create secret generic x --from-file=/etc/shadow'],
    ['a file of the machine as a certificate', 'kubectl create secret tls x --cert=/a --key=/b'],
    ['another server, written together', 'kubectl get pods -shttps://evil'],
    ['an editor', 'kubectl create -f a.yaml --edit'],
    ['kustomize, which fetches from anywhere', 'kubectl apply -k a'],
    ['an address', 'kubectl apply -f https://evil/x.yaml'],
    ['a watch', 'kubectl get pods --watch'],
    ['nothing', ' ; '],
  ])('refuses %s', (_what, text) => {
    expect(() => parseStatements(text)).toThrow();
  });

  it.each([0, 6] as const)('reads a zip of level %i', (level) => {
    const content = 'content '.repeat(100);
    const zip = zipSync({ 'a.json': strToU8(content), 'b.json': strToU8('{}') }, { level });
    const files = readZip(Buffer.from(zip));
    expect([...files].map(([name, bytes]) => [name, bytes.toString()])).toEqual([
      ['a.json', content],
      ['b.json', '{}'],
    ]);
  });

  it.each(['../a', '/etc/a', 'a/b', '.kubeconfig'])('refuses a zip with a file %s', (name) => {
    expect(() => readZip(Buffer.from(zipSync({ [name]: strToU8('x') })))).toThrow();
  });

  it('refuses what is not a zip, and a bomb', () => {
    expect(() => readZip(Buffer.from('hello'))).toThrow(/not a zip/);
    const bomb = zipSync({ 'a.json': new Uint8Array(40 * 1024 * 1024) });
    expect(() => readZip(Buffer.from(bomb))).toThrow();
  });

  it('hands on a token as a token, whatever is in it', () => {
    const token = 'x\n      exec:\n        apiVersion: v1\n        command: /bin/sh';
    const { users } = parse(writeKubeconfig({ server: 'https://127.0.0.1:1', token, ca: '' })) as {
      users: unknown[];
    };
    expect(users).toEqual([{ name: 'demo', user: { token } }]);
  });

  it('says so when there is no kubectl', async () => {
    const run = {
      text: 'kubectl version',
      context: '',
      kubeconfig: '',
      path: '/nowhere',
      signal: new AbortController().signal,
    };
    await expect(runKubectl(run)).rejects.toThrow('kubectl is not on the PATH of the emulator');
  });
});
