// Writes the owner's name wherever it stands, from the one place where it is set: config.owner in
// package.json. Until then a placeholder stands there. To set it:
//   npm pkg set config.owner=NAME && node scripts/write-owner.mjs
// With --check it writes nothing and fails when a file differs; --release fails while no owner is set, too.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    check: { type: 'boolean' },
    release: { type: 'boolean' },
    root: { type: 'string', default: fileURLToPath(new URL('..', import.meta.url)) },
  },
});
const read = (path) => readFileSync(join(values.root, path), 'utf8');

const manifest = JSON.parse(read('package.json'));
const { owner } = manifest.config;
if (owner !== '' && !/^[a-z\d](?:-?[a-z\d])*$/i.test(owner)) {
  fail(`config.owner in package.json is "${owner}", which is not the name of a user or an organization.`);
}
if (owner === '' && values.release) {
  fail(
    'config.owner in package.json is not set. Run: npm pkg set config.owner=NAME && node scripts/write-owner.mjs',
  );
}
const name = owner === '' ? 'OWNER' : owner;
const page = `https://github.com/${name}/podid`;

manifest.homepage = `${page}#readme`;
manifest.bugs = { url: `${page}/issues` };
manifest.repository = { type: 'git', url: `git+${page}.git` };

const files = {
  'package.json': `${JSON.stringify(manifest, null, 2)}\n`,
  'deploy/chart/Chart.yaml': read('deploy/chart/Chart.yaml')
    .replace(/^home: .*$/m, `home: ${page}`)
    .replace(/^sources: .*$/m, `sources: [${page}]`),
  '.github/CODEOWNERS': `# Written by scripts/write-owner.mjs from config.owner in package.json.\n* @${name}\n`,
  '.github/ISSUE_TEMPLATE/config.yml': [
    '# Written by scripts/write-owner.mjs from config.owner in package.json.',
    'blank_issues_enabled: false',
    'contact_links:',
    '  - name: A security fault',
    `    url: ${page}/security/advisories/new`,
    '    about: Please report it privately; SECURITY.md says what to write',
    '',
  ].join('\n'),
};
for (const [path, text] of Object.entries(files)) {
  if (readOrNothing(path) === text) {
    continue;
  }
  if (values.check || values.release) {
    fail(`${path} does not name the owner of package.json. Run: node scripts/write-owner.mjs`);
  } else {
    writeFileSync(join(values.root, path), text);
  }
}

function readOrNothing(path) {
  try {
    return read(path);
  } catch {
    return undefined;
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
