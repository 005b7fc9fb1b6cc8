/** The word after `podid` with which the shells' scripts ask for candidates. */
export const completeWord = '__complete';

/** The word after `podid` by which completion starts the process that asks Azure for names. */
export const refreshWord = '__refresh-names';

/** Shells that there is a script for. */
export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof shells)[number];
