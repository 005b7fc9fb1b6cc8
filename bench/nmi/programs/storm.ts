// Many pods that ask for two resources each, all at once and again until they have both, as a client that does not give
// up. Arguments: count, and the seconds after which the rest is left. Prints `asking` with the first requests and, at the
// end, one JSON line: how many were served, the milliseconds after which the first and the last were, p50 and p99. Pods
// without a token count as long as all of it took.
import { request } from 'node:http';
import { setTimeout as passing } from 'node:timers/promises';

const [count = 250, longestSec = 45] = process.argv.slice(2).map(Number);
const path = '/metadata/identity/oauth2/token?api-version=2018-02-01&resource=';
const resources = ['https%3A%2F%2Fvault.azure.net', 'https%3A%2F%2Fmanagement.azure.com%2F'];
const againAfterMs = 50;
const begun = performance.now();
const ends = begun + longestSec * 1000;
const times: number[] = [];

function ask(localAddress: string, resource: string): Promise<number> {
  return new Promise((resolve) => {
    const options = { agent: false, localAddress, headers: { metadata: 'true' } };
    const asked = request(`http://169.254.169.254${path}${resource}`, options, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
      answer.on('error', () => resolve(0));
    });
    asked.on('error', () => resolve(0));
    asked.end();
  });
}

async function askUntilServed(localAddress: string, resource: string): Promise<void> {
  while (performance.now() < ends) {
    if ((await ask(localAddress, resource)) === 200) {
      times.push(performance.now() - begun);
      return;
    }
    await passing(againAfterMs);
  }
}

const pods = Array.from({ length: count }, (_, at) => `10.244.1.${at + 1}`);
const all = Promise.all(pods.flatMap((pod) => resources.map((resource) => askUntilServed(pod, resource))));
process.stdout.write('asking\n');
await Promise.race([all, passing(longestSec * 1000)]);
const whole = performance.now() - begun;
const [served, firstMs, lastMs] = [times.length, times[0] ?? whole, times.at(-1) ?? 0];
const total = count * resources.length;
const at = (share: number) => times[Math.floor(total * share)] ?? whole;
process.stdout.write(`${JSON.stringify({ served, firstMs, lastMs, p50: at(0.5), p99: at(0.99) })}\n`);
process.exit(0);
