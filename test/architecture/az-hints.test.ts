import { describe, expect, it } from 'vitest';
import { sourceFiles } from './source-files.ts';

/** Of every command of az. */
const everywhere = ['-o', '--output', '--query', '--subscription', '--debug'];

/** The commands of az that hints name, with the flags that each takes by az's own reference; those of `needs` it wants. */
const grammar: Readonly<Record<string, { readonly takes?: string; readonly needs?: string }>> = {
  'account get-access-token': { takes: '--tenant --resource' },
  'account show': {},
  'ad app credential list': { needs: '--id' },
  'ad app credential reset': { needs: '--id', takes: '--cert --append' },
  'ad app federated-credential create': { needs: '--id --parameters' },
  'aks nodepool add': { needs: '-g --cluster-name -n' },
  'aks nodepool list': { needs: '-g --cluster-name' },
  'aks nodepool upgrade': { needs: '-g --cluster-name -n', takes: '--node-image-only' },
  'aks start': { needs: '-g -n' },
  'aks update': {
    needs: '-g -n',
    takes: '--enable-run-command --enable-oidc-issuer --enable-workload-identity',
  },
  'cloud show': {},
  'feature register': { needs: '--namespace --name' },
  'feature show': { needs: '--namespace --name' },
  'group list': {},
  'identity federated-credential create': {
    needs: '--name --identity-name -g',
    takes: '--issuer --subject --audiences',
  },
  'identity federated-credential delete': { needs: '--name --identity-name -g' },
  'identity federated-credential list': { needs: '--identity-name -g' },
  'identity list': { takes: '-g' },
  'identity show': { needs: '--ids' },
  login: { takes: '--tenant --claims-challenge' },
  'policy assignment list': { takes: '--disable-scope-strict-match --scope' },
  'policy exemption create': { needs: '--name --exemption-category --policy-assignment', takes: '--scope' },
  'resource list': { takes: '-g' },
  'role assignment create': {
    needs: '--role --scope',
    takes: '--assignee --assignee-object-id --assignee-principal-type',
  },
  'role assignment delete': { needs: '--ids' },
  'role assignment list': { takes: '--assignee --all --scope' },
  'vm show': { takes: '--ids -g -n' },
  'vmss list': { needs: '-g' },
  'vmss show': { takes: '--ids -g -n' },
  'vmss update-instances': { needs: '-g -n --instance-ids' },
};

interface AzHint {
  readonly path: string;
  /** `aks nodepool add`. */
  readonly words: string;
  readonly flags: readonly string[];
  /** Words that another part of the source makes may hold flags, too. */
  readonly isWhole: boolean;
}

/** Flags of the lists of words that several hints share. */
const shared = [
  [/\.\.\.azFlags\([^()]*, '--cluster-name'\)/, ['-g', '--cluster-name', '--subscription']],
  [/\.\.\.azFlags\([^(),]*\)/, ['-g', '-n', '--subscription']],
] as const;

function hintsIn(path: string, text: string): AzHint[] {
  return [...text.matchAll(/\bcommand\(\s*'az (?=[a-z])/g)].map(({ index }) => {
    const call = callAt(text, text.indexOf('(', index));
    const known = shared.find(([spread]) => spread.test(call));
    const rest = known === undefined ? call : call.replace(known[0], '');
    const literals = [...rest.matchAll(/'([^']*)'/g)].flatMap(([, literal = '']) => literal.split(' '));
    const plain = literals.slice(1);
    const end = plain.findIndex((word) => !/^[a-z][a-z-]*$/.test(word));
    return {
      path,
      words: plain.slice(0, end === -1 ? plain.length : end).join(' '),
      flags: [...plain.filter((word) => /^--?[a-z]/.test(word)), ...(known?.[1] ?? [])],
      isWhole: !rest.includes('...'),
    };
  });
}

function callAt(text: string, open: number): string {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    depth += text[at] === '(' ? 1 : text[at] === ')' ? -1 : 0;
    if (depth === 0) {
      return text.slice(open, at + 1);
    }
  }
  return text.slice(open);
}

const hints = sourceFiles('src')
  .filter(({ path }) => !path.startsWith('src/emulator/'))
  .flatMap(({ path, text }) => hintsIn(path, text));

describe('a command of az in a hint', () => {
  it.each(hints)(
    "is one of az's, with flags that it takes: az $words ($path)",
    ({ words, flags, isWhole }) => {
      const rules = Object.hasOwn(grammar, words) ? grammar[words] : undefined;
      expect(rules, 'the commands of the table').toBeDefined();
      const split = (text = '') => text.split(' ').filter(Boolean);
      const needs = split(rules?.needs);
      expect([...everywhere, ...needs, ...split(rules?.takes)]).toEqual(expect.arrayContaining([...flags]));
      if (isWhole) {
        expect(flags).toEqual(expect.arrayContaining(needs));
      }
    },
  );

  it('is found by this test', () => {
    expect(hints.length).toBeGreaterThan(40);
    expect(new Set(hints.map(({ words }) => words))).toEqual(new Set(Object.keys(grammar)));
    expect(
      hintsIn('x', "command('az aks nodepool add', ...azFlags(id, '--cluster-name'), '--bogus', name)"),
    ).toEqual([
      {
        path: 'x',
        words: 'aks nodepool add',
        flags: ['--bogus', '-g', '--cluster-name', '--subscription'],
        isWhole: true,
      },
    ]);
  });
});
