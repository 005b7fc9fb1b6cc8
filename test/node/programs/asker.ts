// A workload that asks for a token at a steady pace, each time on a new connection, and prints one JSON line
// an answer. Arguments: milliseconds between two requests, target (default IMDS's token path), in which `NUMBER` becomes that of
// the request. On SIGTERM it begins no more, waits for what runs, and ends.
import { request } from 'node:http';

const everyMs = Number(process.argv[2] ?? 50);
const target =
  process.argv[3] ??
  'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net';
let asked = 0;
let running = 0;
let over = false;

function ask(): void {
  const begunMs = Date.now();
  const begun = performance.now();
  running += 1;
  asked += 1;
  const report = (facts: object) => {
    const ms = performance.now() - begun;
    process.stdout.write(`${JSON.stringify({ begunMs, endedMs: Date.now(), ms, ...facts })}\n`);
    running -= 1;
    leaveWhenIdle();
  };
  const sent = request(
    target.replace('NUMBER', String(asked)),
    { headers: { metadata: 'true' }, agent: false, timeout: 60_000 },
    (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      answer.on('end', () => report({ status: answer.statusCode, ...tokenIn(body) }));
      answer.on('error', (error: NodeJS.ErrnoException) => report({ error: error.code ?? error.message }));
    },
  );
  sent.on('timeout', () => sent.destroy(new Error('timed out')));
  sent.on('error', (error: NodeJS.ErrnoException) => report({ error: error.code ?? error.message }));
  sent.end();
}

/** Whose token an answer holds; null when it holds none. Upstream's agent leaves out what the token itself says. */
function tokenIn(body: string): {
  readonly token: string | null;
  readonly appid?: string;
  readonly oid?: string;
} {
  if (!body.includes('"access_token"')) {
    return { token: null };
  }
  const claims = /"access_token":"[^".]*\.([^".]*)/.exec(body)?.[1] ?? '';
  const text = Buffer.from(claims, 'base64url').toString('utf8');
  const [appid, oid] = ['appid', 'oid'].map((name) => new RegExp(`"${name}":"([^"]*)"`).exec(text)?.[1]);
  const owner = /"client_id":"([^"]*)"/.exec(body)?.[1] ?? appid;
  return {
    token: owner === undefined ? null : `token-of-${owner}`,
    ...(appid === undefined ? {} : { appid }),
    ...(oid === undefined ? {} : { oid }),
  };
}

function leaveWhenIdle(): void {
  if (over && running === 0) {
    process.exit(0);
  }
}

const timer = setInterval(ask, everyMs);
process.on('SIGTERM', () => {
  over = true;
  clearInterval(timer);
  leaveWhenIdle();
});
process.stdout.write('asking\n');
