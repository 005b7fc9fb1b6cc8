import { jsonText } from '../../errors/plain-text.ts';
import { quoted, type UsageFaults } from '../../validate/usage-faults.ts';
import { checkFileToWrite, type FileToWrite, saveFile, saveText } from './file-to-write.ts';

const endings = { html: /\.html?$/i, json: /\.json$/i, yaml: /\.ya?ml$/i, zip: /\.zip$/i } as const;

type OutFormat = keyof typeof endings;

/** The file of `--out`, with the format that its name says. */
export interface OutFile<Format extends OutFormat> extends FileToWrite {
  readonly flag: '--out';
  readonly format: Format;
}

/** The file of `--out`, checked; undefined where there is none. */
export async function outFile<Format extends OutFormat>(
  { out, force }: { readonly out: string | undefined; readonly force: boolean },
  formats: readonly [Format, ...Format[]],
  faults: UsageFaults,
): Promise<OutFile<Format> | undefined> {
  if (out === undefined) {
    if (force) {
      faults.add('--force', '--force needs --out: nothing else is overwritten.');
    }
    return undefined;
  }
  return await checkOutFile({ out, force }, formats, faults);
}

/** A name with another ending is a fault. */
export async function checkOutFile<Format extends OutFormat>(
  { out, force }: { readonly out: string; readonly force: boolean },
  formats: readonly [Format, ...Format[]],
  faults: UsageFaults,
): Promise<OutFile<Format>> {
  const file = { flag: '--out', path: out } as const;
  await checkFileToWrite(faults, file, force);
  const format = formats.find((each) => endings[each].test(out));
  if (format === undefined && out !== '') {
    const taken = formats
      .map((each) => `.${each}`)
      .join(', ')
      .replace(/, ([^,]+)$/, ' or $1');
    faults.add('--out', `--out: ${quoted(out)} does not end with ${taken}.`);
  }
  return { ...file, format: format ?? formats[0] };
}

/** A plain value, as its format has it. @throws PodidError InvalidUsage when the file cannot be written */
export async function saveOut(file: OutFile<'json' | 'yaml'>, content: unknown): Promise<void> {
  await (file.format === 'json' ? saveText(file, `${jsonText(content, 2)}\n`) : saveFile(file, content));
}
