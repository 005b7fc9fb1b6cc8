// IMDS as far as the drills need it: hands out a token for whatever identity is asked for, and counts who
// asked for which. Arguments: delay in ms (0 for none). Prints one JSON line a request.
import { createServer } from 'node:http';

const delayMs = Number(process.argv[2] ?? 0);

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://imds');
  const asked = url.searchParams;
  const identity =
    asked.get('client_id') ??
    asked.get('msi_res_id') ??
    asked.get('mi_res_id') ??
    asked.get('object_id') ??
    'node-default';
  const isToken = url.pathname === '/metadata/identity/oauth2/token';
  process.stdout.write(
    `${JSON.stringify({ from: request.socket.remoteAddress, path: url.pathname, identity: isToken ? identity : null })}\n`,
  );
  const expiresOn = Math.floor(Date.now() / 1000) + 86_400;
  const body = JSON.stringify(
    isToken
      ? {
          access_token: `token-of-${identity}`,
          client_id: identity,
          expires_in: '86400',
          expires_on: String(expiresOn),
          ext_expires_in: '86400',
          not_before: String(expiresOn - 86_700),
          resource: asked.get('resource') ?? '',
          token_type: 'Bearer',
        }
      : { compute: { name: 'node-1' }, path: url.pathname },
  );
  setTimeout(() => {
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  }, delayMs);
});
server.listen(80, '0.0.0.0', () => process.stdout.write('listening\n'));
