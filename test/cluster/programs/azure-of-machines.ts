// Azure as a cluster in standard mode meets it: ARM and Entra over https on 10.1.0.1, and the metadata service of the
// first node, which knows what that machine carries. All of it is the emulator's, which listens on loopback alone.
// Argument: JSON with the PEM files `certificate` and `key`, and the emulator's `scenario` and `seed`. On port 8099 the test reads
// what happened; POST /issuer tells the OIDC issuer of the real cluster.
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { enabledProfile } from '../../../src/emulator/arm/pod-identity-rules.ts';
import type { JsonObject } from '../../../src/emulator/exact-json.ts';
import { readSigningKey } from '../../../src/emulator/federation/signing-keys.ts';
import { startEmulator } from '../../../src/emulator/start-emulator.ts';
import type { AddonPart } from '../../../src/emulator/world.ts';
import type { KnownIssuer, MachineWorld } from '../standard-mode-azure.ts';

const address = '10.1.0.1';
interface Options {
  readonly certificate: string;
  readonly key: string;
  readonly scenario: string;
  readonly seed?: JsonObject;
}

const { scenario, seed, ...files } = JSON.parse(process.argv[2] ?? '{}') as Options;
const emulator = await startEmulator({ scenario, ...(seed === undefined ? {} : { seed }) });
const own = new URL(emulator.url);

/** @param host as which the emulator is asked; what it says of its own URL is told as that of `address` */
function forward(host: string, incoming: IncomingMessage, answer: ServerResponse): void {
  const { method, url: path } = incoming;
  const headers = { ...incoming.headers, host };
  const outgoing = send({ host: own.hostname, port: own.port, method, path, headers }, (inner) => {
    const chunks: Buffer[] = [];
    inner.on('data', (chunk: Buffer) => chunks.push(chunk));
    inner.on('end', () => {
      const told = (text: string) => text.replaceAll(emulator.url, `https://${address}`);
      const { 'content-length': _length, 'transfer-encoding': _encoding, ...rest } = inner.headers;
      answer.writeHead(inner.statusCode ?? 502, JSON.parse(told(JSON.stringify(rest))));
      answer.end(told(Buffer.concat(chunks).toString('utf8')));
    });
  });
  outgoing.on('error', () => answer.destroy());
  incoming.pipe(outgoing);
}

function world(): MachineWorld {
  const [application] = emulator.world.applications.values();
  const carried = [...emulator.world.machines].map(([id, machine]) => {
    const { userAssignedIdentities = {} } = (machine['identity'] ?? {}) as {
      userAssignedIdentities?: object;
    };
    return [id, Object.keys(userAssignedIdentities).map((each) => each.split('/').at(-1) ?? '')] as const;
  });
  return {
    tenantId: application?.tenantId ?? '',
    subscriptionId: [...emulator.world.subscriptions.keys()][0] ?? '',
    clientId: application?.appId ?? '',
    secret: application?.secret ?? '',
    carried: Object.fromEntries(carried),
    issued: emulator.imds.issued(),
    taken: takenOf(emulator.world),
  };
}

/** The emulator takes its own parts by itself; those of the real cluster are the test's to take. */
function takenOf({ addons, clusters, settings }: typeof emulator.world): readonly AddonPart[] {
  const [[key, addon] = []] = addons;
  const document = clusters.get(key ?? '')?.document;
  if (addon === undefined || enabledProfile(document) !== undefined) {
    return [];
  }
  const { definitions, identities } = settings.addonRemoval;
  const going: readonly AddonPart[] = [
    'nmi',
    ...(definitions === 'go' ? (['definitions'] as const) : []),
    ...(identities === 'go' ? (['identities'] as const) : []),
  ];
  // Before it has planned anything its identities are still known, and nothing is leaving.
  const isBegun = addon.leaving.length > 0 || addon.identityIds.length === 0;
  return isBegun ? going.filter((part) => addon.leaving.every(({ what }) => what !== part)) : [];
}

function know({ issuer, keys, subject }: KnownIssuer): void {
  const { world } = emulator;
  world.issuers.set(issuer, keys.map(readSigningKey));
  const [cluster] = world.clusters.values();
  if (cluster !== undefined) {
    const properties = (cluster.document['properties'] ?? {}) as { [name: string]: object };
    properties['oidcIssuerProfile'] = { enabled: true, issuerURL: issuer };
  }
  for (const [id, application] of subject === undefined ? [] : world.applications) {
    const credential = { issuer, subject: subject ?? '', audiences: ['api://AzureADTokenExchange'] };
    world.applications.set(id, { ...application, federatedCredentials: [credential] });
  }
}

const tls = { cert: readFileSync(files.certificate), key: readFileSync(files.key) };
createTlsServer(tls, (request, response) => forward(own.host, request, response)).listen(443, address);
createServer((request, response) => forward('169.254.169.254', request, response)).listen(80, '0.0.0.0');
const control = createServer(async (request, response) => {
  if (request.url === '/issuer') {
    know(JSON.parse(Buffer.concat(await request.toArray()).toString('utf8')) as KnownIssuer);
  }
  response.end(JSON.stringify(world()));
});
control.listen(8099, address, () => process.stdout.write('IMDS is up\n'));
