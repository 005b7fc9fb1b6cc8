/** A command to run beside the API server, and the files it finds in its folder. */
export interface ClusterCommand {
  /** Statements for a shell. */
  readonly text: string;
  /** Content by file name. */
  readonly files: Readonly<Record<string, string>>;
}

export interface CommandEnd {
  readonly exitCode: number;
  /**
   * stdout and stderr in the order in which they came, cut off at 512 kB without a word (AKS documentation,
   * "command invoke").
   */
  readonly logs: string;
}

/** @throws PodidError, and the signal's reason */
export type RunCommand = (command: ClusterCommand, signal: AbortSignal) => Promise<CommandEnd>;
