import type { FlagTable } from '../../flags/flag-table.ts';

export const entryFlags = {
  namespace: { kind: 'text', value: 'NAMESPACE', required: true, summary: 'the namespace of the pods' },
  name: { kind: 'text', short: 'n', value: 'NAME', required: true, summary: 'the name of the entry' },
} as const satisfies FlagTable;

/** Of what gets a name of podid's where none is given. */
export const newExceptionFlags = {
  ...entryFlags,
  name: {
    kind: 'text',
    short: 'n',
    value: 'NAME',
    summary: 'the name of the entry',
    fallback: 'a generated name of 16 letters and digits, the same for the same labels',
  },
} as const satisfies FlagTable;

/** For commands that can do without an entry. */
export const optionalEntryFlags = {
  namespace: { kind: 'text', value: 'NAMESPACE', summary: 'the namespace of the entry' },
  name: { kind: 'text', short: 'n', value: 'NAME', summary: 'the name of the entry' },
} as const satisfies FlagTable;

export const podLabelsFlag = {
  podLabels: {
    kind: 'list',
    value: 'K=V',
    required: true,
    summary: 'labels, any one of which excepts a pod that has it; several after one flag',
  },
} as const satisfies FlagTable;

/** Of what replaces the labels that are there. */
export const newPodLabelsFlag = {
  podLabels: {
    ...podLabelsFlag.podLabels,
    summary: 'labels that replace all of the exception; several after one flag',
  },
} as const satisfies FlagTable;

/** `-n` is the name wherever there is one; on a list, people mean the namespace. */
export const listMisnamed = { '-n': '--namespace', '--name': '--namespace' } as const;

export const ignoreNotFoundFlag = {
  ignoreNotFound: { kind: 'switch', summary: 'exit with 0 when there is nothing to delete' },
} as const satisfies FlagTable;
