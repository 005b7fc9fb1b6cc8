import type { MigrationFile } from '../../domain/migrate/migration-file.ts';
import type { UsageFaults } from '../../validate/usage-faults.ts';
import { checkFileToWrite, type FileToWrite, saveFile, saveText } from '../open/file-to-write.ts';
import { effectiveFormat, type Session } from '../run/session.ts';

/** The file of `--out`: the plan, for review, or the page, for a browser. */
export interface PlanOutput extends FileToWrite {
  readonly kind: 'plan' | 'page';
  /** It was asked for as a page by `-o html`, so stdout has no second one. */
  readonly isWhole: boolean;
}

/** The file of `--out`, checked. A page is told by its name, else by `-o html` where the name is not one of YAML. */
export async function planOutput(
  { out, force }: { readonly out: string | undefined; readonly force: boolean },
  { context, global, faults }: Pick<Session, 'context' | 'global'> & { readonly faults: UsageFaults },
): Promise<PlanOutput | undefined> {
  if (out === undefined) {
    if (force) {
      faults.add('--force', '--force needs --out: nothing else is overwritten.');
    }
    return undefined;
  }
  const isHtml = effectiveFormat(context, global) === 'html';
  const isPage = /\.html?$/i.test(out) || (isHtml && !/\.(?:ya?ml|json)$/i.test(out));
  const file = {
    flag: '--out',
    path: out,
    kind: isPage ? 'page' : 'plan',
    isWhole: isPage && isHtml,
  } as const;
  await checkFileToWrite(faults, file, force);
  return file;
}

/** @throws PodidError InvalidUsage when the file cannot be written */
export async function savePlan(
  file: PlanOutput,
  { plan, page }: { readonly plan: MigrationFile; readonly page: () => Promise<string> },
  { report }: Pick<Session, 'report'>,
): Promise<void> {
  if (file.kind === 'page') {
    await saveText(file, await page());
    report.note(`The page is in ${file.path}.`);
  } else {
    await saveFile(file, plan);
    report.note(`The plan is in ${file.path}.`);
  }
}
