import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { askThroughKubelet } from '../../../src/k8s/client/port-forward.ts';
import { createNetwork } from '../../../src/network/network.ts';
import { type CompanyNetwork, companyNetwork, type ProxyConduct } from '../../network/company-network.ts';

const server = 'https://aks-demo.hcp.example.test:443';
const question = { podPath: '/api/v1/namespaces/kube-system/pods/nmi-1', port: 9090, path: '/metrics' };
const port = Buffer.from([9090 & 0xff, 9090 >> 8]);
const signal = new AbortController().signal;
const sockets = new WebSocketServer({ noServer: true });

/** A kubelet whose pod answers every question with `metrics`. */
function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  sockets.handleUpgrade(request, socket, head, (client) => {
    for (const channel of [0, 1]) {
      client.send(Buffer.concat([Buffer.of(channel), port]));
    }
    client.once('message', () => {
      client.send(Buffer.concat([Buffer.of(0), Buffer.from('HTTP/1.1 200 OK\r\n\r\nmetrics')]));
      client.close();
    });
  });
}

let company: CompanyNetwork;
beforeAll(async () => {
  company = await companyNetwork((_, response) => response.writeHead(404).end(), upgrade);
});
afterAll(() => company[Symbol.asyncDispose]());
afterEach(() => {
  company.conduct = 'tunnel';
  company.asked.length = 0;
});

async function ask(environment: Record<string, string>, proxyUrl?: string) {
  const network = createNetwork(environment);
  const way = { tls: { ca: readFileSync(company.authority) }, proxyUrl };
  const agent = await network.agentFor(server, way);
  const explain = (error: unknown) => network.explain(error, server, way);
  const access = { server, headers: { Authorization: 'Bearer t' }, ...(agent ? { agent } : {}), explain };
  return await askThroughKubelet(access, question, { timeoutMs: 10_000, signal });
}

const answered = { status: 200, text: 'metrics' };

describe('a port of a pod, through its kubelet and a proxy', () => {
  it.each<[string, () => Parameters<typeof ask>]>([
    ['HTTPS_PROXY', () => [{ HTTPS_PROXY: company.proxy }]],
    ['ALL_PROXY', () => [{ ALL_PROXY: company.proxy }]],
    ['proxy-url, before HTTPS_PROXY', () => [{ HTTPS_PROXY: 'http://127.0.0.1:9' }, company.proxy]],
  ])('answers by %s', async (_, way) => {
    expect(await ask(...way())).toEqual(answered);
    expect(company.asked.map(({ host }) => host)).toEqual(['aks-demo.hcp.example.test:443']);
  });

  it('is asked past the proxy where NO_PROXY says so', async () => {
    const asking = ask({ HTTPS_PROXY: company.proxy, NO_PROXY: '.example.test' });
    await expect(asking).rejects.toThrow(/the name aks-demo\.hcp\.example\.test /);
    expect(company.asked).toEqual([]);
  });

  it.each<[ProxyConduct, string, string]>([
    [{ status: '407 Proxy Authentication Required' }, 'wants a user and password (407', 'USER:PASSWORD@'],
    [{ status: '403 Forbidden' }, 'lets nobody through to aks-demo.hcp.example.test:443 (403', 'NO_PROXY'],
    [{ status: '502 Bad Gateway' }, 'could not reach aks-demo.hcp.example.test:443 (502', ''],
    ['hang up', 'cannot be used', ''],
  ])('is unreachable where the proxy answers %j', async (conduct, text, hint) => {
    company.conduct = conduct;
    const error = await ask({ HTTPS_PROXY: company.proxy }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'ClusterUnreachable',
      message: expect.stringContaining(
        `port 9090 of the pod through its kubelet: the proxy ${company.proxy} ${text}`,
      ),
    });
    expect(String((error as { hint: unknown }).hint)).toContain(hint);
  });
});
