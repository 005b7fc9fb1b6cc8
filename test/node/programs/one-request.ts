// One GET, and what came of it as one JSON line. Arguments: target, and as JSON: localPort, localAddress,
// waitMs, holdMs (ask twice over one connection, holdMs apart).
import { Agent, request } from 'node:http';

const target = process.argv[2] ?? '';
const {
  localPort,
  localAddress,
  waitMs = 3000,
  holdMs,
} = JSON.parse(process.argv[3] ?? '{}') as {
  localPort?: number;
  localAddress?: string;
  waitMs?: number;
  holdMs?: number;
};
const agent = new Agent({ keepAlive: holdMs !== undefined, maxSockets: 1 });

function ask(): Promise<object> {
  return new Promise((resolve) => {
    const options = {
      agent,
      headers: { metadata: 'true' },
      ...(localPort && { localPort }),
      ...(localAddress && { localAddress }),
    };
    const asked = request(target, options, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      answer.on('end', () =>
        resolve({ status: answer.statusCode, standIn: answer.headers['x-stand-in'] ?? null, body }),
      );
    });
    const late = setTimeout(
      () => asked.destroy(Object.assign(new Error('no answer'), { code: 'NO_ANSWER' })),
      waitMs,
    );
    asked.on('close', () => clearTimeout(late));
    asked.on('error', (error: NodeJS.ErrnoException) => resolve({ error: error.code ?? error.message }));
    asked.end();
  });
}

process.stdout.write(`${JSON.stringify(await ask())}\n`);
if (holdMs !== undefined) {
  process.stdout.write('holding\n');
  await new Promise((resolve) => setTimeout(resolve, holdMs));
  process.stdout.write(`${JSON.stringify(await ask())}\n`);
}
process.exit(0);
