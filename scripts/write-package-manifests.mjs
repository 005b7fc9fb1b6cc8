// Writes what Homebrew, krew and winget need to install a release, from the templates in packaging/ and the release's
// checksums. Whoever holds the accounts hands them in (docs/publishing.md):
//   node scripts/write-package-manifests.mjs --checksums release/SHA256SUMS --out FOLDER
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { archiveName, platforms } from './release-archives.mjs';

const { values } = parseArgs({
  options: {
    checksums: { type: 'string' },
    out: { type: 'string' },
    root: { type: 'string', default: fileURLToPath(new URL('..', import.meta.url)) },
  },
});
if (values.checksums === undefined || values.out === undefined) {
  fail('usage: write-package-manifests.mjs --checksums FILE --out FOLDER');
}
const manifest = JSON.parse(readFileSync(join(values.root, 'package.json'), 'utf8'));
const { version, license, config } = manifest;
if (config.owner === '') {
  fail(
    'config.owner in package.json is not set. Run: npm pkg set config.owner=NAME && node scripts/write-names.mjs',
  );
}
const page = manifest.homepage.replace(/#.*$/, '');
const checksums = readChecksums(values.checksums);

/** What stands for `{{…}}` in a template. */
const filled = new Map([
  ['OWNER', config.owner],
  ['PAGE', page],
  ['VERSION', version],
  ['LICENSE', license],
  ...platforms.flatMap((platform) => {
    const name = archiveName(version, platform);
    const sha256 = checksums.get(name) ?? fail(`${values.checksums} has no checksum of ${name}.`);
    return [
      [`URL ${platform}`, `${page}/releases/download/v${version}/${name}`],
      [`SHA256 ${platform}`, sha256],
      // As winget-pkgs writes them.
      [`UPPER SHA256 ${platform}`, sha256.toUpperCase()],
    ];
  }),
]);

const templates = join(values.root, 'packaging');
for (const entry of readdirSync(templates, { recursive: true, withFileTypes: true })) {
  if (entry.isFile()) {
    const path = join(entry.parentPath, entry.name).slice(templates.length + 1);
    const out = join(values.out, fill(path));
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, fill(readFileSync(join(templates, path), 'utf8')));
  }
}

function fill(template) {
  return template.replace(
    /\{\{(.*?)\}\}/g,
    (_, name) => filled.get(name) ?? fail(`A template asks for {{${name}}}.`),
  );
}

/** As `sha256sum` writes them: the sum, two characters, the name. */
function readChecksums(path) {
  const lines = readFileSync(path, 'utf8').matchAll(/^([0-9a-f]{64}) [ *](.+)$/gm);
  return new Map([...lines].map(([, sum, name]) => [name, sum]));
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
