import { extname } from 'node:path';
import { type Shell, shellWord } from '../../errors/shell-word.ts';

/** The shells that variables are written for. */
export type SourcingShell = Shell | 'fish';

/** As `--shell` names them. */
export const shellNames = ['sh', 'bash', 'zsh', 'fish', 'powershell', 'pwsh', 'cmd'] as const;

/** @param name one of `shellNames` */
export function shellNamed(name: string): SourcingShell {
  return name === 'fish' || name === 'cmd'
    ? name
    : /^(?:powershell|pwsh)$/.test(name)
      ? 'powershell'
      : 'posix';
}

/** By which a sign-in is chosen. What another emulator has left in the terminal would be taken for this one's. */
const signInVariables = [
  'PODID_ARM_TOKEN',
  'NODE_EXTRA_CA_CERTS',
  'AZURE_TENANT_ID',
  'AZURE_CLIENT_ID',
  'AZURE_CLIENT_SECRET',
  'AZURE_CLIENT_CERTIFICATE_PATH',
  'AZURE_FEDERATED_TOKEN_FILE',
  'AZURE_TOKEN_CREDENTIALS',
  'PODID_AUTH',
];

const endings: Readonly<Record<string, SourcingShell>> = {
  '.ps1': 'powershell',
  '.fish': 'fish',
  '.cmd': 'cmd',
  '.bat': 'cmd',
};

/** Told by the ending of its name; `posix` when that tells nothing. */
export function shellOfFile(path: string): SourcingShell {
  return endings[extname(path).toLowerCase()] ?? 'posix';
}

/** PowerShell and cmd take a file only by its ending. @returns one that serves; undefined: the file's own does */
export function neededEnding(path: string, shell: SourcingShell): string | undefined {
  const isStrict = shell === 'powershell' || shell === 'cmd';
  return isStrict && shellOfFile(path) !== shell ? `.${shell === 'cmd' ? 'cmd' : 'ps1'}` : undefined;
}

/** The command that takes the variables of a file into a terminal. */
export function sourcing(path: string, shell = shellOfFile(path)): string {
  if (shell === 'cmd') {
    return `call ${shellWord(path.replaceAll('/', '\\'), shell)}`;
  }
  // A shell looks for a name without a slash in PATH.
  const word = shellWord(/[/\\]/.test(path) ? path : `./${path}`, shell === 'fish' ? 'posix' : shell);
  return `${shell === 'fish' ? 'source' : '.'} ${word}`;
}

/**
 * Lines that set an emulator's variables in a terminal, unset what another emulator may have left there, and
 * keep requests to loopback away from a proxy. They may be run again.
 */
export function environmentLines(
  environment: Readonly<Record<string, string>>,
  shell: SourcingShell,
): string {
  const unset = signInVariables.filter((name) => !Object.hasOwn(environment, name));
  const { without, set, aroundProxy } = writers[shell];
  const lines = Object.entries(environment).map(([name, value]) => set(name, value));
  return [without(unset), ...lines, ...aroundProxy].map((line) => `${line}\n`).join('');
}

interface Writer {
  readonly without: (names: readonly string[]) => string;
  readonly set: (name: string, value: string) => string;
  /**
   * Adds 127.0.0.1 and localhost to no_proxy and NO_PROXY. Programs read one of the two, so what is in the one
   * goes into the other where that is unset; `*`, for every host, counts only while it stands alone.
   */
  readonly aroundProxy: readonly string[];
}

function forEachHost(line: (name: string, host: string) => string): string[] {
  return ['127.0.0.1', 'localhost'].flatMap((host) =>
    ['no_proxy', 'NO_PROXY'].map((name) => line(name, host)),
  );
}

function literal(host: string): string {
  return host.replaceAll('.', '\\.');
}

const writers: Readonly<Record<SourcingShell, Writer>> = {
  posix: {
    without: (names) => `unset ${names.join(' ')}`,
    set: (name, value) => `export ${name}=${shellWord(value)}`,
    aroundProxy: [
      // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the shell fills these in
      'export no_proxy="${no_proxy:-${NO_PROXY:-}}" NO_PROXY="${NO_PROXY:-${no_proxy:-}}"',
      ...forEachHost(
        (name, host) =>
          `case ",$${name}," in ',*,' | *,${host},*) ;; *) ${name}="\${${name}:+$${name},}${host}" ;; esac`,
      ),
      // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the shell fills these in
    ],
  },
  fish: {
    without: (names) => `set -e ${names.join(' ')}`,
    set: (name, value) => `set -gx ${name} '${value.replaceAll(/['\\]/g, '\\$&')}'`,
    aroundProxy: [
      'test -n "$no_proxy"; or set -gx no_proxy "$NO_PROXY"',
      'test -n "$NO_PROXY"; or set -gx NO_PROXY "$no_proxy"',
      ...forEachHost(
        (name, host) =>
          `string match -rq '^\\*$|(^|,)${literal(host)}(,|$)' -- "$${name}"; or set -gx ${name} (string join , -- (string split -n , -- "$${name}") ${host})`,
      ),
    ],
  },
  powershell: {
    without: (names) =>
      `Remove-Item -ErrorAction SilentlyContinue ${names.map((name) => `Env:${name}`).join(', ')}`,
    set: (name, value) => `$env:${name} = '${value.replaceAll(/['\u2018-\u201b]/g, '$&$&')}'`,
    aroundProxy: [
      'if (-not $env:no_proxy) { $env:no_proxy = $env:NO_PROXY }',
      'if (-not $env:NO_PROXY) { $env:NO_PROXY = $env:no_proxy }',
      ...forEachHost(
        (name, host) =>
          `if ("$env:${name}" -notmatch '^\\*$|(^|,)${literal(host)}(,|$)') { $env:${name} = (@("$env:${name}" -split ',' -ne '') + '${host}') -join ',' }`,
      ),
    ],
  },
  // Without `@` a file shows each of its lines. Names of variables have no case on Windows.
  cmd: {
    without: (names) => names.map((name) => `@set "${name}="`).join('\n'),
    set: (name, value) => `@set "${name}=${value.replaceAll('%', '%%')}"`,
    aroundProxy: [
      '@if not defined NO_PROXY set "NO_PROXY=127.0.0.1"',
      ...['127.0.0.1', 'localhost'].flatMap((host) => [
        '@set "PODID_HOSTS=,%NO_PROXY%,"',
        `@if not "%NO_PROXY%"=="*" if "%PODID_HOSTS:,${host},=%"=="%PODID_HOSTS%" set "NO_PROXY=%NO_PROXY%,${host}"`,
      ]),
      '@set "PODID_HOSTS="',
    ],
  },
};
