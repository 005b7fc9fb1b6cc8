// The least that an agent must do, to try the rules alone: one bound pod gets its identity's token from IMDS,
// all others get 400. Arguments: the bound pod's address, its client id, addresses to listen on, parted by
// commas; `127.0.0.1:8085` for another port than 2579.
import { createServer, get } from 'node:http';

const [boundAddress, clientId, listenOn = '127.0.0.1'] = process.argv.slice(2);
for (const place of listenOn.split(',')) {
  const [address, port = '2579'] = place.split(':');
  const server = createServer((request, response) => {
    response.setHeader('x-stand-in', 'yes');
    response.setHeader('connection', 'close');
    if (request.socket.remoteAddress !== boundAddress) {
      response.writeHead(400).end('{"error":"invalid_request"}');
      return;
    }
    const target = `http://169.254.169.254/metadata/identity/oauth2/token?resource=r&client_id=${clientId}`;
    get(target, { headers: { metadata: 'true' }, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502);
      answer.pipe(response);
    }).on('error', () => response.writeHead(503).end());
  });
  server.listen(Number(port), address, () => process.stdout.write(`listening on ${place}\n`));
}
process.on('SIGTERM', () => process.exit(0));
