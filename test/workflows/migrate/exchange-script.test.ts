import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { exchangeScript, orderVariable } from '../../../src/workflows/migrate/exchange-script.ts';

const encoded = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url');
const jwt = (claims: object) => `${encoded({ alg: 'RS256' })}.${encoded(claims)}.c2ln`;
const assertion = jwt({ iss: 'https://issuer.example.net/' });

/** What the script leaves behind where Entra answers that. */
async function leftAfter(status: number, answer: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'exchange-script-'));
  const server = createServer((_, response) => response.writeHead(status).end(JSON.stringify(answer)));
  try {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const [token, end] = [join(folder, 'token'), join(folder, 'end')];
    await writeFile(token, assertion);
    const order = {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
      clientId: 'c',
      scope: 's',
      issuer: 'https://issuer.example.net/',
      rounds: 1,
      overMs: 0,
      pausesMs: [],
      lagging: 'AADSTS1',
      wanted: { appid: 'a', oid: 'o', tid: 't' },
      token,
      end,
    };
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', exchangeScript], {
      env: { [orderVariable]: JSON.stringify(order) },
    });
    return await readFile(end, 'utf8');
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

describe('what the pod of a check leaves behind', () => {
  it.each([
    [
      'claims',
      200,
      { access_token: jwt({ appid: assertion, oid: `x ${assertion}`, tid: 'y'.repeat(5000) }) },
    ],
    [
      'a claim that is no text',
      200,
      { access_token: jwt({ appid: { [assertion]: assertion }, oid: [assertion] }) },
    ],
    ['an error', 400, { error: assertion, error_description: `AADSTS70021 ${assertion}` }],
    ['a code alone', 400, { error: `${'x'.repeat(60)}${assertion}` }],
  ])('holds nothing of the token that came back in %s, and is short', async (_, status, answer) => {
    const left = await leftAfter(status, answer);
    expect(JSON.parse(left)).toMatchObject({ passed: 0, refused: 1 });
    expect(left).not.toMatch(/eyJ/i);
    expect(left).not.toContain(assertion.split('.')[1]);
    expect(left.length).toBeLessThan(4096);
  });
});
