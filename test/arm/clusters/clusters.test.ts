import { afterEach, describe, expect, it } from 'vitest';
import type { Cluster } from '../../../src/domain/clusters/cluster.ts';
import { Hint } from '../../../src/errors/hint.ts';
import type { PodidError } from '../../../src/errors/podid-error.ts';
import { hintText } from '../../hint-text.ts';
import {
  type Answer,
  type ArmServer,
  hang,
  hangInBody,
  json,
  reset,
  serveArm,
  text,
  token,
  truncate,
} from '../arm-server.ts';

const id = { subscriptionId: '11111111-1111-1111-1111-111111111111', resourceGroup: 'rg', name: 'web' };
const resourceId = `/subscriptions/${id.subscriptionId}/resourcegroups/rg/providers/Microsoft.ContainerService/managedClusters/web`;
const signal = new AbortController().signal;
const html = text(200, '<html><body>Sign in to the guest network</body></html>', {
  'content-type': 'text/html',
});

const document = `{"id":"${resourceId}","location":"westeurope","eTag":"\\"7\\"","identity":null,"properties":{"provisioningState":"Succeeded","preview":1.0,
"podIdentityProfile":{"enabled":true,"userAssignedIdentities":[{"name":"old","namespace":"shop","identity":{"resourceId":"/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/old","clientId":"c","objectId":"o"},"provisioningState":"Failed","provisioningInfo":{"error":{"error":{"code":"Outer","message":"out","details":[{"code":"Inner","message":"in"}]}}}}]}}}`;

const servers: ArmServer[] = [];
async function serve(...answers: Answer[]): Promise<ArmServer> {
  const server = await serveArm(...answers);
  servers.push(server);
  return server;
}
afterEach(async () => {
  for (const server of servers.splice(0)) {
    await server.close();
  }
});

async function failure(promise: Promise<unknown>): Promise<PodidError> {
  return promise.then(
    () => {
      throw new Error('It should have failed.');
    },
    (error) => error,
  );
}

describe('getting a cluster', () => {
  it('asks one pinned api-version with the token, and keeps the document to the byte', async () => {
    const arm = await serve(text(200, document, { 'content-type': 'application/json' }));
    const cluster = await (await arm.azure()).clusters.get(id, signal);
    expect(cluster.document).toBe(document);
    expect(cluster).toMatchObject({
      eTag: '"7"',
      identity: { type: 'None', userAssigned: [] },
      networkPlugin: '',
    });
    expect(cluster.profile.identities).toMatchObject([
      { name: 'old', error: { code: 'Inner', message: 'in' } },
    ]);
    expect(arm.seen).toMatchObject([
      {
        method: 'GET',
        url: `/subscriptions/${id.subscriptionId}/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/web?api-version=2026-04-01`,
        headers: { authorization: `Bearer ${token}` },
      },
    ]);
    expect(arm.seen[0]?.headers['user-agent']).toMatch(/^podid\/0\.0\.0-test /);
  });

  it.each([
    ['no servicePrincipalProfile and nothing else', { properties: {} }],
    ['null everywhere', { id: null, identity: null, properties: { podIdentityProfile: null } }],
    [
      'podLabels null',
      {
        properties: {
          podIdentityProfile: {
            enabled: true,
            userAssignedIdentityExceptions: [{ name: 'e', namespace: 'n', podLabels: null }],
          },
        },
      },
    ],
    ['an identity type not seen before', { identity: { type: 'Quantum', principalId: 'p' }, properties: {} }],
    [
      'values of wrong types',
      {
        location: 3,
        identity: [],
        properties: {
          agentPoolProfiles: {},
          networkProfile: 'x',
          podIdentityProfile: { userAssignedIdentities: [null, 3] },
        },
      },
    ],
  ])('takes a cluster with %s', async (_title, body) => {
    const arm = await serve(json(200, body));
    const cluster = await (await arm.azure()).clusters.get(id, signal);
    expect(cluster.document).toBe(JSON.stringify(body));
  });

  it.each([
    ['an empty object', {}],
    ['a list', { value: [] }],
    ['an error with status 200', { error: { code: 'X', message: 'x' } }],
    ['a cluster without properties', { id: resourceId, properties: null }],
    ['another cluster', { id: resourceId.replace(/web$/, 'other'), properties: {} }],
  ])('takes %s for no cluster at all', async (_title, body) => {
    const arm = await serve(json(200, body));
    await expect((await arm.azure()).clusters.get(id, signal)).rejects.toMatchObject({ code: 'Unavailable' });
  });

  it('writes names into the address so that they are read as they are', async () => {
    const arm = await serve(json(200, { properties: {} }));
    await (await arm.azure()).clusters.get({ ...id, resourceGroup: 'größe (1)' }, signal);
    const { pathname } = new URL(arm.seen[0]?.url ?? '', 'http://arm');
    expect(pathname).toContain('/resourceGroups/gr%C3%B6%C3%9Fe%20(1)/providers/');
  });

  it('counts an eTag of no letters as none', async () => {
    const arm = await serve(json(200, { id: resourceId, eTag: '', properties: {} }));
    expect(await (await arm.azure()).clusters.get(id, signal)).not.toHaveProperty('eTag');
  });

  it.each<[string, Answer[], Partial<PodidError>]>([
    [
      '401, after one renewal',
      [json(401, { error: { code: 'ExpiredAuthenticationToken', message: 'old' } }), json(401, {})],
      { code: 'NotSignedIn', exitCode: 3 },
    ],
    [
      '403',
      [json(403, { error: { code: 'AuthorizationFailed', message: 'no' } })],
      { code: 'Forbidden', exitCode: 6 },
    ],
    [
      '403 by a policy',
      [json(403, { error: { code: 'RequestDisallowedByPolicy', message: 'no' } })],
      { code: 'AzureRefused', exitCode: 5 },
    ],
    [
      '404, wrapped',
      [json(404, { error: { code: 'ResourceNotFound', message: 'gone' } })],
      { code: 'ClusterNotFound', exitCode: 4, details: [{ code: 'ResourceNotFound', message: 'gone' }] },
    ],
    [
      '404, flat',
      [
        json(404, {
          code: 'NotFound',
          message: 'gone',
          subcode: 'GetManagedCluster_NotFound',
          details: null,
        }),
      ],
      { code: 'ClusterNotFound', details: [{ code: 'NotFound', message: 'gone' }] },
    ],
    [
      '429 without Retry-After, three times',
      Array(3).fill(json(429, {})),
      { code: 'Unavailable', exitCode: 7 },
    ],
    [
      '429 with Retry-After, three times',
      Array(3).fill(json(429, {}, { 'retry-after': '0' })),
      { code: 'Unavailable', retryAfterMs: 0 },
    ],
    [
      '429 that asks for more than a minute',
      [json(429, { error: { code: 'TooManyRequests', message: 'slow down' } }, { 'retry-after': '120' })],
      {
        code: 'Unavailable',
        exitCode: 7,
        retryAfterMs: 120_000,
        message: expect.stringContaining('120 s'),
        hint: hintText(expect.stringContaining('again in 120 s')) as never,
      },
    ],
    ['500, three times', Array(3).fill(json(500, {})), { code: 'Unavailable' }],
    [
      '503, three times',
      Array(3).fill(json(503, { error: { code: 'ServerBusy', message: 'later' } })),
      { code: 'Unavailable' },
    ],
    [
      'HTML, three times',
      Array(3).fill(html),
      { code: 'Unavailable', message: expect.stringContaining('a web page came back') },
    ],
    [
      'nothing, three times',
      Array(3).fill(text(200, '')),
      { code: 'Unavailable', message: expect.stringContaining('an empty answer came back') },
    ],
    ['HTML with 404', [text(404, '<html>')], { code: 'Unavailable' }],
    ['half a body, three times', Array(3).fill(truncate), { code: 'Unavailable' }],
    ['a reset, three times', Array(3).fill(reset), { code: 'Unavailable' }],
    [
      'a redirect to another host',
      [text(307, '', { location: 'https://evil.example/' })],
      { code: 'Unavailable' },
    ],
    ['a redirect to itself', [text(302, '', { location: '/elsewhere' })], { code: 'Unavailable' }],
  ])('answers %s with its code', async (_title, answers, expected) => {
    const count = answers.length;
    const arm = await serve(...answers);
    const error = await failure((await arm.azure()).clusters.get(id, signal));
    expect(error).toMatchObject(expected);
    expect(arm.seen).toHaveLength(count);
    expect(`${error.message} ${error.hint} ${JSON.stringify(error.details)} ${arm.debug()}`).not.toContain(
      token,
    );
  });

  it.each([
    ['never comes', hang],
    ['stops in the middle', hangInBody],
  ])('gives up on an answer that %s', async (_title, answer) => {
    const arm = await serve(answer, answer);
    const azure = await arm.azure({ requestTimeoutMs: 150, readRetries: { count: 1, firstMs: 1 } });
    expect(await failure(azure.clusters.get(id, signal))).toMatchObject({ code: 'Unavailable' });
    expect(arm.seen).toHaveLength(2);
  });

  it.each([
    ['429', json(429, {}, { 'retry-after': '0' })],
    ['500', json(500, {})],
    ['HTML', html],
    ['half a body', truncate],
    ['a reset', reset],
  ])('survives %s once', async (_title, answer) => {
    const arm = await serve(answer, text(200, document));
    expect((await (await arm.azure()).clusters.get(id, signal)).document).toBe(document);
  });

  it('names principal, action and scope when it is forbidden', async () => {
    const arm = await serve(
      json(
        403,
        { error: { code: 'AuthorizationFailed', message: 'no' } },
        { 'x-ms-request-id': 'r1', 'x-ms-correlation-request-id': 'c1' },
      ),
    );
    const error = await failure((await arm.azure()).clusters.get(id, signal));
    expect(error.message).toContain('anna@contoso.com');
    expect(error.message).toContain('Microsoft.ContainerService/managedClusters/read');
    expect(error.message).toContain('/managedClusters/web');
    expect(error).toMatchObject({ requestId: 'r1', correlationId: 'c1' });
  });

  it('ends with the reason of its signal', async () => {
    const arm = await serve((_response) => stop.abort(new Error('interrupted')));
    const stop = new AbortController();
    const azure = await arm.azure();
    await expect(azure.clusters.get(id, stop.signal)).rejects.toThrow('interrupted');
  });

  it.each(['NoRegisteredProviderFound', 'InvalidApiVersionParameter'])(
    'goes on with the newest listed version after %s, and puts with it',
    async (code) => {
      const versions = ['2023-01-01', '2026-02-02-preview', '2025-10-01', '2024-09-01'];
      const arm = await serve(
        json(400, { error: { code, message: 'no such version' } }),
        json(200, {
          resourceTypes: [
            { resourceType: 'locations', apiVersions: ['2030-01-01'] },
            { resourceType: 'managedClusters', apiVersions: versions },
          ],
        }),
        text(200, document),
        text(200, document),
      );
      const { clusters } = await arm.azure();
      await clusters.put(await clusters.get(id, signal), { addon: 'on' }, { headers: {}, signal });
      expect(arm.seen.map(({ url }) => url.split('api-version=')[1])).toEqual([
        '2026-04-01',
        '2021-04-01',
        '2025-10-01',
        '2025-10-01',
      ]);
    },
  );
});

describe('putting a cluster', () => {
  async function put(
    answers: Answer[],
    edit = {},
    more = {},
  ): Promise<{ arm: ArmServer; result: ReturnType<typeof run> }> {
    const arm = await serve(text(200, document), ...answers);
    return { arm, result: run(arm, edit, more) };
  }
  async function run(arm: ArmServer, edit: object, more: object) {
    const { clusters } = await arm.azure(more);
    const base: Cluster = await clusters.get(id, signal);
    return clusters.put(base, edit, { headers: { AKSHTTPCustomFeatures: 'a=b' }, signal });
  }

  it('sends the edited text with If-Match and the custom headers, and reports the operation', async () => {
    const url = 'https://management.azure.com/subscriptions/s/operations/1?c=a%2Bb';
    const { arm, result } = await put(
      [
        json(
          200,
          { properties: { provisioningState: 'Updating' } },
          { 'azure-asyncoperation': url, 'retry-after': '3' },
        ),
      ],
      {
        deleteIdentities: [{ namespace: 'shop', name: 'old' }],
      },
    );
    expect(await result).toMatchObject({
      cluster: { provisioningState: 'Updating' },
      operation: { url, firstPollMs: 3000 },
    });
    expect(arm.seen[1]).toMatchObject({
      method: 'PUT',
      headers: { 'if-match': '"7"', akshttpcustomfeatures: 'a=b', 'content-type': 'application/json' },
      body: '{"location":"westeurope","identity":null,"properties":{"preview":1.0,\n"podIdentityProfile":{"enabled":true,"userAssignedIdentities":[],"userAssignedIdentityExceptions":[]}}}',
    });
    expect(arm.seen).toHaveLength(2);
  });

  it.each<[string, Answer, Partial<PodidError>]>([
    ['412', json(412, { error: { code: 'PreconditionFailed', message: 'm' } }), { code: 'StaleCluster' }],
    ['409 EtagMismatch', json(409, { code: 'EtagMismatch', message: 'm' }), { code: 'StaleCluster' }],
    [
      '409 OperationNotAllowed',
      json(409, { code: 'OperationNotAllowed', message: 'm' }),
      { code: 'ClusterBusy', exitCode: 5 },
    ],
    [
      '409 of another operation',
      json(409, { error: { code: 'AnotherOperationInProgress', message: 'm' } }),
      { code: 'ClusterBusy' },
    ],
    [
      '409 ScopeLocked',
      json(409, { error: { code: 'ScopeLocked', message: 'm' } }),
      { code: 'AzureRefused', exitCode: 5 },
    ],
    [
      '400',
      json(400, { code: 'BadRequest', message: 'name invalid' }),
      { code: 'AzureRefused', exitCode: 5 },
    ],
    ['429', json(429, {}, { 'retry-after': '9' }), { code: 'Unavailable', retryAfterMs: 9_000 }],
    ['500', json(500, {}), { code: 'Unavailable' }],
    ['503', json(503, {}), { code: 'Unavailable' }],
    ['200 with HTML', html, { code: 'Unavailable' }],
    ['half a body', truncate, { code: 'Unavailable' }],
    ['a reset', reset, { code: 'Unavailable' }],
    ['a redirect', text(307, '', { location: '/x' }), { code: 'Unavailable' }],
    [
      'PodIdentityAddonFeatureFlagNotEnabled',
      json(400, { code: 'PodIdentityAddonFeatureFlagNotEnabled', message: 'm' }),
      { code: 'FeatureNotRegistered' },
    ],
    [
      '…NotAllowedInCreation',
      json(400, { code: 'PodIdentityAddonUserAssignedIdentitiesNotAllowedInCreation', message: 'm' }),
      { code: 'AzureRefused' },
    ],
    [
      '…WithKubeNetNotAllowed',
      json(400, { code: 'PodIdentityAddonWithKubeNetNotAllowed', message: 'm' }),
      { code: 'FeatureNotRegistered' },
    ],
    [
      '…WithKubeNetNeedsConsent',
      json(400, { error: { code: 'PodIdentityAddonWithKubeNetNeedsConsent', message: 'm' } }),
      { code: 'KubenetConsentMissing' },
    ],
    [
      'ReconcilePodIdentityAddonError',
      json(400, { code: 'ReconcilePodIdentityAddonError', message: 'm' }),
      { code: 'AzureRefused' },
    ],
    [
      'an assignment error that names an entry',
      json(400, {
        code: 'PodIdentityAddonIdentitiesAssignmentError',
        message:
          'Missing on /SUBSCRIPTIONS/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/old.',
      }),
      {
        code: 'AssignmentBlocked',
        target:
          '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/old',
      },
    ],
  ])('is sent once and answers %s with its code', async (_title, answer, expected) => {
    const { arm, result } = await put([answer], { addon: 'on' });
    const error = await failure(result);
    expect(error).toMatchObject(expected);
    expect(arm.seen).toHaveLength(2);
    if (error.code === 'AzureRefused') {
      expect(error.hint).toEqual(expect.any(Hint));
    }
    if (/^Pod|^…|^Reconcile|^an assign/.test(_title)) {
      expect(String(error.hint)).toMatch(/podid .*-g rg -c web --subscription/);
    }
  });

  it('is sent once when no answer comes', async () => {
    const { arm, result } = await put([hang], { addon: 'on' }, { requestTimeoutMs: 200 });
    expect(await failure(result)).toMatchObject({ code: 'Unavailable' });
    expect(arm.seen.map(({ method }) => method)).toEqual(['GET', 'PUT']);
  });
});

describe('an answer of any size and kind', () => {
  it('is given up beyond 64 MiB', async () => {
    const endless: Answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const chunk = Buffer.alloc(1024 * 1024, ' ');
      const more = () => {
        while (!response.destroyed && response.write(chunk)) {}
        if (!response.destroyed) {
          response.once('drain', more);
        }
      };
      more();
    };
    const arm = await serve(endless, endless, endless);
    await expect((await arm.azure()).clusters.get(id, signal)).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('64 MiB'),
    });
  });

  it('is Unavailable when it switches to another protocol', async () => {
    const upgrade: Answer = (response) => {
      response.socket?.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    };
    const arm = await serve(upgrade, upgrade, upgrade);
    await expect((await arm.azure()).clusters.get(id, signal)).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('another protocol'),
    });
  });
});

describe('following an operation', () => {
  const path = `/subscriptions/s/providers/Microsoft.ContainerService/locations/x/operations/1?api-version=2025-03-01&t=1&c=a%2Bb&s=x%3D'~(y)&h=%7e`;

  async function follow(
    answers: Answer[],
    more: { url?: string; stop?: AbortController; firstPollMs?: number; pollIntervalMs?: number } = {},
  ) {
    const arm = await serve(...answers);
    const { clusters } = await arm.azure({ requestTimeoutMs: 200 });
    const messages: string[] = [];
    const end = clusters.follow(
      {
        url: more.url ?? arm.url + path,
        ...(more.firstPollMs === undefined ? {} : { firstPollMs: more.firstPollMs }),
      },
      {
        pollIntervalMs: more.pollIntervalMs ?? 1,
        onStatus: (status) => messages.push(status),
        cluster: { subscriptionId: 's', resourceGroup: 'g', name: 'c' },
        resourceIds: ['/x/web', '/x/web2'],
        signal: more.stop?.signal ?? signal,
      },
    );
    return { arm, messages, end };
  }

  it('replays the signed URL byte for byte until the end, telling each status once', async () => {
    const { arm, messages, end } = await follow([
      json(200, { status: 'InProgress' }),
      json(200, { status: 'ReconcilingAddons' }),
      json(200, { status: 'ReconcilingAddons' }),
      json(200, { status: 'succeeded' }),
    ]);
    expect(await end).toEqual({ status: 'Succeeded' });
    expect(messages).toEqual(['InProgress', 'ReconcilingAddons']);
    expect(arm.seen.map(({ url }) => url)).toEqual(Array(4).fill(path));
    expect(arm.debug()).not.toContain('a%2Bb');
  });

  it('looks for the first time when Azure said to, and not when it usually does', async () => {
    const times = { firstPollMs: 1, pollIntervalMs: 3_600_000 };
    const { end } = await follow([json(200, { status: 'Succeeded' })], times);
    expect(await end).toEqual({ status: 'Succeeded' });
  });

  it('survives every transient failure', async () => {
    const { end } = await follow([
      json(502, { error: { code: 'BadGateway', message: 'x' } }),
      json(504, {}),
      html,
      text(404, '<html>'),
      reset,
      truncate,
      hang,
      hangInBody,
      json(429, {}, { 'retry-after': '3' }),
      json(404, { error: { code: 'NotFound', message: 'not yet' } }),
      text(302, '', { location: 'https://evil.example/' }),
      json(200, {}),
      json(200, {
        status: 'Failed',
        error: { code: 'Outer', message: 'o', details: [{ code: 'Inner', message: 'i' }] },
      }),
    ]);
    expect(await end).toEqual({ status: 'Failed', error: { code: 'Inner', message: 'i' } });
  });

  it('names the identity that an assignment error means', async () => {
    const error = { code: 'PodIdentityAddonIdentitiesAssignmentError', message: 'No right on /X/WEB2' };
    const { end } = await follow([json(200, { status: 'Failed', error })]);
    expect(await end).toMatchObject({ error: { target: '/x/web2' } });
  });

  it('stops when Azure does not know the operation again and again', async () => {
    const { end } = await follow(Array(5).fill(json(404, { error: { code: 'NotFound', message: 'x' } })));
    await expect(end).rejects.toMatchObject({ code: 'Unavailable' });
  });

  it.each([
    [400, 'Unavailable'],
    [401, 'Unavailable'],
    [403, 'Forbidden'],
    [410, 'Unavailable'],
  ])('leaves it to the cluster at %d', async (status, code) => {
    const { end } = await follow([json(status, {}), json(status, {})]);
    await expect(end).rejects.toMatchObject({ code });
  });

  it.each([
    'https://evil.example/operations/1',
    'http://[',
    'http://127.0.0.1:1/operations/1',
    'https://management.azure.com.evil.example/',
  ])('sends nothing to %s', async (url) => {
    const { arm, end } = await follow([], { url });
    await expect(end).rejects.toMatchObject({ code: 'Unavailable' });
    expect(arm.seen).toEqual([]);
  });

  it('ends with the reason of its signal while polls fail', async () => {
    const stop = new AbortController();
    const { end } = await follow([json(500, {}), () => stop.abort(new Error('time is up'))], { stop });
    await expect(end).rejects.toThrow('time is up');
  });
});

describe('what the server says', () => {
  it('reaches nobody with the secrets in it, neither in errors nor in debug output', async () => {
    const secrets = [token, 'SIGNATURE', 'pa55word', 'c2VjcmV0'];
    const message = `Bearer ${token} https://x/operations/1?t=1&s=SIGNATURE "adminPassword": "pa55word" Basic c2VjcmV0`;
    const arm = await serve(json(400, { error: { code: 'BadRequest', message } }));
    const error = await failure((await arm.azure()).clusters.get(id, signal));
    const said = [error.message, error.hint, JSON.stringify(error.details), arm.debug()].join('\n');
    expect(said).toContain('BadRequest');
    for (const secret of secrets) {
      expect(said).not.toContain(secret);
    }
  });
});

describe('a kubeconfig from ARM', () => {
  it('is decoded, and its secrets are in no debug output', async () => {
    const yaml = 'users: [{user: {token: s3cr3t-t0ken}}]';
    const value = Buffer.from(yaml).toString('base64');
    const arm = await serve(json(200, { kubeconfigs: [{ name: 'clusterUser', value }] }));
    expect(await (await arm.azure()).clusters.userKubeconfig(id, signal)).toBe(yaml);
    expect(arm.seen[0]).toMatchObject({ method: 'POST' });
    expect(arm.debug()).toContain('listClusterUserCredential');
    expect(arm.debug()).not.toContain(value);
    expect(arm.debug()).not.toContain(token);
  });

  it('names the public server of a private cluster where that is asked for', async () => {
    const value = Buffer.from('users: []').toString('base64');
    const arm = await serve(
      json(200, { kubeconfigs: [{ name: 'clusterUser', value }] }),
      json(200, { kubeconfigs: [{ name: 'clusterUser', value }] }),
    );
    const { clusters } = await arm.azure();
    await clusters.userKubeconfig(id, signal, { publicFqdn: true });
    await clusters.userKubeconfig(id, signal);
    expect(arm.seen.map(({ url = '' }) => new URL(url, 'http://x').searchParams.get('server-fqdn'))).toEqual([
      'public',
      null,
    ]);
  });

  it('that is missing is reported without the answer', async () => {
    const arm = await serve(json(200, { kubeconfigs: [], note: 's3cr3t' }));
    const error = await failure((await arm.azure()).clusters.userKubeconfig(id, signal));
    expect(error).toMatchObject({ code: 'Unavailable' });
    expect(`${error.message}${error.hint}${JSON.stringify(error.details)}`).not.toContain('s3cr3t');
  });
});

describe('a read that Azure asks to be patient with', () => {
  it('says so to whoever listens, and ends with the signal in the middle of the pause', async () => {
    const arm = await serve(json(429, {}, { 'retry-after': '50' }));
    const messages: string[] = [];
    const stop = new AbortController();
    const { clusters } = await arm.azure({
      verbose: (text) => {
        messages.push(text);
        setImmediate(() => stop.abort(new Error('stopped')));
      },
    });
    await expect(clusters.get(id, stop.signal)).rejects.toThrow('stopped');
    expect(messages).toEqual(['Azure asks podid to wait 50 s before it reads again.']);
    expect(arm.seen).toHaveLength(1);
  });
});
