import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** `PODID_NODE_22` and `PODID_NODE_24` name the programs; `.ci/run` gets them from npm. */
const nodes = [
  process.execPath,
  process.env['PODID_NODE_22'] ?? '',
  process.env['PODID_NODE_24'] ?? '',
].filter((node) => node !== '');

const report = "process.on('exit', () => console.log(process.moduleLoadList.join()));";

/** The modules of Node that a daemon has loaded when it ends, for want of an API server. */
function loadedBy(node: string, words: readonly string[]): Promise<readonly string[]> {
  const [program = '', ...rest] = words;
  const argv = [`--import=data:text/javascript,${report}`, join(import.meta.dirname, '../../bin', program)];
  return new Promise((resolve) => {
    execFile(node, [...argv, ...rest], { env: { PATH: '/nowhere' } }, (_error, output) => {
      resolve(output.trim().split(','));
    });
  });
}

// A module `node:http` that is imported has each of its members read, since Node 22 WebSocket among them.
describe.each(nodes)('with %s', (node) => {
  it.each([{ words: ['podid-nmi.js', 'serve', '--node=n'] }, { words: ['podid-mic.js'] }])(
    '$words.0 loads HTTP without the fetch that comes with Node',
    async ({ words }) => {
      const loaded = await loadedBy(node, words);
      expect(loaded).toContain('NativeModule http');
      expect(loaded.filter((name) => name.includes('undici'))).toEqual([]);
    },
  );
});
