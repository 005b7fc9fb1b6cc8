// A workload that asks for a token of its identity as Azure's libraries do: by Workload Identity where the pod has its token file,
// else of the metadata address. Twenty times a second, each on a new connection; it adds a JSON line for each answer to a file of
// its pod's name in the folder of the first argument. With a second argument it ends after so many milliseconds, else on SIGTERM,
// when what runs has been answered.
import { once } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { hostname } from 'node:os';
import { join } from 'node:path';

const [folder = '.', forMs] = process.argv.slice(2);
const resource = 'https://vault.azure.net';
const {
  AZURE_FEDERATED_TOKEN_FILE: file,
  AZURE_CLIENT_ID: clientId = '',
  AZURE_TENANT_ID: tenantId = '',
  AZURE_AUTHORITY_HOST: authority = '',
} = process.env;
const way = file === undefined ? 'node' : 'entra';
let running = 0;
let isOver = false;

async function ask(): Promise<void> {
  running += 1;
  const begunMs = Date.now();
  const told = await (file === undefined ? askNode() : askEntra(file)).catch((error: unknown) => ({
    error: String(error),
  }));
  const line = JSON.stringify({ way, begunMs, ms: Date.now() - begunMs, ...told });
  appendFileSync(join(folder, hostname()), `${line}\n`);
  running -= 1;
  endWhenIdle();
}

function askNode(): Promise<object> {
  const query = `api-version=2018-02-01&resource=${encodeURIComponent(resource)}`;
  const headers = { metadata: 'true', 'user-agent': 'azsdk-python-identity/1.15.0 Python/3.12.1 (Linux)' };
  const url = `http://169.254.169.254/metadata/identity/oauth2/token?${query}`;
  return answerOf(plain(url, { headers, agent: false }));
}

function askEntra(tokenFile: string): Promise<object> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    scope: `${resource}/.default`,
    client_assertion: readFileSync(tokenFile, 'utf8'),
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const url = `${authority}${tenantId}/oauth2/v2.0/token`;
  return answerOf(secure(url, { method: 'POST', headers, agent: false }), body.toString());
}

/** Status, and whose token it is: by the token's claims, and by the answer, which Entra's does not say. */
async function answerOf(request: ClientRequest, body = ''): Promise<object> {
  request.end(body);
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  const text = Buffer.concat(await answer.toArray()).toString('utf8');
  const status = answer.statusCode ?? 0;
  if (status !== 200) {
    return { status, error: text };
  }
  const token = JSON.parse(text) as { access_token: string; client_id?: string };
  const part = Buffer.from(token.access_token.split('.')[1] ?? '', 'base64url').toString('utf8');
  const { appid = '', oid = '' } = JSON.parse(part) as { appid?: string; oid?: string };
  return { status, appid, oid, named: token.client_id ?? appid };
}

function end(): void {
  isOver = true;
  clearInterval(timer);
  endWhenIdle();
}

function endWhenIdle(): void {
  if (isOver && running === 0) {
    process.exit(0);
  }
}

const timer = setInterval(() => void ask(), 50);
process.on('SIGTERM', end);
if (forMs !== undefined) {
  setTimeout(end, Number(forMs));
}
