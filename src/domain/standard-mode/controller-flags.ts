/** The flags of podid-mic with which it controls, for who starts it: all but those that print something and end. */
export const controllerSwitches = [
  'forceNamespaced',
  'enable-type-upgrade',
  'enableProfile',
  'enableScaleFeatures',
  'logtostderr',
  'alsologtostderr',
  'skip_headers',
  'skip_log_headers',
  'add_dir_header',
  'one_output',
] as const;

/** The same of those that take a value. */
export const controllerOptions = [
  'kubeconfig',
  'cloudconfig',
  'syncRetryDuration',
  'leader-election-instance',
  'leader-election-namespace',
  'leader-election-name',
  'leader-election-duration',
  'http-probe-port',
  'prometheus-port',
  'createDeleteBatch',
  'clientQps',
  'immutable-user-msis',
  'config-map-name',
  'type-upgrade-status-key',
  'update-user-msi-max-retry',
  'update-user-msi-retry-interval',
  'identity-assignment-reconcile-interval',
  'log-format',
  'custom-user-agent',
  'removal-delay',
  'node-resource-groups',
  'probe-address',
  'metrics-address',
  'v',
  'log_dir',
  'log_file',
  'log_file_max_size',
  'stderrthreshold',
  'vmodule',
  'log_backtrace_at',
] as const;

const taken = new RegExp(
  `^--?(?:(?:${controllerOptions.join('|')})=.*|(?:${controllerSwitches.join('|')})(?:=(?:true|false))?)$`,
  's',
);

/** Whether podid-mic takes a word of its command line and controls. */
export function isControllerFlag(word: string): boolean {
  return taken.test(word);
}
