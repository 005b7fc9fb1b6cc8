import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLiberally } from '../../../src/emulator/imds/liberal-path.ts';
import { askHandler } from './ask-handler.ts';

/** Paths that give out credentials of the node when they reach an IMDS. */
function mints(path: string): boolean {
  return /^\/metadata\/identity\/(oauth2\/token|issuecredential|getplatformmetadata)/.test(path);
}

/** Every way to write one character that some server or other reads as that character. */
function spelling(character: string): fc.Arbitrary<string> {
  const hex = character.charCodeAt(0).toString(16).padStart(2, '0');
  const slashes =
    character === '/' ? ['\\', '//', '/./', '/x/../', '%5c', '%5C', '%255c', '%2f', '%252F', ';a=b/'] : [];
  return fc.oneof(
    { weight: 12, arbitrary: fc.constant(character) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        `%${hex}`,
        `%25${hex}`,
        `%2525${hex}`,
        `%u00${hex}`,
        character.toUpperCase(),
        `${character}%0a`,
        `%00${character}`,
        `${character}%20`,
        `${character}\t`,
        ...slashes,
      ),
    },
  );
}

function spelled(path: string): fc.Arbitrary<string> {
  return fc.tuple(...[...path].map(spelling)).map((parts) => parts.join(''));
}

const paths = fc.constantFrom(
  '/metadata/identity/oauth2/token',
  '/metadata/identity/issuecredential',
  '/metadata/instance',
  '/metadata/instance/compute/name',
  '/metadata/instance/../identity/oauth2/token',
  '/metadata/versions/../identity/oauth2/token',
  '/metadata/loadbalancer',
  '/host/token/',
);
const prefixes = fc.constantFrom(
  '',
  '',
  '',
  'http://169.254.169.254',
  'HTTP://x',
  '/a/..',
  '/metadata/instance?',
  '/metadata/instance%3f',
  '/metadata/instance%23/..',
);
const queries = fc.constantFrom(
  '',
  '?resource=r',
  '?resource=r&client_id=c',
  '?api-version=1',
  '?x=/../identity/oauth2/token',
  '?api-version=2018-02-01%26resource%3Dr',
);
const targets = fc.oneof(
  fc.tuple(prefixes, paths.chain(spelled), queries).map((parts) => parts.join('')),
  fc.string({ unit: 'binary-ascii', maxLength: 60 }).map((text) => `/metadata/${text}`),
  fc.string({ maxLength: 80 }),
);

describe('no request target', () => {
  it('leads the most liberal IMDS to credentials through what the agent forwards', () => {
    fc.assert(
      fc.property(targets, (url) => {
        const { to, forwarded = '' } = askHandler({ url });
        if (to === 'forward') {
          expect(mints(readLiberally(forwarded).path)).toBe(false);
          // Not even the bytes of the client, had they been passed on, would have said something else than
          // what was understood.
          expect(mints(readLiberally(url).path)).toBe(false);
          expect(forwarded).toMatch(/^\/[A-Za-z0-9/_-]+(\?[a-z-]+=[\w.-]+(&[a-z-]+=[\w.-]+)*)?$/);
        }
      }),
      { numRuns: 20_000 },
    );
  });

  it('is taken for a token request but by those that everybody reads as one', () => {
    fc.assert(
      fc.property(targets, (url) => {
        if (askHandler({ url }).to === 'token') {
          expect(readLiberally(url).path).toBe('/metadata/identity/oauth2/token');
        }
      }),
      { numRuns: 20_000 },
    );
  });

  it('makes the agent fall over', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (url) => {
        expect(askHandler({ url }).to).toBeDefined();
      }),
      { numRuns: 5_000 },
    );
  });
});
