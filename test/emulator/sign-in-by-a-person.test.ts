import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createCredential } from '../../src/arm/sign-in/credential.ts';
import { readAzureSettings } from '../../src/arm/sign-in/read-azure-settings.ts';
import type { PodidError } from '../../src/errors/podid-error.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { type CompanyNetwork, companyNetwork } from '../network/company-network.ts';

const own = 'https://login.example.test';

/** Entra, as far as a person's sign-in goes: the code is confirmed at the second question. */
let polls = 0;
let refusal: string | undefined;
const asked: URLSearchParams[] = [];

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? '/', own).pathname;
  const form = new URLSearchParams(await text(request));
  const send = (status: number, body: object) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (path.endsWith('/openid-configuration')) {
    const tenant = `${own}/organizations`;
    send(200, {
      issuer: `${tenant}/v2.0`,
      authorization_endpoint: `${tenant}/oauth2/v2.0/authorize`,
      token_endpoint: `${tenant}/oauth2/v2.0/token`,
      device_authorization_endpoint: `${tenant}/oauth2/v2.0/devicecode`,
      jwks_uri: `${tenant}/keys`,
    });
  } else if (path.endsWith('/devicecode')) {
    const message = 'To sign in, open https://login.example.test/device and enter the code ABCD-EFGH.';
    send(200, {
      ...{ user_code: 'ABCD-EFGH', device_code: 'device', verification_uri: `${own}/device` },
      ...{ expires_in: 900, interval: 0, message },
    });
  } else {
    asked.push(form);
    polls += 1;
    if (refusal !== undefined) {
      send(400, { error: 'invalid_grant', error_description: refusal });
    } else if (form.get('grant_type')?.endsWith('device_code') && polls === 1) {
      send(400, { error: 'authorization_pending', error_description: 'AADSTS70016: Pending.' });
    } else {
      send(200, { token_type: 'Bearer', expires_in: 3600, access_token: 'the-token', scope: 'x' });
    }
  }
}

let company: CompanyNetwork;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'podid-person-'));
  company = await companyNetwork((request, response) => void answer(request, response));
});
afterAll(async () => {
  await company[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});
afterEach(() => {
  vi.unstubAllEnvs();
  [polls, refusal] = [0, undefined];
  asked.length = 0;
});

async function signIn(auth: string, abortSignal?: AbortSignal) {
  const prompts: string[] = [];
  const settings = await readAzureSettings({
    auth,
    prompt: (each) => void prompts.push(each),
    environment: {
      ...{ PATH: folder, HOME: folder, AZURE_CONFIG_DIR: folder, AZURE_AUTHORITY_HOST: own },
      ...{ HTTPS_PROXY: company.proxy, REQUESTS_CA_BUNDLE: company.authority },
    },
    clock: systemClock(),
    userAgent: 'podid/0',
    readRetries: { count: 0, firstMs: 1 },
  });
  const credential = createCredential(settings);
  const token = credential.getToken(
    'https://management.azure.com/.default',
    abortSignal === undefined ? {} : { abortSignal },
  );
  return { token, prompts };
}

async function failureOf(token: Promise<unknown>) {
  const error = await token.then(
    () => new Error('There was a token.'),
    (caught: unknown) => caught as PodidError,
  );
  const { exitCode, message, hint } = error as PodidError;
  return { exitCode, message, hint: String(hint) };
}

describe('the sign-in by device code', () => {
  it('says where to enter which code, and waits until it is entered', async () => {
    const { token, prompts } = await signIn('device-code');
    expect((await token)?.token).toBe('the-token');
    expect(prompts).toEqual([
      'To sign in, open https://login.example.test/device and enter the code ABCD-EFGH.',
    ]);
    expect(polls).toBe(2);
  });

  it("that Entra refuses shows Entra's sentence, and ends with 3", async () => {
    refusal = 'AADSTS53003: Access has been blocked by Conditional Access policies. Trace ID: 1';
    const { token } = await signIn('device-code');
    expect(await failureOf(token)).toEqual({
      exitCode: 3,
      message:
        'Entra refused the sign-in by device code: AADSTS53003: Access has been blocked by Conditional Access policies.',
      hint: expect.any(String),
    });
  });
});

/** Stands for a browser, and leaves the URL that it was given. */
function browser(): { readonly opened: () => Promise<URL> } {
  const [path, log] = [join(folder, 'browser'), join(folder, 'opened')];
  rmSync(log, { force: true });
  writeFileSync(path, `#!/bin/sh\necho "$1" > ${log}.new && mv ${log}.new ${log}\n`);
  chmodSync(path, 0o755);
  vi.stubEnv('BROWSER', path);
  vi.stubEnv('DISPLAY', '');
  return {
    opened: async () => {
      await vi.waitFor(() => expect(existsSync(log)).toBe(true), { timeout: 20_000, interval: 20 });
      return new URL(readFileSync(log, 'utf8').trim());
    },
  };
}

describe.runIf(process.platform === 'linux')('the sign-in by browser', () => {
  it('opens it at Entra, and takes what it sends back to this machine', async () => {
    const { opened } = browser();
    const { token, prompts } = await signIn('browser');
    const url = await opened();
    expect(prompts).toHaveLength(1);
    expect(url.origin + url.pathname).toBe(`${own}/organizations/oauth2/v2.0/authorize`);
    expect(prompts.join()).toContain(url.href);
    expect(prompts.join()).toContain('--auth device-code');
    const back = new URL(url.searchParams.get('redirect_uri') ?? '');
    expect(back.hostname).toBe('localhost');
    back.search = String(
      new URLSearchParams({ code: 'the-code', state: url.searchParams.get('state') ?? '' }),
    );
    const foreign = new URL(back);
    foreign.searchParams.set('state', 'of somebody else');
    expect((await fetch(foreign)).status).toBe(404);
    expect(await (await fetch(back)).text()).toContain('You can close this page');
    expect((await token)?.token).toBe('the-token');
    expect(asked[0]?.get('code')).toBe('the-code');
    expect(asked[0]?.get('code_verifier')).not.toBeNull();
  });

  it("that Entra refuses shows Entra's sentence, and ends with 3", async () => {
    const { opened } = browser();
    const { token } = await signIn('browser');
    const failed = failureOf(token);
    const { searchParams } = await opened();
    const back = new URL(searchParams.get('redirect_uri') ?? '');
    const sentence = 'AADSTS65004: User declined to consent to access the app. Trace ID: 1';
    back.search = String(
      new URLSearchParams({
        ...{ error: 'access_denied', error_description: sentence },
        state: searchParams.get('state') ?? '',
      }),
    );
    await fetch(back);
    expect(await failed).toEqual({
      exitCode: 3,
      message:
        'Entra refused the sign-in by browser: AADSTS65004: User declined to consent to access the app.',
      hint: 'Try the other way: --auth device-code',
    });
  });

  it('prints its address where no browser opens, and ends with its command', async () => {
    vi.stubEnv('BROWSER', '/nowhere/browser');
    vi.stubEnv('DISPLAY', '');
    const stop = new AbortController();
    const { token, prompts } = await signIn('browser', stop.signal);
    await vi.waitFor(() => expect(prompts.join()).toContain(`${own}/organizations/oauth2/v2.0/authorize?`), {
      timeout: 20_000,
    });
    const [, address = ''] = /redirect_uri=([^&]+)/.exec(prompts.join()) ?? [];
    stop.abort(new Error('Interrupted'));
    await expect(token).rejects.toThrow('Interrupted');
    await vi.waitFor(() => expect(fetch(decodeURIComponent(address))).rejects.toThrow(), { timeout: 20_000 });
  });
});
