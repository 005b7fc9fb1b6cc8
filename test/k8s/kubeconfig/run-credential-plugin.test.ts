import { describe, expect, it } from 'vitest';
import { runCredentialPlugin } from '../../../src/k8s/kubeconfig/run-credential-plugin.ts';
import type { CredentialPlugin } from '../../../src/validate/files/kubeconfig.ts';

const open = new AbortController().signal;

function plugin(script: string, env: CredentialPlugin['env'] = []): CredentialPlugin {
  return {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: process.execPath,
    args: ['-e', script],
    env,
  };
}

describe('running a credential plugin', () => {
  it('takes its token, and gives it what kubectl gives plugins', async () => {
    const script = `const info = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
      console.log(JSON.stringify({ status: { token: [info.kind, info.apiVersion, process.env.EXTRA].join() } }))`;
    expect(await runCredentialPlugin(plugin(script, [{ name: 'EXTRA', value: 'e' }]), open)).toEqual({
      token: 'ExecCredential,client.authentication.k8s.io/v1,e',
    });
  });

  it.each([
    ['fails', 'process.stdout.write("tok-secret"); process.exitCode = 3', 'ended with 3'],
    ['prints no JSON', 'console.log("tok-secret")', 'printed no credential'],
    [
      'prints no credential',
      'console.log(JSON.stringify({status: {other: "tok-secret"}}))',
      'printed no credential',
    ],
  ])('says so without its output or arguments when it %s', async (_what, script, why) => {
    const run = runCredentialPlugin(plugin(script), open);
    await expect(run).rejects.toMatchObject({
      code: 'ClusterUnreachable',
      message: expect.stringContaining(why),
    });
    await expect(run).rejects.toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('tok-secret') }),
    );
  });

  it('says that it is not there', async () => {
    const missing = { ...plugin(''), command: 'no-such-program-of-podid' };
    await expect(runCredentialPlugin(missing, open)).rejects.toThrow(
      'no-such-program-of-podid of the kubeconfig cannot be started (ENOENT)',
    );
  });

  it('ends it when the signal is aborted', async () => {
    const controller = new AbortController();
    const run = runCredentialPlugin(plugin('setInterval(() => {}, 1000)'), controller.signal);
    controller.abort(new Error('enough'));
    await expect(run).rejects.toThrow('enough');
  });
});
