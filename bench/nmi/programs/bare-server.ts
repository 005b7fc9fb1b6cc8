// The floor: node:http with one ready answer. Nobody is looked up and nothing is decided. Argument: the answer whose
// bytes it gives, head and body, in base64url; Node writes the date and what concerns the connection by itself.
import { createServer } from 'node:http';

const answer = Buffer.from(process.argv[2] ?? '', 'base64url').toString('latin1');
const [head = '', body = ''] = answer.split('\r\n\r\n');
const byNode = ['date', 'connection', 'keep-alive'];
const lines = head.split('\r\n').slice(1);
const headers = lines
  .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)])
  .filter(([name = '']) => !byNode.includes(name.toLowerCase()));
const named = (name: string) => lines.find((line) => line.toLowerCase().startsWith(`${name}: `));

const server = createServer((_request, response) => {
  response.writeHead(200, headers.flat()).end(body, 'latin1');
});
server.keepAliveTimeout = Number(/timeout=(\d+)/.exec(named('keep-alive') ?? '')?.[1] ?? 60) * 1000;
server.listen(2579, '127.0.0.1', () => process.stdout.write('listening\n'));
