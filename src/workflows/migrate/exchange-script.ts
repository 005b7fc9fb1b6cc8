/** What the script of a pod is told, as JSON in a variable; nothing of it is a secret. */
export interface ExchangeOrder {
  /** Entra's endpoint for tokens. */
  readonly url: string;
  readonly clientId: string;
  readonly scope: string;
  /** Of whom a token of the account has to be; another is not shown to Entra, which would remember the refusal. */
  readonly issuer: string;
  readonly rounds: number;
  readonly overMs: number;
  readonly pausesMs: readonly number[];
  /** A regular expression of the codes that are asked again. */
  readonly lagging: string;
  /** Whom the token has to name. */
  readonly wanted: { readonly appid: string; readonly oid: string; readonly tid: string };
  /** Files: the token of the account, and where the result goes. */
  readonly token: string;
  readonly end: string;
}

export const orderVariable = 'PODID_CHECK';

/**
 * Exchanges as an SDK in that pod would, through the proxy that its variables name, and leaves the result as the
 * container's last word. It writes no token anywhere, and nothing at all to its log; what came back from elsewhere may
 * hold what was sent there, and is cut out.
 */
export const exchangeScript = `
const [{ readFileSync, writeFileSync }, http, https, tls] = ['fs', 'http', 'https', 'tls'].map(process.getBuiltinModule);
const order = JSON.parse(process.env.${orderVariable});
const url = new URL(order.url);
const isTls = url.protocol === 'https:';
const variable = (name) => [name, name.toLowerCase()].find((each) => process.env[each]);
const past = (process.env[variable('NO_PROXY')] ?? '').split(/[\\s,]+/).map((each) => each.replace(/^\\*?\\.|:\\d+$/g, ''));
const isPast = past.some((each) => each === '*' || (each !== '' && ('.' + url.hostname).endsWith('.' + each)));
const from = isPast ? undefined : variable(isTls ? 'HTTPS_PROXY' : 'HTTP_PROXY');
let proxy;
try {
  const named = from === undefined ? '' : process.env[from];
  proxy = named === '' ? undefined : new URL(named.includes('://') ? named : 'http://' + named);
} catch {}
const fault = (more) => ({ kind: 'fault', host: url.host, ...(proxy === undefined ? {} : { proxy: proxy.origin, from }), ...more });
// Whatever came back from elsewhere is cut here, and once: all of it goes through this.
let assertion = '';
const cut = (text) => (assertion === '' ? text : text.split(assertion).join('...')).replace(/ey[J][\\w-]+(\\.[\\w-]*)*/gi, '...').slice(0, 600);
const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
const send = (module, options, done) => {
  const request = module.request(options);
  const timer = setTimeout(() => request.destroy(Object.assign(new Error(), { code: 'ETIMEDOUT' })), 10000);
  request.once('close', () => clearTimeout(timer));
  done(request);
  return request;
};
const tunnel = () => new Promise((resolve, reject) => {
  const sign = [proxy.username, proxy.password].map(decodeURIComponent).join(':');
  const headers = sign === ':' ? {} : { 'proxy-authorization': 'Basic ' + Buffer.from(sign).toString('base64') };
  const path = url.hostname + ':' + (url.port || (isTls ? 443 : 80));
  const options = { method: 'CONNECT', host: proxy.hostname, port: proxy.port || undefined, path, headers, agent: false };
  send(proxy.protocol === 'https:' ? https : http, options, (request) => request
    .on('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(fault({ at: 'proxy', status: statusCode }));
    })
    .on('error', ({ code }) => reject(fault({ at: 'proxy', code })))
    .end());
});
const post = (body, socket) => new Promise((resolve, reject) => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json', connection: 'close' };
  const way = socket === undefined
    ? { agent: false }
    : { createConnection: () => (isTls ? tls.connect({ socket, servername: url.hostname }) : socket) };
  const target = { hostname: url.hostname, port: url.port || undefined, path: url.pathname, method: 'POST', headers, ...way };
  const failed = ({ code, message }) => reject(fault({ at: 'entra', code: code ?? message }));
  send(isTls ? https : http, target, (request) => request
    .on('error', failed)
    .on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (each) => { text += text.length < 65536 ? each : ''; });
      response.on('error', failed).on('end', () => resolve({ status: response.statusCode, text, after: response.headers['retry-after'] }));
    })
    .end(body));
});
const ask = async () => {
  const token = readFileSync(order.token, 'utf8').trim();
  assertion = token;
  const issuer = claimsOf(token).iss;
  if (issuer !== order.issuer) return { kind: 'issuer', issuer };
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: order.clientId,
    scope: order.scope,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: token,
  }).toString();
  try {
    const { status, text, after } = await post(body, proxy === undefined ? undefined : await tunnel());
    let json = {};
    try { json = JSON.parse(text) ?? {}; } catch {}
    if (status === 200 && typeof json.access_token === 'string') {
      const { appid, azp, oid, tid } = claimsOf(json.access_token);
      return { kind: 'token', appid: String(appid ?? azp ?? ''), oid: String(oid ?? ''), tid: String(tid ?? '') };
    }
    const said = String(json.error_description ?? json.message ?? '').split(/\\s*Trace ID:/)[0];
    const sentence = (said || text).replace(/\\s+/g, ' ').trim();
    const code = /\\bAADSTS\\d{1,10}/.exec(sentence)?.[0] ?? (typeof json.error === 'string' ? cut(json.error).slice(0, 80) : '');
    return { kind: 'refused', host: url.host, status, code, sentence, afterMs: Math.min(30000, 1000 * (Number(after) || 0)) };
  } catch (error) {
    if (error.kind === 'fault') return error;
    throw error;
  }
};
const mayPass = (answer) => answer.kind === 'refused'
  ? answer.status === 408 || answer.status === 429 || answer.status >= 500 || new RegExp(order.lagging).test(answer.code)
  : answer.kind === 'fault' && answer.status !== 407 && !/CERT|SIGNATURE|SSL/.test(answer.code ?? '');
const isWanted = (answer) => answer.kind === 'token'
  && Object.entries(order.wanted).every(([claim, value]) => answer[claim].toLowerCase() === value.toLowerCase());
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
let answer;
let passed = 0;
let refused = 0;
const began = Date.now();
try {
  for (; passed < order.rounds; passed += 1) {
    await wait(began + (passed * order.overMs) / Math.max(1, order.rounds - 1) - Date.now());
    for (let tries = 0; ; tries += 1) {
      answer = await ask();
      if (isWanted(answer)) break;
      refused += 1;
      if (!mayPass(answer) || tries >= order.pausesMs.length) throw undefined;
      await wait(Math.max(order.pausesMs[tries], answer.afterMs ?? 0));
    }
  }
} catch (error) {
  if (error !== undefined) answer = { kind: 'broken', code: String(error.code ?? error.name) };
}
writeFileSync(order.end, JSON.stringify({ passed, refused, answer }, (_, value) => (typeof value === 'string' ? cut(value) : value)));
`;
