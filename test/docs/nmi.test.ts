import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FlagSpec } from '../../src/flags/flag-table.ts';
import { defaultText } from '../../src/flags/flag-text.ts';
import { nmiFlags } from '../../src/nmi/nmi-flags.ts';
import { root } from '../architecture/source-files.ts';

const page = readFileSync(join(root, 'docs/nmi.md'), 'utf8');
const sources = readdirSync(join(root, 'src/nmi'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  .join('\n');

describe('docs/nmi.md', () => {
  it('has every flag with its default and its meaning, and no other', () => {
    const rows = [...page.matchAll(/^\| `--?(\w[\w-]*)` \| (?:`([^`]*)`)? ?\| (.*) \|$/gm)];
    const documented = Object.fromEntries(rows.map(([, name, value = '', help]) => [name, [value, help]]));
    const expected = Object.fromEntries(
      Object.entries<FlagSpec>(nmiFlags).map(([name, flag]) => [name, [defaultText(flag), flag.summary]]),
    );
    expect(documented).toEqual(expected);
  });

  it('has every metric, and no other', () => {
    const inCode = new Set(
      sources.match(/'(?:podid_nmi|aadpodidentity)_\w+'/g)?.map((name) => name.slice(1, -1)),
    );
    const inPage = new Set(page.match(/(?<=`)(?:podid_nmi|aadpodidentity)_\w+(?=`)/g));
    expect([...inPage].sort()).toEqual([...inCode].sort());
  });

  it('has every reason for which a token is refused', () => {
    const reasons = [
      ...sources.matchAll(/(?:noIdentity|badRequest|tryLater|forbidden)\(\s*'([a-z-]+)'/g),
    ].map(([, reason]) => reason);
    expect(reasons.length).toBeGreaterThan(15);
    const forMetadata = ['blocked', 'imds-away', 'imds-busy', 'bad-path', 'no-metadata-header', 'forwarded'];
    for (const reason of reasons.filter((word) => !forMetadata.includes(word ?? ''))) {
      expect(page).toContain(`\`${reason}\``);
    }
  });
});
