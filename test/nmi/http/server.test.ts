import { describe, expect, it } from 'vitest';
import { askHandler, everythingAllowed } from './ask-handler.ts';

const query = '?resource=r';

describe('the route table, on the targets that upstream was seen to route', () => {
  it.each([
    ['/metadata/identity/oauth2/token', 'token'],
    ['/METADATA/identity/oauth2/token/', 'token'],
    ['/%6detadata/identity/oauth2/token', 'token'],
    ['/metadata%2Fidentity%2Foauth2%2Ftoken', 'token'],
    ['http://169.254.169.254/metadata/identity/oauth2/token', 'token'],
    // Upstream matched prefixes; these are no token paths, and nothing else either.
    ['/metadata/identity/oauth2/tokens', 404],
    ['/metadata/identity/oauth2/token/x', 404],
    // Where upstream had a special refusal, no path with a backslash or a second encoding is read at all.
    ['/metadata/identity\\oauth2\\token', 400],
    ['/metadata/identity%5Coauth2%5Ctoken', 400],
    ['/metadata/identity%252Foauth2/token', 400],
    ['/metadata/identity/oauth2;x=1/token', 400],
    ['/metadata/identity/oauth2%20/token', 400],
    ['/foo/metadata/identity/oauth2/token', 404],
    // Upstream redirected these; a canonical path needs no redirect.
    ['//metadata/identity/oauth2/token', 'token'],
    ['/metadata//identity/oauth2/token', 'token'],
    ['/metadata/./identity/oauth2/token', 'token'],
    ['/metadata/%2e%2e/metadata/identity/oauth2/token', 'token'],
    ['/a%2f%2fmetadata', 404],
    ['*', 400],
    // Upstream handed these to IMDS.
    ['/metadata/Identity/oauth2/token', 'token'],
    ['/metadata/identity/OAuth2/token', 'token'],
    ['/metadata/identity/oauth2/Token', 'token'],
    ['/metadata\\identity/oauth2/token', 400],
    ['/metadata%5Cidentity%5Coauth2%5Ctoken', 400],
    ['/metadata/identity%0Aoauth2/token', 400],
    ['/metadata\\instance', 400],
    ['/metadata%5cinstance', 400],
    ['/Host/token', 'host'],
    ['/metadata/identity', 404],
    ['/metadata/identity/getplatformmetadata', 404],
    ['/metadata/identity/issuecredential', 404],
    ['/metadata/identityx', 404],
    ['/metadata/identity/info', 'forward'],
    ['/metadata/attested/document', 'forward'],
    ['/metadata/scheduledevents', 'forward'],
    ['/latest/meta-data/', 404],
    ['/healthz', 404],
    ['/%zz', 400],
    ['/metadata/instance', 'forward'],
    ['/Metadata/instance/', 'forward'],
    ['/metadata/instances', 404],
    ['/metadata/', 404],
    ['/host/token/', 'host'],
    ['/host/token', 'host'],
    ['/host/tokens', 404],
    ['/metadata/instance%3f/../identity/oauth2/token', 400],
    ['/metadata/instance#/../identity/oauth2/token', 400],
    ['', 400],
  ] as const)('takes %s as %s', (path, expected) => {
    const url = path === '*' ? path : `${path}${query}`;
    expect(askHandler({ url }).to).toBe(expected);
  });
});

describe('the route table', () => {
  const token = `/metadata/identity/oauth2/token${query}`;

  it('wants the Metadata header once, with the value true', () => {
    expect(askHandler({ url: token, headers: { metadata: '' } }).to).toBe(400);
    expect(askHandler({ url: token, headers: { metadata: 'true, true' } }).to).toBe(400);
    expect(askHandler({ url: token, headers: { metadata: 'True' } }).to).toBe('token');
  });

  it('refuses what a proxy forwarded', () => {
    expect(askHandler({ url: token, headers: { 'x-forwarded-for': '10.0.0.1' } }).to).toBe(400);
    expect(askHandler({ url: `/host/token/${query}`, headers: { 'x-forwarded-for': '::1' } }).to).toBe(400);
  });

  it('says 404 to probes for other clouds without asking for a header', () => {
    expect(askHandler({ url: '/latest/meta-data/', headers: { metadata: '' } }).to).toBe(404);
  });

  it('takes tokens by GET and POST alone', () => {
    expect(askHandler({ url: token, method: 'POST' }).to).toBe('token');
    expect(askHandler({ url: token, method: 'DELETE' }).to).toBe(405);
  });

  it('hands the query on as it came', () => {
    expect(askHandler({ url: `${token}&client_id=%41` }).query).toBe('resource=r&client_id=%41');
  });

  it('forwards the parameters that it knows, and the segments in their own case', () => {
    const url = '/metadata/instance/Compute/x?format=text&api-version=2021-02-01&callback=x';
    expect(askHandler({ url }).forwarded).toBe(
      '/metadata/instance/Compute/x?api-version=2021-02-01&format=text',
    );
  });

  it('closes what its flags do not open', () => {
    const closed = {
      ...everythingAllowed,
      allowAttestedDocument: false,
      allowScheduledEvents: false,
      blockInstance: true,
    };
    for (const path of [
      'attested/document',
      'scheduledevents',
      'instance',
      'instance/compute',
      'INSTANCE%2fnetwork',
    ]) {
      expect(askHandler({ url: `/metadata/${path}`, rules: closed }).to).toBe(403);
    }
    expect(askHandler({ url: '/metadata/versions', rules: closed }).to).toBe('forward');
  });
});

describe('a request that is refused before its route', () => {
  const token = `/metadata/identity/oauth2/token${query}`;

  it.each([
    [{ url: '/metadata\\instance' }, 'bad-path'],
    [{ url: '/latest/meta-data/' }, 'unknown-path'],
    [{ url: token, headers: { metadata: 'true, true' } }, 'no-metadata-header'],
    [{ url: token, headers: { 'x-forwarded-for': '10.0.0.1' } }, 'forwarded'],
    [{ url: '/host/token/', headers: { 'x-forwarded-for': '10.0.0.1' } }, 'forwarded'],
    [{ url: token, method: 'PUT' }, 'method'],
  ])('is reported: %j', (asked, reason) => {
    const reasons: string[] = [];
    askHandler({ ...asked, onRefused: (given) => reasons.push(given) });
    expect(reasons).toEqual([reason]);
  });

  it('is not reported when it has a route', () => {
    const reasons: string[] = [];
    askHandler({ url: token, onRefused: (given) => reasons.push(given) });
    expect(reasons).toEqual([]);
  });
});
