import type { FlagTable } from './flag-table.ts';

const noEffect = { summary: 'accepted, without effect' } as const;

/** klog's flags, as far as upstream's manifests use them. Log lines go to stderr, whatever these say. */
export const klogFlags = {
  v: {
    kind: 'integer',
    value: 'LEVEL',
    most: 10,
    default: 0,
    summary: 'verbosity; 5 and above logs what is only of use to developers',
  },
  logtostderr: { kind: 'switch', default: true, ...noEffect },
  alsologtostderr: { kind: 'switch', default: false, ...noEffect },
  log_dir: { kind: 'text', value: 'FOLDER', default: '', ...noEffect },
  log_file: { kind: 'text', value: 'FILE', default: '', ...noEffect },
  log_file_max_size: { kind: 'integer', value: 'MEGABYTES', default: 1800, ...noEffect },
  stderrthreshold: { kind: 'text', value: 'LEVEL', default: '2', ...noEffect },
  vmodule: { kind: 'text', value: 'TEXT', default: '', ...noEffect },
  log_backtrace_at: { kind: 'text', value: 'TEXT', default: '', ...noEffect },
  skip_headers: { kind: 'switch', default: false, ...noEffect },
  skip_log_headers: { kind: 'switch', default: false, ...noEffect },
  add_dir_header: { kind: 'switch', default: false, ...noEffect },
  one_output: { kind: 'switch', default: false, ...noEffect },
} as const satisfies FlagTable;
