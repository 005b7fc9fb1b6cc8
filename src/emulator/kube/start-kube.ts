import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createKubeRoutes, type KubeRoutesOptions } from './kube-routes.ts';
import type { KubeStore } from './objects/kube-store.ts';

export interface StartKubeOptions extends KubeRoutesOptions {
  /** Address to listen on, 127.0.0.1 when absent. */
  readonly host?: string;
  /** 0, the default, lets the system choose. */
  readonly port?: number;
}

export interface StartedKube {
  /** `http://127.0.0.1:41234` */
  readonly url: string;
  readonly port: number;
  readonly store: KubeStore;
  /** Closes the port and every connection: further ones are refused, until `accept`. */
  refuse(): Promise<void>;
  /** Listens again on the same port, with the same objects. */
  accept(): Promise<void>;
  stop(): Promise<void>;
}

/** A Kubernetes API on plain http, alone, for tests and labs. */
export async function startKube(options: StartKubeOptions = {}): Promise<StartedKube> {
  const { host = '127.0.0.1' } = options;
  const routes = createKubeRoutes(options);
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      routes.handle(request, response, Buffer.concat(chunks)).then(
        (handled) => handled || response.writeHead(404).end(),
        () => response.destroy(),
      );
    });
  });
  await listen(server, host, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    port,
    store: routes.store,
    refuse: () => shut(server),
    accept: () => listen(server, host, port),
    async stop() {
      routes.close();
      await shut(server);
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function shut(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
