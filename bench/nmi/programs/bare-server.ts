// The floor: node:http and one ready buffer, an answer of IMDS itself. Nobody is looked up and nothing is
// decided.
import { createServer, get } from 'node:http';

const target =
  'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net';
get(target, { headers: { metadata: 'true' } }, (answer) => {
  const chunks: Buffer[] = [];
  answer.on('data', (chunk: Buffer) => chunks.push(chunk));
  answer.on('end', () => {
    const body = Buffer.concat(chunks);
    const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length };
    const server = createServer((_request, response) => {
      response.writeHead(200, headers).end(body);
    });
    server.keepAliveTimeout = 60_000;
    server.listen(2579, '127.0.0.1', () => process.stdout.write('listening\n'));
  });
});
