import { isRecord, stringAt } from '../../validate/json-record.ts';
import { maskSecrets } from '../connection/mask-secrets.ts';

/**
 * What az or azd says went wrong, on one line: its own error, whole; of a Python trace, the last line; without warnings
 * and colours.
 */
export function toolSentence(stderr: string, stdout: string): string {
  const lines = linesOf(stderr);
  const said = lines.length > 0 ? lines : messagesIn(stdout);
  const trace = said.findIndex((line) => line.startsWith(traceMark));
  const chosen = trace >= 0 ? lastOfTrace(said.slice(trace + 1)) : fromError(said);
  return maskSecrets(chosen.map((line) => line.trim()).join(' '))
    .replace(/^ERROR:\s*/, '')
    .slice(0, 1500);
}

/** Whether the program itself broke off, rather than say what is wrong. */
export function isPythonTrace(stderr: string): boolean {
  return linesOf(stderr).some((line) => line.startsWith(traceMark));
}

const traceMark = 'Traceback (most recent call last)';

function linesOf(text: string): readonly string[] {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one.
      .replace(/\u001b\[[0-9;]*m/g, '')
      .split(/\r?\n/)
      .filter((line) => line.trim() !== '' && !/^WARNING:/i.test(line))
  );
}

/** azd writes messages for people into its JSON. */
function messagesIn(stdout: string): readonly string[] {
  return stdout.split('\n').flatMap((line) => {
    try {
      const json: unknown = JSON.parse(line);
      const data = isRecord(json) && isRecord(json['data']) ? json['data'] : {};
      return linesOf(stringAt(data, 'message') ?? '');
    } catch {
      return [];
    }
  });
}

/** The exception stands at the margin, with all that belongs to it behind it up to the advice to report it. */
function lastOfTrace(lines: readonly string[]): readonly string[] {
  const margin = lines.filter(
    (line) => /^[A-Za-z_][\w.]*(?::|$)/.test(line) && !/^(?:To|During|The) /.test(line),
  );
  return margin.slice(-1);
}

function fromError(lines: readonly string[]): readonly string[] {
  const first = lines.findIndex((line) => line.startsWith('ERROR:'));
  return first >= 0 ? lines.slice(first) : lines;
}

const passing =
  /name resolution|Name or service not known|nodename nor servname|getaddrinfo|Failed to resolve|Failed to establish a new connection|no such host|Max retries exceeded|Connection (?:reset|aborted|refused)|connection (?:reset|refused)|timed? ?out|TimeoutError|ConnectionError|ConnectTimeout|ProxyError|Tunnel connection failed|proxyconnect|Proxy Authentication Required|: EOF$|context deadline exceeded|[Nn]etwork is unreachable|[Nn]o route to host|Remote end closed|certificate verify failed|CERTIFICATE_VERIFY_FAILED|SSLError|x509:|[Tt]oo [Mm]any [Rr]equests|\b429\b|\b50[0234]\b|[Ss]ervice [Uu]navailable|temporarily.unavailable|AADSTS90033\b/;

/** Whether the tool's words tell of the way to Entra, or of Entra's own trouble, and not of a refusal. */
export function isPassingSentence(sentence: string): boolean {
  const [code] = /AADSTS\d+/.exec(sentence) ?? [];
  return code === undefined || code === 'AADSTS90033' ? passing.test(sentence) : false;
}

/** A certificate that the tool does not trust. */
export function isCertificateSentence(sentence: string): boolean {
  return /certificate verify failed|CERTIFICATE_VERIFY_FAILED|SSLError|x509:/.test(sentence);
}

/** A proxy that did not let the tool through. */
export function isProxySentence(sentence: string): boolean {
  return /ProxyError|Tunnel connection failed|proxyconnect|Proxy Authentication Required/.test(sentence);
}
