import { spawn } from 'node:child_process';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { systemErrorCode } from '../../errors/system-error-code.ts';
import type { CredentialPlugin } from '../../validate/files/kubeconfig.ts';
import { isRecord, stringAt } from '../../validate/json-record.ts';
import { pluginEnvironment } from './credential-plugin-settings.ts';

const whoami = command('kubectl auth whoami');

export interface PluginCredential {
  readonly token?: string;
  /** PEM. */
  readonly certificate?: string;
  readonly key?: string;
}

/**
 * Runs the credential plugin of the user's own kubeconfig once, and never one that came from elsewhere. The
 * plugin's stderr goes straight to the user, since it may ask for a device code; it is ended when the signal
 * is aborted. client-node would run it again for each request when the credential names no expiry, and could
 * not end it.
 *
 * @throws PodidError ClusterUnreachable, and the signal's reason
 */
export async function runCredentialPlugin(
  plugin: CredentialPlugin,
  signal: AbortSignal,
): Promise<PluginCredential> {
  const output = await outputOf(plugin, signal);
  const credential = parseCredential(output);
  if (credential === undefined) {
    throw failed(plugin, 'printed no credential');
  }
  return credential;
}

async function outputOf(plugin: CredentialPlugin, signal: AbortSignal): Promise<string> {
  const child = spawn(plugin.command, [...plugin.args], {
    env: pluginEnvironment(plugin),
    stdio: ['inherit', 'pipe', 'inherit'],
    signal,
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const end = await new Promise<string | number | null>((resolve) => {
    child.on('error', (error) => resolve(systemErrorCode(error) ?? 'an error'));
    child.on('close', resolve);
  });
  signal.throwIfAborted();
  if (end !== 0) {
    throw failed(
      plugin,
      typeof end === 'string' ? `cannot be started (${end})` : `ended with ${end ?? 'a signal'}`,
    );
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseCredential(output: string): PluginCredential | undefined {
  let json: unknown;
  try {
    json = JSON.parse(output);
  } catch {
    return undefined;
  }
  const status = isRecord(json) ? json['status'] : undefined;
  if (!isRecord(status)) {
    return undefined;
  }
  const token = stringAt(status, 'token');
  const certificate = stringAt(status, 'clientCertificateData');
  const key = stringAt(status, 'clientKeyData');
  const credential = { ...(token ? { token } : {}), ...(certificate && key ? { certificate, key } : {}) };
  return Object.keys(credential).length > 0 ? credential : undefined;
}

/** Names the program and not its arguments, which may hold secrets. */
function failed({ command }: CredentialPlugin, why: string): PodidError {
  return new PodidError('ClusterUnreachable', `The credential plugin ${command} of the kubeconfig ${why}.`, {
    hint: advice`Try the same sign-in with: ${whoami}`,
  });
}
