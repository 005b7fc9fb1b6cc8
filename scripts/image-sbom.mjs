// Lists what is in the image beside podid's own bundle, as CycloneDX 1.6: Node, and Debian's packages by dpkg's own record. Run by
// deploy/Dockerfile inside of the image, where there is nothing but Node:
//   node image-sbom.mjs --root / > image.cdx.json
// The same files give the same bytes. What is in the bundle is in dist/podid.cdx.json, see third-party.mjs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * @param {{status: string, osRelease: string, nodeVersion: string}} files
 *   `status` of dpkg and `os-release`, and Node's version without a `v`
 * @returns {object} the bill of materials
 */
export function imageBom({ status, osRelease, nodeVersion }) {
  const system = Object.fromEntries(
    [...osRelease.matchAll(/^([A-Z_]+)="?(.*?)"?$/gm)].map(([, key, value]) => [key, value]),
  );
  const distro = `${system.ID}-${system.VERSION_ID}`;
  const packages = status
    .split('\n\n')
    .map(fieldsOf)
    .filter((fields) => fields.Status?.endsWith(' installed'))
    .map(({ Package: name, Version: version, Architecture: arch, Source: source }) => ({
      type: 'library',
      name,
      version,
      purl: `pkg:deb/${system.ID}/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${arch}&distro=${distro}`,
      // By which Debian's advisories name it.
      ...(source === undefined
        ? {}
        : { properties: [{ name: 'dpkg:source', value: source.replace(/ \(.*/, '') }] }),
    }))
    .toSorted((one, other) => (one.purl < other.purl ? -1 : 1));
  if (packages.length === 0) {
    throw new Error("dpkg's record names no installed package.");
  }
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    components: [
      { type: 'operating-system', name: system.ID, version: system.VERSION_ID },
      {
        type: 'application',
        name: 'node',
        version: nodeVersion,
        purl: `pkg:generic/node@${nodeVersion}`,
        cpe: `cpe:2.3:a:nodejs:node.js:${nodeVersion}:*:*:*:*:*:*:*`,
      },
      ...packages,
    ],
  };
}

/** The fields of one package; lines that continue a field begin with a space. */
function fieldsOf(paragraph) {
  return Object.fromEntries(
    [...paragraph.matchAll(/^([A-Za-z-]+): (.*)$/gm)].map(([, name, value]) => [name, value]),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { root: { type: 'string', default: '/' } } });
  const read = (path) => readFileSync(join(values.root, path), 'utf8');
  const bom = imageBom({
    status: read('var/lib/dpkg/status'),
    osRelease: read('etc/os-release'),
    nodeVersion: process.versions.node,
  });
  process.stdout.write(`${JSON.stringify(bom, null, 2)}\n`);
}
