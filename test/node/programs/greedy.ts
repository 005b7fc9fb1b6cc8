// Asks for a token all the time from one address, which it may have or not, each time on a new connection, and
// prints the status of each answer, with the word token where it holds one. Arguments: the address, milliseconds
// between two requests.
import { type ClientRequest, request } from 'node:http';

const localAddress = process.argv[2] ?? '';
const everyMs = Number(process.argv[3] ?? 10);
const mostAtOnce = 20;
/** A SYN that a guard dropped would be sent again a second later; a new connection is there sooner. */
const connectMs = 250;
const answerMs = 2_000;
const target =
  'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net';
let running = 0;

function ask(): void {
  if (running >= mostAtOnce) {
    return;
  }
  running += 1;
  const asked = request(
    target,
    { localAddress, headers: { metadata: 'true' }, agent: false, timeout: answerMs },
    (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      answer.on('end', () => {
        process.stdout.write(`${answer.statusCode}${body.includes('"access_token"') ? ' token' : ''}\n`);
      });
      answer.on('error', () => undefined);
    },
  );
  asked.on('timeout', () => asked.destroy(new Error('timed out')));
  giveUpUnlessConnected(asked);
  // It has no such address at the moment, or lost it while it waited.
  asked.on('error', () => undefined);
  asked.on('close', () => {
    running -= 1;
  });
  asked.end();
}

function giveUpUnlessConnected(asked: ClientRequest): void {
  const giveUp = setTimeout(() => asked.destroy(new Error('not connected')), connectMs);
  asked.once('socket', (socket) => socket.once('connect', () => clearTimeout(giveUp)));
  asked.once('close', () => clearTimeout(giveUp));
}

setInterval(ask, everyMs);
