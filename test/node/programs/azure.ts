// IMDS and the cluster's API server, as the emulator knows them, on a host of their own. Argument: JSON with
// `identities`, `systemAssigned`, `objects` of the cluster, `latencyMs` and `quota` of IMDS. The test changes
// the cluster through POST /seed and POST /remove on port 8099, and IMDS through POST /imds.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { ImdsFault } from '../../../src/emulator/imds/imds-faults.ts';
import type { ImdsIdentity } from '../../../src/emulator/imds/imds-identity.ts';
import type { ImdsQuota } from '../../../src/emulator/imds/imds-quota.ts';
import { startImds } from '../../../src/emulator/imds/start-imds.ts';
import type { KubeObject } from '../../../src/emulator/kube/objects/kube-object.ts';
import { startKube } from '../../../src/emulator/kube/start-kube.ts';

interface AzureOptions {
  /** Folder with `tls.key` and `tls.crt` of the API server. */
  readonly folder: string;
  readonly identities: readonly ImdsIdentity[];
  readonly systemAssigned: ImdsIdentity;
  readonly objects: readonly KubeObject[];
  readonly namespaces: readonly string[];
  readonly latencyMs?: number;
  readonly quota?: ImdsQuota;
}

const { folder, objects, namespaces, identities, ...imdsOptions } = JSON.parse(
  process.argv[2] ?? '{}',
) as AzureOptions;
let onNode = identities;
const imds = await startImds({ ...imdsOptions, identities: () => onNode, host: '0.0.0.0', port: 80 });
const kube = await startKube({ namespaces });
for (const object of objects) {
  kube.store.seed(object);
}

const front = createTlsServer(
  { key: readFileSync(`${folder}/tls.key`), cert: readFileSync(`${folder}/tls.crt`) },
  (client) => {
    const server = connect(kube.port, '127.0.0.1');
    client.pipe(server).pipe(client);
    client.on('error', () => server.destroy());
    server.on('error', () => client.destroy());
  },
);
front.listen(6443, '10.1.0.1');

const control = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => {
    if (request.url === '/seed') {
      kube.store.seed(JSON.parse(body) as KubeObject);
    } else if (request.url === '/imds') {
      const change = JSON.parse(body) as { faults?: ImdsFault[]; identities?: ImdsIdentity[] };
      imds.faults.set(change.faults ?? []);
      onNode = change.identities ?? identities;
    } else if (request.url === '/remove') {
      const { kind, namespace, name } = JSON.parse(body) as { kind: string; namespace: string; name: string };
      kube.store.remove(kind, namespace, name);
    }
    response.end(
      JSON.stringify({ issued: imds.issued(), throttled: throttled(), counts: kube.store.counts() }),
    );
  });
});
function throttled(): number {
  return imds.asked().filter(({ status }) => status === 429).length;
}

control.listen(8099, '10.1.0.1', () => process.stdout.write('azure is up\n'));
process.on('SIGTERM', () => process.exit(0));
