// Says whose code is in the bundle, as whoever ships it has to: from what the bundler put into its outputs,
// THIRD_PARTY_NOTICES.txt with every package, its licence and that licence's text, and podid.cdx.json, a
// software bill of materials (CycloneDX 1.6). The same bundle gives the same bytes.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { PackageURL } from 'packageurl-js';

/** Licences under which code may be in the bundle. Others are decided by somebody, and added here. */
const accepted = [
  ...['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'],
  // Podid takes the first of the two.
  '(BSD-3-Clause OR GPL-2.0)',
];
/** Its terms: whoever gets the program is told where the source of these files is. */
const sourceIsOwed = ['MPL-2.0'];

/**
 * The packages whose code is in a bundle.
 *
 * @param {readonly {outputs: Record<string, {inputs: Record<string, {bytesInOutput: number}>}>}[]} metafiles
 *   esbuild's, with paths from the root of the repository
 * @throws {Error} when a package's licence is none of the accepted ones, or its text is nowhere to be found
 */
export function packagesOf(metafiles, root) {
  const folders = new Set(
    metafiles
      .flatMap(({ outputs }) => Object.values(outputs))
      .flatMap(({ inputs }) => Object.entries(inputs))
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .flatMap(([path]) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path.split('?')[0]) ?? []),
  );
  const packages = [...folders].map((folder) => readPackage(join(root, folder)));
  for (const each of packages.filter(({ texts }) => texts.length === 0)) {
    // Of several packages in one repository, some carry the text that is there for all of them.
    const sibling = packages.find((other) => other.source === each.source && other.texts.length > 0);
    if (sibling === undefined || each.source === '' || sibling.license !== each.license) {
      throw new Error(`${each.name} ${each.version} has no text of its licence.`);
    }
    each.texts.push(...sibling.texts);
  }
  const byName = new Map(packages.map((each) => [`${each.name}@${each.version}`, each]));
  return [...byName.keys()].toSorted().map((key) => byName.get(key));
}

function readPackage(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { name, version, license, repository, homepage } = manifest;
  if (!accepted.includes(license) && !sourceIsOwed.includes(license)) {
    throw new Error(
      `${name} ${version} is licensed as ${license}, which scripts/third-party.mjs does not accept.`,
    );
  }
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|notice|third.?party)/i.test(file))
    .toSorted()
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  const address = typeof repository === 'string' ? repository : (repository?.url ?? homepage ?? '');
  return {
    ...{ name, version, license, texts },
    source: address
      .replace(/^git\+/, '')
      .replace(/^git:/, 'https:')
      .replace(/\.git$/, ''),
  };
}

/** What the licences ask to be said, in one text. */
export function notices(packages, version) {
  const parts = packages.map(({ name, version: its, license, texts, source }) =>
    [
      `${name} ${its}`,
      `License: ${license}`,
      ...(source === '' ? [] : [`Source: ${source}`]),
      ...(sourceIsOwed.includes(license)
        ? [`podid contains these files unchanged. Their source is what "npm pack ${name}@${its}" brings.`]
        : []),
      '',
      texts.join('\n\n'),
    ].join('\n'),
  );
  const rule = `\n\n${'-'.repeat(80)}\n\n`;
  const opening = `podid ${version} contains code of ${packages.length} packages by others, under the licenses below.`;
  return `${[opening, ...parts].join(rule)}\n`;
}

/** @returns {string} a CycloneDX document in JSON */
export function billOfMaterials(packages, { name, version, license }) {
  const component = (each, type) => {
    const [, group, its = each.name] = /^(@[^/]+)\/(.+)$/.exec(each.name) ?? [];
    const purl = new PackageURL('npm', group, its, each.version, undefined, undefined).toString();
    const made = new Models.Component(type, its, { group, version: each.version, purl, bomRef: purl });
    made.licenses.add(
      each.license.includes(' ')
        ? new Models.LicenseExpression(each.license)
        : new Models.SpdxLicense(each.license),
    );
    return made;
  };
  const whole = component({ name, version, license }, Enums.ComponentType.Application);
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: whole }) });
  for (const each of packages) {
    const part = component(each, Enums.ComponentType.Library);
    bom.components.add(part);
    whole.dependencies.add(part.bomRef);
  }
  const factory = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  return `${new Serialize.JsonSerializer(factory).serialize(bom, { sortLists: true, space: 2 })}\n`;
}

/** Writes both beside the bundle. */
export function writeThirdParty(metafiles, { root, out, manifest }) {
  const packages = packagesOf(metafiles, root);
  writeFileSync(join(out, 'THIRD_PARTY_NOTICES.txt'), notices(packages, manifest.version));
  writeFileSync(join(out, 'podid.cdx.json'), billOfMaterials(packages, manifest));
}
