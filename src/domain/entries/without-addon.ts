/** The road for clusters on which the add-on is off, or cannot be turned on, as the end of a sentence. */
export const withoutAddon = 'the same command with --mode cluster (docs/modes.md)';
