import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { completionCommand } from '../../src/commands/completion.ts';
import { scenarioCatalog } from '../../src/emulator/scenarios/scenario-catalog.ts';
import { root } from '../architecture/source-files.ts';

const page = (path: string) => readFileSync(join(root, path), 'utf8');

describe('docs/emulator.md', () => {
  it('says of every scenario, and of no other, what exists in it', () => {
    const [, section = ''] = /^## Scenarios\n([\s\S]*?)^## /m.exec(page('docs/emulator.md')) ?? [];
    const rows = [...section.matchAll(/^\| `([\w-]+)` \| (.+) \|$/gm)].map(([, name]) => name);
    expect(rows).toEqual(Object.keys(scenarioCatalog));
  });
});

describe('the documents', () => {
  const guides = [
    'README.md',
    'CONTRIBUTING.md',
    'docs/emulator.md',
    'docs/getting-started.md',
    'docs/mic.md',
  ];

  it.each([...guides, 'docs/commands/emulator.md'])('%s calls the file of an emulator demo.env', (path) => {
    const files = [...page(path).matchAll(/--write-env ([\w./-]+)|\. \.\/([\w-]+\.env)/g)];
    for (const [, written, sourced] of files) {
      expect(written ?? sourced).toMatch(/^demo\.(env|ps1|fish|cmd)$/);
    }
  });

  it.each(['docs/modes.md', 'docs/getting-started.md'])(
    '%s gives the one advice for an add-on that is off',
    (path) => {
      const text = page(path).replace(/\s+/g, ' ');
      expect(text).toContain(
        'If the add-on is off, leave it off and give every command `--mode cluster`; Azure has not supported the add-on since September 2025.',
      );
    },
  );

  it.each(['docs/nmi.md', 'docs/kubenet.md', 'docs/security.md'])(
    '%s says that no kubelet of a supported cluster tells the agent of kubenet',
    (path) => {
      expect(page(path)).toMatch(/1\.2[34]/);
    },
  );
});

describe('an example of podid completion', () => {
  const intoFolder = completionCommand.examples.filter(({ line }) => line.includes(' > '));

  it.each(intoFolder)('names the folder that has to be there: $line', ({ title, line }) => {
    const [, folder] = / > (.+)\/[^/]+$/.exec(line) ?? [];
    expect(title).toContain(`mkdir -p ${folder}`);
  });
});
