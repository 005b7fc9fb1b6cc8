import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { root } from '../architecture/source-files.ts';

const { withoutSignature } = await import(pathToFileURL(join(root, 'scripts/without-signature.mjs')).href);

/** The headers of an executable of Windows for 64 bits, some code, and a signature at the end. */
function executable({ signature = 'signed', after = '' } = {}): Buffer {
  const file = Buffer.alloc(600);
  file.write('MZ', 0, 'latin1');
  file.writeUInt32LE(128, 0x3c);
  file.write('PE\0\0', 128, 'latin1');
  file.writeUInt16LE(523, 128 + 24);
  if (signature !== '') {
    file.writeUInt32LE(file.length, 128 + 24 + 112 + 32);
    file.writeUInt32LE(signature.length, 128 + 24 + 112 + 36);
  }
  return Buffer.concat([file, Buffer.from(signature), Buffer.from(after)]);
}

describe("Node's executable for Windows", () => {
  it('loses its signature, and nothing else', () => {
    expect(withoutSignature(executable())).toEqual(executable({ signature: '' }));
  });

  it('stays as it is without one, as do those of other systems', () => {
    const unsigned = executable({ signature: '' });
    expect(withoutSignature(unsigned)).toBe(unsigned);
    const elf = Buffer.from('\x7fELF and more', 'latin1');
    expect(withoutSignature(elf)).toBe(elf);
  });

  it('is refused where the signature is not what ends it, or its headers are unknown', () => {
    expect(() => withoutSignature(executable({ after: 'more' }))).toThrow('not at its end');
    const odd = executable();
    odd.writeUInt16LE(7, 128 + 24);
    expect(() => withoutSignature(odd)).toThrow('does not know');
  });
});
