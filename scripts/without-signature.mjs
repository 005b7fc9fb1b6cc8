// Node's executables for Windows are signed. Whoever adds something to one breaks that signature, and a broken one
// looks worse to a virus scanner than none.

/** In a PE file: the offset of its headers stands here, and the fifth of the directories in them is the signature's. */
const peOffsetAt = 0x3c;
const signatureDirectory = 4;
/** From the begin of the headers to the list of directories, by the magic number of the optional header. */
const directoriesAt = { 267: 24 + 96, 523: 24 + 112 };

/**
 * Microsoft's "PE Format" says what is where: the entry holds an offset in the file, not an address, and a size.
 *
 * @param {Buffer} file an executable of any system
 * @returns {Buffer} the same, and without its signature where it is one of Windows that has it at its end
 */
export function withoutSignature(file) {
  if (file.toString('latin1', 0, 2) !== 'MZ') {
    return file;
  }
  const headers = file.readUInt32LE(peOffsetAt);
  const directories = directoriesAt[file.readUInt16LE(headers + 24)];
  if (file.toString('latin1', headers, headers + 4) !== 'PE\0\0' || directories === undefined) {
    throw new Error('This executable of Windows has headers that this script does not know.');
  }
  const entry = headers + directories + 8 * signatureDirectory;
  const [begin, size] = [file.readUInt32LE(entry), file.readUInt32LE(entry + 4)];
  if (size === 0) {
    return file;
  }
  if (begin + size !== file.length) {
    throw new Error('The signature of this executable of Windows is not at its end.');
  }
  const unsigned = Buffer.from(file.subarray(0, begin));
  unsigned.writeBigUInt64LE(0n, entry);
  return unsigned;
}
