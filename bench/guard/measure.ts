// Runs in a network namespace of its own, which `guard.mjs` makes and removes.
import { execFileSync, spawn } from 'node:child_process';
import { createAddressGuard } from '../../src/nmi/rules/guard/address-guard.ts';
import type { CniResult } from '../../src/nmi/rules/parse-cni-result.ts';

const pods = 250;
const rounds = 20;
const packets = 20_000;

const ip = (...args: readonly string[]) => execFileSync('ip', args, { encoding: 'utf8' });
const addressOf = (n: number) => `10.244.${1 + Math.floor(n / 200)}.${1 + (n % 200)}`;

ip('link', 'add', 'cbr0', 'type', 'bridge');
ip('link', 'set', 'cbr0', 'up');
const echo = `const s=require('dgram').createSocket('udp4');s.on('message',(m,r)=>s.send(m,r.port,r.address));s.bind(9,()=>console.log('up'))`;
const ask = `const s=require('dgram').createSocket('udp4');let n=0,t=process.hrtime.bigint();const go=()=>s.send('x',9,process.argv[1]);
s.on('message',()=>{n+=1;if(n===${packets}){console.log(Number(process.hrtime.bigint()-t)/1000/n);s.close()}else go()});go()`;

const processes = [spawn('unshare', ['--net', 'sleep', '600']), spawn('unshare', ['--net', 'sleep', '600'])];
await new Promise((resolve) => setTimeout(resolve, 300));
for (let n = 0; n < pods; n += 1) {
  const owner = processes[n]?.pid;
  ip('link', 'add', `veth${n}`, 'type', 'veth', 'peer', 'name', `peer${n}`);
  ip('link', 'set', `veth${n}`, 'master', 'cbr0', 'up');
  if (owner !== undefined) {
    const inside = (...args: readonly string[]) =>
      execFileSync('nsenter', [`--net=/proc/${owner}/ns/net`, 'ip', ...args]);
    ip('link', 'set', `peer${n}`, 'netns', String(owner));
    inside('link', 'set', 'dev', `peer${n}`, 'name', 'eth0', 'address', macOf(n), 'up');
    inside('addr', 'add', `${addressOf(n)}/16`, 'dev', 'eth0');
  }
}

try {
  const results = Array.from({ length: pods }, (_, n) => record(n));
  const without = await roundTrip();
  const guard = createAddressGuard({ addressGuard: 'auto', metadataIp: '169.254.169.254', backend: 'nft' });
  const first = await timed(() => guard.keep({ results, recorded: true }));
  const withGuard = await roundTrip();
  const unchanged: number[] = [];
  const changed: number[] = [];
  const byHand: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    unchanged.push(await timed(() => guard.keep({ results, recorded: true })));
    changed.push(await timed(() => guard.keep({ results: results.slice(round % 2), recorded: true })));
    const element = `{ "hand${round}" . ${macOf(300 + round)} . 10.250.0.${round + 1} }`;
    byHand.push(
      await timed(async () =>
        execFileSync('nft', ['add', 'element', 'bridge', 'podid_guard', 'pins4', element]),
      ),
    );
    await guard.keep({ results, recorded: true });
  }
  print(`the whole table of ${pods} pods, the first time`, first, median(byHand));
  print('one pod that came or went: looked at, written, read back', median(changed), median(byHand));
  print('nothing changed: looked at', median(unchanged), median(byHand));
  console.log(
    `a packet between two pods and back: ${withGuard.toFixed(1)} µs with the guard, ${without.toFixed(1)} µs without (${(withGuard / without).toFixed(2)}x)`,
  );
} finally {
  for (const { pid } of processes) {
    if (pid !== undefined) {
      process.kill(pid, 'SIGKILL');
    }
  }
}

function print(what: string, ms: number, handMs: number): void {
  console.log(
    `${what}: ${ms.toFixed(0)} ms; nft adding one element by hand ${handMs.toFixed(0)} ms (${(ms / handMs).toFixed(1)}x)`,
  );
}

function macOf(n: number): string {
  return `0a:00:00:00:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`;
}

function record(n: number): CniResult {
  return {
    podUid: `uid-${n}`,
    namespace: 'shop',
    name: `pod-${n}`,
    addresses: [addressOf(n)],
    hostPorts: [],
    nodeLinks: ['cbr0', `veth${n}`],
    mac: macOf(n),
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

/** Microseconds for a datagram from one pod to another and back. */
async function roundTrip(): Promise<number> {
  const [here, there] = processes.map(({ pid }) => `--net=/proc/${pid}/ns/net`);
  const server = spawn('nsenter', [there ?? '', process.execPath, '-e', echo]);
  await new Promise((resolve) => server.stdout.once('data', resolve));
  const said = execFileSync('nsenter', [here ?? '', process.execPath, '-e', ask, addressOf(1)], {
    encoding: 'utf8',
  });
  server.kill('SIGKILL');
  return Number(said);
}
