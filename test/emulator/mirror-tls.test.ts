import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import forge from 'node-forge';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Clock } from '../../src/domain/time/clock.ts';
import { createKubeRoutes } from '../../src/emulator/kube/kube-routes.ts';
import { connectCluster } from '../../src/k8s/connect-cluster.ts';

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate for 127.0.0.1, signed by `issuer` or by itself. */
function certificate(commonName: string, issuer?: Pair): Pair {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const made = forge.pki.createCertificate();
  made.publicKey = forge.pki.publicKeyFromPem(publicKey);
  made.serialNumber = Buffer.from(commonName).toString('hex');
  made.validity.notBefore = new Date(Date.now() - 3_600_000);
  made.validity.notAfter = new Date(Date.now() + 3_600_000);
  made.setSubject([{ name: 'commonName', value: commonName }]);
  const above = issuer && forge.pki.certificateFromPem(issuer.cert);
  made.setIssuer((above ?? made).subject.attributes);
  made.setExtensions([
    { name: 'basicConstraints', cA: issuer === undefined },
    { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
  ]);
  made.sign(forge.pki.privateKeyFromPem(issuer?.key ?? privateKey), forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(made), key: privateKey };
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const { signal } = new AbortController();
const clock: Clock = { now: () => 0, monotonic: () => 0, random: () => 0.5, sleep: async () => {} };

describe('a cluster behind TLS', () => {
  const ca = certificate('authority');
  const client = certificate('client', ca);
  const clients = new Set<string>();
  let server: Server;
  let connections = 0;

  beforeAll(async () => {
    const routes = createKubeRoutes({ namespaces: ['shop'] });
    const tls = certificate('server', ca);
    server = createServer(
      { ...tls, ca: ca.cert, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        const name = (request.socket as TLSSocket).getPeerCertificate().subject?.CN;
        clients.add(typeof name === 'string' ? name : 'nobody');
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => void routes.handle(request, response, Buffer.concat(chunks)));
      },
    );
    server.on('secureConnection', () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  async function mirrorWith(cluster: object, user: object, warn: (text: string) => void = () => {}) {
    const { port } = server.address() as AddressInfo;
    const text = stringify({
      clusters: [{ name: 'aks', cluster: { server: `https://127.0.0.1:${port}`, ...cluster } }],
      users: [{ name: 'me', user }],
      contexts: [{ name: 'aks', context: { cluster: 'aks', user: 'me' } }],
      'current-context': 'aks',
    });
    const api = await connectCluster({
      fetchUserKubeconfig: async () => text,
      fetchApiServerHosts: () => Promise.reject(new Error('no token of Entra')),
      warn,
      environment: {},
      timeoutMs: 20_000,
      clock,
      signal,
    });
    const exceptions = Array.from({ length: 40 }, (_, index) => ({
      namespace: 'shop',
      name: `e${index}`,
      podLabels: { app: 'x' },
    }));
    const nothing = { identities: [], goneIdentities: [], goneExceptions: [] };
    return api.mirror({ ...nothing, exceptions, prune: false, force: false, dryRun: false }, signal);
  }

  it('is believed by its authority, sees the client certificate, and serves all on few connections', async () => {
    const user = { 'client-certificate-data': base64(client.cert), 'client-key-data': base64(client.key) };
    connections = 0;
    expect(await mirrorWith({ 'certificate-authority-data': base64(ca.cert) }, user)).toHaveLength(40);
    expect([...clients]).toEqual(['client']);
    expect(connections).toBeLessThanOrEqual(8);
  });

  it('is not believed without its authority, and the certificate is not quoted', async () => {
    const run = mirrorWith({}, { token: 't' });
    await expect(run).rejects.toMatchObject({
      code: 'ClusterUnreachable',
      message: expect.stringMatching(
        /cannot be reached: the certificate of \S+ is signed by an authority that this machine does not know .*\([A-Z_]+\)\.$/,
      ),
    });
  });

  it('is not believed under another name than its own', async () => {
    const cluster = { 'certificate-authority-data': base64(ca.cert), 'tls-server-name': 'elsewhere.example' };
    await expect(mirrorWith(cluster, { token: 't' })).rejects.toThrow('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('is used without a check only with a warning', async () => {
    const warnings: string[] = [];
    await mirrorWith({ 'insecure-skip-tls-verify': true }, { token: 't' }, (text) => warnings.push(text));
    expect(warnings).toEqual([expect.stringContaining('turns off the verification of the API server')]);
  });

  it('is reached through the proxy that the kubeconfig names, and not around it', async () => {
    const cluster = { 'certificate-authority-data': base64(ca.cert), 'proxy-url': 'http://127.0.0.1:9' };
    connections = 0;
    await expect(mirrorWith(cluster, { token: 't' })).rejects.toMatchObject({ code: 'ClusterUnreachable' });
    expect(connections).toBe(0);
  });
});
