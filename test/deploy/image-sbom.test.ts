import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { root } from '../architecture/source-files.ts';

const { imageBom } = await import(pathToFileURL(join(root, 'scripts/image-sbom.mjs')).href);

const status = [
  'Package: libstdc++6\nStatus: install ok installed\nArchitecture: amd64\nSource: gcc-12 (12.2.0)\nVersion: 1:12.2.0-14\nDescription: library\n Package: not-one',
  'Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1',
  'Package: adduser\nStatus: install ok installed\nArchitecture: all\nVersion: 3.134',
  '',
].join('\n\n');
const osRelease = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n';

describe('the bill of materials of the image', () => {
  it('names the system, Node and every package that is installed, by what advisories go by', () => {
    const { components } = imageBom({ status, osRelease, nodeVersion: '24.22.3' });
    expect(
      components.map(({ name, version }: { name: string; version: string }) => `${name} ${version}`),
    ).toEqual(['debian 12', 'node 24.22.3', 'adduser 3.134', 'libstdc++6 1:12.2.0-14']);
    expect(components.at(-1)).toEqual({
      type: 'library',
      name: 'libstdc++6',
      version: '1:12.2.0-14',
      purl: 'pkg:deb/debian/libstdc%2B%2B6@1%3A12.2.0-14?arch=amd64&distro=debian-12',
      properties: [{ name: 'dpkg:source', value: 'gcc-12' }],
    });
  });

  it('is none where dpkg left no record', () => {
    expect(() => imageBom({ status: '', osRelease, nodeVersion: '24.22.3' })).toThrow('no installed package');
  });
});
