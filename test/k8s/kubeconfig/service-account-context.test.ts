import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serviceAccountContext } from '../../../src/k8s/kubeconfig/service-account-context.ts';

describe('the service account of a pod', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'podid-account-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('leads to the API server by its token and its authority, and checks the certificate', async () => {
    writeFileSync(join(folder, 'token'), 'a.b.c\n');
    writeFileSync(join(folder, 'ca.crt'), 'PEM');
    expect(await serviceAccountContext({ host: 'fd00::1', port: '443' }, folder)).toMatchObject({
      cluster: { server: 'https://[fd00::1]:443', caData: btoa('PEM'), skipTlsVerify: false },
      user: { token: 'a.b.c' },
    });
  });

  it.each([
    [{ host: '', port: '443' }, 'KUBERNETES_SERVICE_HOST is not set.'],
    [
      { host: 'api server', port: '443' },
      'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT make no address: https://api server:443.',
    ],
    [
      { host: '10.0.0.1', port: 'tcp://10.0.0.1:443' },
      'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT make no address: https://10.0.0.1:tcp://10.0.0.1:443.',
    ],
  ])('leads nowhere where the environment does not say where: %j', async (inPod, message) => {
    writeFileSync(join(folder, 'token'), 'a.b.c');
    writeFileSync(join(folder, 'ca.crt'), 'PEM');
    await expect(serviceAccountContext(inPod, folder)).rejects.toMatchObject({
      code: 'InvalidKubeconfig',
      message,
    });
  });

  it('is named when it is not mounted', async () => {
    await expect(serviceAccountContext({ host: '10.0.0.1', port: '443' }, folder)).rejects.toMatchObject({
      code: 'InvalidKubeconfig',
    });
  });
});
