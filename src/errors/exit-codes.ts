/** What the exit codes of podid mean, and which code az ends with in the same case. */
export const exitCodes: readonly { readonly code: string; readonly meaning: string; readonly az: string }[] =
  [
    { code: '0', meaning: 'done, or nothing to do', az: '0' },
    {
      code: '1',
      meaning: 'a fault in podid itself (`InternalError`); the message says how to report it',
      az: '1',
    },
    { code: '2', meaning: 'usage: a flag or a value is wrong, and nothing was sent', az: '1 or 2' },
    { code: '3', meaning: 'not signed in', az: '1' },
    { code: '4', meaning: 'not found: cluster, identity or entry', az: '3' },
    { code: '5', meaning: 'conflict: the state of Azure or of the cluster forbids it', az: '1' },
    { code: '6', meaning: 'forbidden: a permission is missing', az: '1' },
    { code: '7', meaning: 'unavailable or timed out; trying again may help', az: '1' },
    {
      code: '8',
      meaning:
        'Azure accepted the change, but the entry or the operation ended as Failed; or a part of it was done and the rest was not',
      az: '0',
    },
    {
      code: '9',
      meaning: 'with `--exit-code` (`podid plan`, or `--dry-run`): there is something to do',
      az: '',
    },
    {
      code: '10',
      meaning:
        '`podid doctor`: a check failed; `podid migrate check`: a workload failed; `podid nmi status --probe`: a probe got past the agent',
      az: '',
    },
    { code: '130, 143', meaning: 'interrupted, terminated', az: '1' },
  ];
