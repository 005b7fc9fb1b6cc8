import type { Cluster } from '../../../domain/clusters/cluster.ts';
import { eachNextStep } from '../../../domain/hints/each-next-step.ts';
import { PodidError } from '../../../errors/podid-error.ts';
import type { Outcome } from '../../change/outcome.ts';
import { type Move, moveText } from './move.ts';

/** Every workload as it stands now; those that went no further are the command's failure, after the others. */
export function migrationEnd(moves: readonly Move[], cluster: Cluster): Outcome<readonly Move[]> {
  const stopped = moves.filter(({ failure }) => failure !== undefined);
  return {
    done: {
      result: moves,
      cluster,
      ...(stopped.length === 0 ? {} : { failure: incomplete(stopped, moves.length) }),
    },
  };
}

function incomplete(stopped: readonly Move[], all: number): PodidError {
  const details = stopped.map((move) => ({
    code: move.failure?.code ?? '',
    message: `${moveText(move)}: ${move.failure?.message ?? ''}`,
  }));
  return new PodidError(
    'MigrationIncomplete',
    `${stopped.length} of ${all} ${all === 1 ? 'workload' : 'workloads'} went no further: ${details.map(({ code, message }) => `${code}: ${message}`).join(' ')}`,
    {
      hint: eachNextStep(stopped.map((move) => ({ what: moveText(move), hint: move.failure?.hint }))),
      details,
    },
  );
}
