import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../architecture/source-files.ts';

const run = promisify(execFile);

/** A registry that holds what it says about one package, if anything, and takes what is published. */
let server: Server;
let held: object | undefined;
let taken: { name: string; versions: Record<string, { dist: { integrity: string } }> }[] = [];
let fault = 0;
let folder = '';
let tarball = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-publish-'));
  await mkdir(join(folder, 'package'));
  await writeFile(join(folder, 'package/package.json'), '{"name": "@contoso/podid", "version": "1.2.3"}');
  await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: join(folder, 'package') });
  tarball = join(folder, 'contoso-podid-1.2.3.tgz');
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      if (fault > 0) {
        response.writeHead(fault).end('{}');
      } else if (request.method === 'PUT') {
        taken.push(JSON.parse(body));
        response.writeHead(201).end('{}');
      } else if (held === undefined) {
        response.writeHead(404).end('{}');
      } else {
        response.setHeader('content-type', 'application/json');
        response.writeHead(200).end(JSON.stringify(held));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  held = undefined;
  taken = [];
  fault = 0;
});

const integrity = async () =>
  `sha512-${createHash('sha512')
    .update(await readFile(tarball))
    .digest('base64')}`;

function hold(version: string, its: string): void {
  const dist = { tarball: 'http://127.0.0.1/x.tgz', integrity: its };
  held = {
    name: '@contoso/podid',
    'dist-tags': { latest: version },
    versions: { [version]: { name: '@contoso/podid', version, dist } },
  };
}

async function publish() {
  const { port } = server.address() as AddressInfo;
  await writeFile(
    join(folder, '.npmrc'),
    `registry=http://127.0.0.1:${port}/\n//127.0.0.1:${port}/:_authToken=x\nfetch-retries=0\n`,
  );
  return await run(process.execPath, [join(root, 'scripts/publish-package.mjs'), tarball], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, npm_config_cache: join(folder, 'cache') },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, text: stdout + stderr }),
  );
}

describe('the package of a release', () => {
  it.each([
    ['npm has no such package', undefined],
    ['npm has another version', '1.2.2'],
  ])('is published where %s', async (_, version) => {
    if (version !== undefined) {
      hold(version, 'sha512-other');
    }
    const { code, text } = await publish();
    expect(code, text).toBe(0);
    expect(taken).toHaveLength(1);
    expect(taken[0]).toMatchObject({
      name: '@contoso/podid',
      versions: { '1.2.3': { dist: { integrity: await integrity() } } },
    });
  });

  it('is left alone where npm has it already', async () => {
    hold('1.2.3', await integrity());
    const { code, text } = await publish();
    expect({ code, taken }).toEqual({ code: 0, taken: [] });
    expect(text).toContain('npm has @contoso/podid 1.2.3 already, with this very content');
  });

  it('is refused where npm has that version with other content', async () => {
    hold('1.2.3', 'sha512-other');
    const { code, text } = await publish();
    expect({ code, taken }).toEqual({ code: 1, taken: [] });
    expect(text).toContain('with other content, and keeps it. Move the version: npm run version');
  });

  it('is not published blindly while npm does not answer', async () => {
    fault = 503;
    const { code, text } = await publish();
    expect({ code, taken }).toEqual({ code: 1, taken: [] });
    expect(text).toContain('npm does not say whether it has @contoso/podid 1.2.3');
  });
});
