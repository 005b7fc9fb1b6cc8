// Prints what CHANGELOG.md says about one version, which are the notes of its release:
//   node scripts/release-notes.mjs [VERSION]    that of package.json when none is named
// Fails when the changelog says nothing about it.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The section of a version without its heading.
 * @param {string} changelog as changesets writes it: a heading `## VERSION` for each
 * @returns {string | undefined} undefined where there is none, or nothing in it
 */
export function notesOf(changelog, version) {
  const sections = changelog.split(/^## /m).slice(1);
  const [heading, ...lines] = (
    sections.find((text) => text.split('\n', 1)[0].trim() === version) ?? ''
  ).split('\n');
  const notes = lines.join('\n').trim();
  return heading === '' || notes === '' ? undefined : `${notes}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const read = (path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
  const version = process.argv[2] ?? JSON.parse(read('package.json')).version;
  const notes = notesOf(read('CHANGELOG.md'), version);
  if (notes === undefined) {
    console.error(`CHANGELOG.md says nothing about ${version}. Run: npm run version`);
    process.exitCode = 1;
  } else {
    process.stdout.write(notes);
  }
}
