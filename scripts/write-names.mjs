// Writes the names under which podid is published wherever they stand, from the one place where they are set,
// `config` of package.json: `owner` of the repository on GitHub, `npm`, the package's name there, and `image`,
// registry and repository of the image. Until then a placeholder stands in their place. To set one:
//   npm pkg set config.owner=NAME && node scripts/write-names.mjs
// With --check it writes nothing and fails when a file differs; --release fails while a name is not set, too.
//   node scripts/write-names.mjs --print image    prints one name, and fails while it is not set
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    check: { type: 'boolean' },
    release: { type: 'boolean' },
    print: { type: 'string' },
    root: { type: 'string', default: fileURLToPath(new URL('..', import.meta.url)) },
  },
});
const read = (path) => readFileSync(join(values.root, path), 'utf8');

const host = /(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)+[a-z\d]+(?::\d+)?/;
const part = /[a-z\d]+(?:(?:[._]|__|-+)[a-z\d]+)*/;
const names = {
  owner: {
    example: 'NAME',
    pattern: /^[a-z\d](?:-?[a-z\d])*$/i,
    rule: 'the name of a user or an organization of GitHub',
  },
  npm: {
    example: 'podid',
    pattern: /^(?:@[a-z\d~-][a-z\d._~-]*\/)?[a-z\d~-][a-z\d._~-]*$/,
    rule: 'the name of a package on npm, such as podid or @contoso/podid',
  },
  // With its registry: without one an engine would ask Docker Hub, where the name may be anybody's.
  image: {
    example: 'REGISTRY/REPOSITORY',
    pattern: new RegExp(`^${host.source}(?:/${part.source})+$`),
    rule: 'a registry and a repository without tag, in small letters, such as registry.example.net/contoso/podid',
  },
};

const manifest = JSON.parse(read('package.json'));
for (const [key, { pattern, rule }] of Object.entries(names)) {
  const name = manifest.config[key];
  if (name !== '' && !pattern.test(name)) {
    fail(`config.${key} in package.json is "${name}", which is not ${rule}.`);
  }
}
if (values.print !== undefined) {
  if (names[values.print] === undefined) {
    fail(`--print takes ${Object.keys(names).join(', ')}; this is "${values.print}".`);
  }
  failWhereUnset([values.print]);
  console.log(manifest.config[values.print]);
} else {
  if (values.release) {
    failWhereUnset(Object.keys(names));
  }
  settle();
}

function settle() {
  const owner = manifest.config.owner || 'OWNER';
  const page = `https://github.com/${owner}/podid`;
  const lock = JSON.parse(read('package-lock.json'));
  const former = manifest.name;
  manifest.name = manifest.config.npm || 'podid';
  manifest.homepage = `${page}#readme`;
  manifest.bugs = { url: `${page}/issues` };
  manifest.repository = { type: 'git', url: `git+${page}.git` };
  lock.name = manifest.name;
  lock.packages[''].name = manifest.name;

  const files = {
    'package.json': `${JSON.stringify(manifest, null, 2)}\n`,
    'package-lock.json': `${JSON.stringify(lock, null, 2)}\n`,
    'deploy/chart/Chart.yaml': read('deploy/chart/Chart.yaml')
      .replace(/^home: .*$/m, `home: ${page}`)
      .replace(/^sources: .*$/m, `sources: [${page}]`),
    '.github/CODEOWNERS': `# Written by scripts/write-names.mjs from config.owner in package.json.\n* @${owner}\n`,
    '.github/ISSUE_TEMPLATE/config.yml': [
      '# Written by scripts/write-names.mjs from config.owner in package.json.',
      'blank_issues_enabled: false',
      'contact_links:',
      '  - name: A security fault',
      `    url: ${page}/security/advisories/new`,
      '    about: Please report it privately; SECURITY.md says what to write',
      '',
    ].join('\n'),
    ...filesNamingSchema(owner),
    ...changesNaming(former, manifest.name),
  };
  for (const [path, text] of Object.entries(files)) {
    if (readOrNothing(path) === text) {
      continue;
    }
    if (values.check || values.release) {
      fail(`${path} does not name what package.json does. Run: node scripts/write-names.mjs`);
    }
    writeFileSync(join(values.root, path), text);
  }
}

/** The site of the documents, which GitHub serves for the owner, has the schema of podid's file. */
function filesNamingSchema(owner) {
  const paths = [
    'src/domain/entries/file-schema.ts',
    'docs/schema/pod-identities.schema.json',
    'docs/schema/schemastore.json',
  ];
  const site = `https://${owner}.github.io/podid/schema/`;
  return Object.fromEntries(
    paths.map((path) => [
      path,
      read(path).replaceAll(/https:\/\/[^/]+\.github\.io\/podid\/schema\//g, () => site),
    ]),
  );
}

/** Notes of changes say in their first lines which package they are about. */
function changesNaming(former, name) {
  const notes = readdirSync(join(values.root, '.changeset')).filter((file) => file.endsWith('.md'));
  return Object.fromEntries(
    notes.map((file) => {
      const path = `.changeset/${file}`;
      return [path, read(path).replace(`---\n"${former}":`, () => `---\n"${name}":`)];
    }),
  );
}

function readOrNothing(path) {
  try {
    return read(path);
  } catch {
    return undefined;
  }
}

function failWhereUnset(keys) {
  const unset = keys.filter((key) => manifest.config[key] === '');
  if (unset.length > 0) {
    const commands = unset.map((key) => `npm pkg set config.${key}=${names[key].example}`);
    const which = unset.map((key) => `config.${key}`).join(', ');
    fail(
      `${which} in package.json ${unset.length === 1 ? 'is' : 'are'} not set. Run: ${commands.join(' && ')} && node scripts/write-names.mjs`,
    );
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
