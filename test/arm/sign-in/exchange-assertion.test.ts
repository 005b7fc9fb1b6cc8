import { afterEach, describe, expect, it } from 'vitest';
import type { Assertion } from '../../../src/domain/azure/federated-credential.ts';
import { type Answer, type ArmServer, json, reset, serveArm, text } from '../arm-server.ts';

const { signal } = new AbortController();
const assertion: Assertion = {
  tenantId: 'tenant-1',
  clientId: 'client-1',
  token: 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln',
};

const servers: ArmServer[] = [];

async function serve(...answers: Answer[]) {
  const server = await serveArm(...answers);
  servers.push(server);
  const azure = await server.azure({}, { AZURE_AUTHORITY_HOST: server.url });
  return { server, exchange: (ofExchange = signal) => azure.exchangeAssertion(assertion, ofExchange) };
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    await server.close();
  }
});

function tokenWith(claims: object): string {
  return `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
}

const refusal = (status: number, description: string, headers: Record<string, string> = {}) =>
  json(status, { error: 'invalid_client', error_description: description }, headers);

describe('an exchange at Entra', () => {
  it('asks as the agent does, and keeps of the token whom it names', async () => {
    const claims = { appid: 'client-1', oid: 'object-1', tid: 'tenant-1' };
    const { server, exchange } = await serve(json(200, { access_token: tokenWith(claims) }));
    expect(await exchange()).toEqual({
      kind: 'token',
      clientId: 'client-1',
      objectId: 'object-1',
      tenantId: 'tenant-1',
    });
    const [seen] = server.seen;
    expect(`${seen?.method} ${seen?.url}`).toBe('POST /tenant-1/oauth2/v2.0/token');
    expect(Object.fromEntries(new URLSearchParams(seen?.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'client-1',
      scope: 'https://management.azure.com/.default',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion.token,
    });
  });

  it('has no token in what --debug prints, nor in its own answer', async () => {
    const { server, exchange } = await serve(
      json(200, { access_token: tokenWith({ azp: 'client-1' }) }),
      refusal(401, `AADSTS700213: No match for ${assertion.token}.`),
    );
    const answers = [await exchange(), await exchange()];
    expect(`${server.debug()}${JSON.stringify(answers)}`).not.toContain('eyJ');
    expect(answers).toMatchObject([{ clientId: 'client-1', objectId: '' }, { code: 'AADSTS700213' }]);
  });

  it.each([
    [
      'no matching subject',
      401,
      'AADSTS700213: No matching federated identity record found.',
      'AADSTS700213',
      false,
    ],
    [
      'an issuer out of reach',
      400,
      'AADSTS90061: The request to the external provider failed.',
      'AADSTS90061',
      false,
    ],
    ['a busy Entra', 503, 'AADSTS90033: A transient error has occurred.', 'AADSTS90033', true],
  ])('tells %s in the words of Entra', async (_, status, sentence, code, passing) => {
    const { exchange } = await serve(refusal(status, `${sentence} Trace ID: 1 Correlation ID: 2`));
    expect(await exchange()).toEqual({ kind: 'refused', code, sentence, passing });
  });

  it('hands on how long Entra asks to be left alone', async () => {
    const { exchange } = await serve(refusal(429, 'AADSTS90055: Too many.', { 'retry-after': '60' }));
    expect(await exchange()).toMatchObject({ passing: true, retryAfterMs: 60_000 });
  });

  it.each([
    ['a page of a proxy', text(200, '<html>sign in</html>')],
    ['a cut connection', reset],
    ['nothing that is JSON', text(500, '')],
  ])('takes %s for no token', async (_, answer) => {
    const { exchange } = await serve(answer);
    expect(await exchange()).toMatchObject({ kind: 'refused', code: expect.stringMatching(/./) });
  });

  it('ends with the signal', async () => {
    const stop = new AbortController();
    const { exchange } = await serve(() => stop.abort(new Error('enough')));
    await expect(exchange(stop.signal)).rejects.toThrow('enough');
  });

  it('sends nothing over plain http but to loopback beside an ARM on loopback', async () => {
    const server = await serveArm();
    servers.push(server);
    const azure = await server.azure({}, { AZURE_AUTHORITY_HOST: 'http://login.example.test' });
    await expect(azure.exchangeAssertion(assertion, signal)).rejects.toMatchObject({ code: 'InvalidUsage' });
    expect(server.seen).toEqual([]);
  });
});
