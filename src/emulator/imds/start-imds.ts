import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createImdsRoutes, type ImdsRoutes, type ImdsRoutesOptions } from './imds-routes.ts';

export interface StartImdsOptions extends ImdsRoutesOptions {
  /** Address to listen on, 127.0.0.1 when absent; 169.254.169.254 inside a network namespace. */
  readonly host?: string;
  /** 0, the default, lets the system choose. */
  readonly port?: number;
}

export interface StartedImds extends Pick<ImdsRoutes, 'faults' | 'issued' | 'asked' | 'reset'> {
  /** `http://127.0.0.1:41234` */
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** The instance metadata service alone, for tests and network namespaces. */
export async function startImds(options: StartImdsOptions): Promise<StartedImds> {
  const { host = '127.0.0.1' } = options;
  const routes = createImdsRoutes(options);
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
  const { faults, issued, asked, reset } = routes;
  return {
    url: `http://${host}:${port}`,
    port,
    faults,
    issued,
    asked,
    reset,
    stop() {
      routes.close();
      return shut(server);
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
