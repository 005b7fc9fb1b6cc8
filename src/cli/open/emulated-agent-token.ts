import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentInstallation } from '../../domain/kubernetes/agent-installation.ts';
import { command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { fileErrorText } from '../../errors/system-error-code.ts';
import { writePrivateFile } from '../../terminal/private-file.ts';
import { isRecord, recordAt, stringAt } from '../../validate/json-record.ts';
import { quoted } from '../../validate/usage-faults.ts';
import { type EmulatorServer, send } from './emulator-server.ts';

/** What an agent beside podid is given in place of what a kubelet mounts into its pod. */
export interface AgentFiles extends AsyncDisposable {
  readonly flags: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

/** No kubelet replaces this token: it has to outlive the emulated pod. */
const tokenLifeSec = 86_400;

/**
 * The emulator's authority, for its Entra alone, and the token by which the agent of the emulated cluster exchanges, if
 * it has one.
 *
 * @param authority PEM in base64, of the kubeconfig
 * @throws PodidError Unavailable; InvalidUsage where no temporary file can be made
 */
export async function writeAgentFiles(
  server: EmulatorServer,
  installation: AgentInstallation | undefined,
  authority: string,
  signal: AbortSignal,
): Promise<AgentFiles> {
  const folder = await folderForAgent();
  const dispose = () => rm(folder, { recursive: true, force: true });
  const [authorityFile, tokenFile] = [join(folder, 'ca.pem'), join(folder, 'token')];
  try {
    await writePrivateFile(authorityFile, Buffer.from(authority, 'base64').toString('utf8'));
    if (installation?.exchange !== undefined) {
      await writePrivateFile(
        tokenFile,
        await tokenOf(server, installation, installation.exchange.audience, signal),
      );
    }
  } catch (error) {
    await dispose();
    throw error;
  }
  const { source = 'imds', tenantId = '' } = installation?.exchange ?? {};
  return {
    flags: [
      `--exchange-authority=https://${server.emulator.host}/`,
      `--exchange-token-file=${tokenFile}`,
      `--exchange-default=${source}`,
      `--exchange-tenant-id=${tenantId}`,
    ],
    variables: { NODE_EXTRA_CA_CERTS: authorityFile },
    [Symbol.asyncDispose]: dispose,
  };
}

async function folderForAgent(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'podid-agent-'));
  } catch (cause) {
    throw new PodidError(
      'InvalidUsage',
      `The emulated pod's agent needs files of its own, and none can be made in ${quoted(tmpdir())}, the folder for temporary files: ${fileErrorText(cause)}.`,
      { hint: command('export TMPDIR=FOLDER'), cause },
    );
  }
}

async function tokenOf(
  server: EmulatorServer,
  { namespace, serviceAccount }: AgentInstallation,
  audience: string,
  signal: AbortSignal,
): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`;
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences: [audience], expirationSeconds: tokenLifeSec },
  };
  const answer: unknown = JSON.parse(await send(server, path, { method: 'POST', body, signal }));
  const token = isRecord(answer) ? stringAt(recordAt(answer, 'status'), 'token') : undefined;
  if (token === undefined) {
    throw new PodidError('Unavailable', `${server.emulator.origin} answers a TokenRequest with no token.`);
  }
  return token;
}
