/**
 * One az command, taken apart. Values are as typed, quotes and variables included, so that they can be pasted
 * again.
 */
export interface AzCommand {
  /** After `az`: `['aks', 'pod-identity', 'add']`. */
  readonly words: readonly string[];
  readonly flags: readonly AzFlag[];
}

export interface AzFlag {
  /** As typed: `--resource-group`, `-g`. */
  readonly name: string;
  readonly values: readonly string[];
}

/** What an az command becomes. */
export interface AzTranslation {
  /** To be pasted; empty where nothing has to be typed any more. */
  readonly line: string;
  /** Sentences for people. */
  readonly notes: readonly string[];
}
