// Many pods at once, each with an address and a kept-alive connection of its own, asking for two resources in
// turn. Arguments: seconds, count, the milliseconds that each pod rests between two requests. Prints one JSON
// line: requests by status, p50 and p99 in milliseconds.
import { Agent, request } from 'node:http';

const [seconds = 10, count = 250, restMs = 0] = process.argv.slice(2).map(Number);
const path = '/metadata/identity/oauth2/token?api-version=2018-02-01&resource=';
const resources = ['https%3A%2F%2Fvault.azure.net', 'https%3A%2F%2Fmanagement.azure.com%2F'];
const statuses: Record<string, number> = {};
const times: number[] = [];
const patienceSec = 10;
let waiting = 0;
const end = Date.now() + seconds * 1000;

function ask(agent: Agent, localAddress: string, resource: string): Promise<void> {
  return new Promise((resolve) => {
    const begun = performance.now();
    waiting += 1;
    const done = (what: string) => {
      statuses[what] = (statuses[what] ?? 0) + 1;
      times.push(performance.now() - begun);
      waiting -= 1;
      resolve();
    };
    const options = { agent, localAddress, headers: { metadata: 'true' } };
    const asked = request(`http://169.254.169.254${path}${resource}`, options, (answer) => {
      answer.resume().on('end', () => done(String(answer.statusCode)));
    });
    asked.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    asked.end();
  });
}

async function pod(i: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let turn = i; Date.now() < end; turn += 1) {
    await ask(agent, `10.244.1.${i + 1}`, resources[turn % 2] ?? '');
    if (restMs > 0) {
      await new Promise((resolve) => setTimeout(resolve, restMs));
    }
  }
  agent.destroy();
}

const all = Promise.all(Array.from({ length: count }, (_, i) => pod(i)));
// Upstream keeps a request for up to two minutes when IMDS says 429.
const retry = new Promise((resolve) => setTimeout(resolve, (seconds + patienceSec) * 1000, 'late'));
if ((await Promise.race([all, retry])) === 'late') {
  statuses['none yet'] = waiting;
}
times.sort((a, b) => a - b);
const at = (share: number) => Number((times[Math.floor(times.length * share)] ?? 0).toFixed(2));
process.stdout.write(
  `${JSON.stringify({ statuses, p50: at(0.5), p99: at(0.99), rate: Math.round(times.length / seconds) })}\n`,
);
process.exit(0);
