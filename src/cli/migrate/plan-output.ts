import type { MigrationFile } from '../../domain/migrate/migration-file.ts';
import type { UsageFaults } from '../../validate/usage-faults.ts';
import { saveText } from '../open/file-to-write.ts';
import { type OutFile, outFile, saveOut } from '../open/out-file.ts';
import { effectiveFormat, type Session } from '../run/session.ts';

/** The file of `--out`: the plan, for review, or the page, for a browser. */
export interface PlanOutput extends OutFile<'yaml' | 'json' | 'html'> {
  /** It was asked for as a page by `-o html`, so stdout has no second one. */
  readonly isWhole: boolean;
}

/** The file of `--out`, checked. */
export async function planOutput(
  flags: { readonly out: string | undefined; readonly force: boolean },
  { context, global, faults }: Pick<Session, 'context' | 'global'> & { readonly faults: UsageFaults },
): Promise<PlanOutput | undefined> {
  const file = await outFile(flags, ['yaml', 'json', 'html'], faults);
  const isHtml = effectiveFormat(context, global) === 'html';
  return file === undefined ? undefined : { ...file, isWhole: file.format === 'html' && isHtml };
}

/** @throws PodidError InvalidUsage when the file cannot be written */
export async function savePlan(
  { isWhole: _, format, ...file }: PlanOutput,
  { plan, page }: { readonly plan: MigrationFile; readonly page: () => Promise<string> },
  { report }: Pick<Session, 'report'>,
): Promise<void> {
  if (format === 'html') {
    await saveText(file, await page());
    report.note(`The page is in ${file.path}.`);
  } else {
    await saveOut({ ...file, format }, plan);
    report.note(`The plan is in ${file.path}.`);
  }
}
