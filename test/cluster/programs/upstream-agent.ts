// Upstream's NMI as far as a change of agents needs it: its chain in the shared nat table, its port, and
// tokens for one pod by its address. Arguments: a file with that pod's address, and the identity's client id.
// The chain stays when the program ends, as after a SIGKILL.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, get } from 'node:http';

const [addressFile = '', clientId = ''] = process.argv.slice(2);
const iptables = (...args: readonly string[]) => execFileSync('iptables', ['-w', '-t', 'nat', ...args]);
const toAgent =
  '! -s 127.0.0.1/32 -d 169.254.169.254/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 127.0.0.1:2579';

function hasChain(): boolean {
  try {
    iptables('-S', 'aad-metadata');
    return true;
  } catch {
    return false;
  }
}

if (!hasChain()) {
  iptables('-N', 'aad-metadata');
  iptables('-A', 'aad-metadata', ...toAgent.split(' '));
  iptables('-A', 'aad-metadata', '-j', 'RETURN');
  iptables('-I', 'PREROUTING', '1', '-j', 'aad-metadata');
}

function boundAddress(): string | undefined {
  try {
    return readFileSync(addressFile, 'utf8').trim();
  } catch {
    return undefined;
  }
}

createServer((request, response) => {
  if (request.socket.remoteAddress !== boundAddress()) {
    response.writeHead(404).end('no AzureAssignedIdentity found\n');
    return;
  }
  const target = `http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=r&client_id=${clientId}`;
  get(target, { headers: { metadata: 'true' }, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  }).on('error', () => response.writeHead(503).end());
}).listen(2579, '127.0.0.1', () => process.stdout.write('listening\n'));
process.on('SIGTERM', () => process.exit(0));
