import type { CommandEnd } from '../../domain/azure/run-command.ts';
import { marks } from './kubectl-text.ts';

/** What a run with a `kubectl get` printed. */
export interface ReadOutput {
  /** What stood behind the mark of each object, in kubectl's order; undefined when the output was cut off. */
  readonly objects: readonly string[] | undefined;
  /** All other lines: what kubectl said of the rest. */
  readonly said: readonly string[];
}

/**
 * Takes the objects out of a run's output. Both marks must be there and every line between them be whole:
 * Azure cuts off long outputs without a word, and does not say at which end.
 */
export function readOutput({ logs }: CommandEnd): ReadOutput {
  const objects: string[] = [];
  const said: string[] = [];
  let [begun, ended] = [false, false];
  for (const line of logs.split(/\r?\n/)) {
    if (line === marks.begin) {
      begun = true;
    } else if (line === marks.end) {
      ended = true;
    } else if (line.startsWith(marks.object)) {
      objects.push(line.slice(marks.object.length));
    } else if (line.trim() !== '') {
      said.push(line.trim());
    }
  }
  return { objects: begun && ended ? objects : undefined, said };
}

/** @returns undefined when a line is no JSON: it was cut through */
export function parseObjects(lines: readonly string[]): readonly unknown[] | undefined {
  try {
    return lines.map((line): unknown => JSON.parse(line));
  } catch {
    return undefined;
  }
}
