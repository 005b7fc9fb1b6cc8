// One pod that asks as fast as it is answered, over many connections at once, and opens again what is closed to it.
// Arguments: the kind of flood, host and port, and, in place of its own, the addresses to ask from, with commas. Prints `flooding` with the first answer or refusal and, once a second,
// one JSON line: answers, connections opened and connections closed to it so far.
import { connect } from 'node:net';

interface Flood {
  /** Kept for as long as the other side keeps them. */
  readonly connections: number;
  /** Further ones, each for one request. */
  readonly brief?: number;
  /** Milliseconds between two bytes of a request. */
  readonly byteEveryMs?: number;
  request(count: number): string;
}

const get = (target: string, headers = '') =>
  `GET ${target} HTTP/1.1\r\nHost: 169.254.169.254\r\nMetadata: true\r\n${headers}\r\n`;
const tokenPath = '/metadata/identity/oauth2/token';
const query = 'api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net';

const floods: Readonly<Record<string, Flood>> = {
  tokens: { connections: 256, request: () => get(`${tokenPath}?${query}`) },
  'encoded-paths': {
    connections: 256,
    request: () => get(`${tokenPath.replace('/oauth2/', '%5coauth2%5c')}?${query}`),
  },
  headers: {
    connections: 256,
    request: () =>
      get(
        `${tokenPath}?${query}`,
        Array.from({ length: 2_200 }, (_, i) => `${i.toString(36)}:\r\n`).join(''),
      ),
  },
  instance: { connections: 256, request: () => get('/metadata/instance?api-version=2021-02-01') },
  resources: {
    connections: 256,
    request: (count) => get(`${tokenPath}?api-version=2018-02-01&resource=https%3A%2F%2F${count}.example`),
  },
  'resources-of-many': {
    connections: 650,
    request: (count) =>
      get(`${tokenPath}?api-version=2018-02-01&resource=https%3A%2F%2Fof-many-${count}.example`),
  },
  metrics: { connections: 256, request: () => get('/metrics') },
  slow: { connections: 256, byteEveryMs: 100, request: () => get(`${tokenPath}?${query}`) },
  'come-and-go': { connections: 200, brief: 600, request: () => get('/nothing') },
};

const [kind = '', host = '169.254.169.254', port = '80', addresses = ''] = process.argv.slice(2);
const own = addresses.split(',');
const flood = floods[kind];
if (flood === undefined) {
  throw new Error(`There is no flood ${kind}; there are: ${Object.keys(floods).join(', ')}`);
}
const said = { answers: 0, opened: 0, closed: 0 };
let requests = 0;
let isFlooding = false;

function noteFirst(): void {
  if (!isFlooding) {
    isFlooding = true;
    process.stdout.write('flooding\n');
  }
}

function open({ request, byteEveryMs }: Flood, isBrief: boolean, localAddress = ''): void {
  const socket = connect({ host, port: Number(port), ...(localAddress === '' ? {} : { localAddress }) });
  const ask = () => {
    requests += 1;
    const text = request(requests);
    byteEveryMs === undefined ? socket.write(text) : trickle(text, byteEveryMs);
  };
  const trickle = (text: string, everyMs: number) => {
    let at = 0;
    const timer = setInterval(() => {
      socket.write(text[at] ?? '');
      at += 1;
    }, everyMs);
    socket.once('close', () => clearInterval(timer));
    noteFirst();
  };
  socket.on('connect', () => {
    said.opened += 1;
    ask();
  });
  socket.on('data', (bytes) => {
    if (bytes.includes('HTTP/1.1 ')) {
      said.answers += 1;
      noteFirst();
      isBrief ? socket.destroy() : ask();
    }
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    said.closed += 1;
    noteFirst();
    setTimeout(() => open(flood as Flood, isBrief, localAddress), isBrief ? 0 : 10);
  });
}

for (let i = 0; i < flood.connections; i += 1) {
  open(flood, false, own[i % own.length]);
}
for (let i = 0; i < (flood.brief ?? 0); i += 1) {
  open(flood, true, own[i % own.length]);
}
setInterval(() => process.stdout.write(`${JSON.stringify(said)}\n`), 1_000);
