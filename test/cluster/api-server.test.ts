import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from './api-server.ts';

describe('the API server of the tests', () => {
  let first: ApiServer;
  let second: ApiServer;
  beforeAll(async () => {
    [first, second] = await Promise.all([startApiServer('first'), startApiServer('second')]);
  });
  afterAll(async () => {
    await Promise.all([first?.stop(), second?.stop()]);
  });

  it('stands beside another without sharing its objects', () => {
    first.kubectl('create', 'namespace', 'shop');
    expect(first.kubectl('get', 'namespaces', '-o', 'name')).toContain('namespace/shop');
    expect(second.kubectl('get', 'namespaces', '-o', 'name')).not.toContain('namespace/shop');
  });

  it('leaves nothing behind', async () => {
    await second.stop();
    expect(existsSync(second.kubeconfig)).toBe(false);
    expect(() => second.kubectl('get', 'namespaces')).toThrow();
  });
});
