import { inflateRawSync } from 'node:zlib';

/** What a zip of runCommand's context may grow to. */
const largestBytes = 32 * 1024 * 1024;

/**
 * The files of a zip by its central directory (APPNOTE.TXT 4.3), stored or deflated.
 * @throws Error for anything that is none, is too large, or whose names lead out of a folder
 */
export function readZip(zip: Buffer): ReadonlyMap<string, Buffer> {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  if (end < 0 || end + 22 > zip.length) {
    throw new Error('the context is not a zip');
  }
  const count = zip.readUInt16LE(end + 10);
  const files = new Map<string, Buffer>();
  let here = zip.readUInt32LE(end + 16);
  let total = 0;
  for (let index = 0; index < count; index += 1) {
    if (zip.readUInt32LE(here) !== 0x02014b50) {
      throw new Error('the context is a broken zip');
    }
    const [nameLength, extraLength, noteLength] = [28, 30, 32].map((at) => zip.readUInt16LE(here + at));
    const name = zip.toString('utf8', here + 46, here + 46 + (nameLength ?? 0));
    if (!/^[\w-][\w.-]*$/.test(name)) {
      throw new Error('a file of the context has a name that is none');
    }
    const content = readEntry(zip, here);
    total += content.length;
    if (total > largestBytes) {
      throw new Error('the context is too large');
    }
    files.set(name, content);
    here += 46 + (nameLength ?? 0) + (extraLength ?? 0) + (noteLength ?? 0);
  }
  return files;
}

function readEntry(zip: Buffer, directory: number): Buffer {
  const method = zip.readUInt16LE(directory + 10);
  const packedBytes = zip.readUInt32LE(directory + 20);
  const local = zip.readUInt32LE(directory + 42);
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  const packed = zip.subarray(start, start + packedBytes);
  if (method === 0) {
    return packed;
  }
  if (method === 8) {
    return inflateRawSync(packed, { maxOutputLength: largestBytes });
  }
  throw new Error(`the context is packed by method ${method}`);
}
