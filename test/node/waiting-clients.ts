import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { extname, join } from 'node:path';

/** A client as its registry offers it, at one version. */
export interface WaitingClient {
  readonly name: string;
  readonly language: 'go' | 'python' | 'js' | 'java';
  /** Packages with their versions; of Java group, artifact and version of one. */
  readonly packages: readonly string[];
  /** In `clients/`. */
  readonly program: string;
  /** It ends at the first 503, or at any error: what is not served within one hold is lost to it. */
  readonly endsAtOnce?: true;
  /** It tries for half a second whether there is an IMDS, and believes what it finds. */
  readonly probes?: true;
}

const azcore = 'github.com/Azure/azure-sdk-for-go/sdk/azcore';
const azidentity = 'github.com/Azure/azure-sdk-for-go/sdk/azidentity';

/**
 * Those whose clients people run today, and those that give up soonest. Go's azidentity from 1.0 to 1.3 is what
 * cert-manager, external-dns and KEDA came with for two years.
 */
export const waitingClients: readonly WaitingClient[] = [
  ...(
    [
      ['1.0.0', '1.0.0', true],
      ['1.3.0', '1.6.0', true],
      ['1.7.0', '1.11.1', false],
    ] as const
  ).map(([version, core, endsAtOnce]) => ({
    name: `azidentity ${version} for Go`,
    language: 'go' as const,
    packages: [`${azidentity}@v${version}`, `${azcore}@v${core}`],
    program: 'azidentity.go',
    ...(endsAtOnce && { endsAtOnce }),
  })),
  {
    name: 'adal 0.9.23 for Go',
    language: 'go',
    packages: ['github.com/Azure/go-autorest/autorest/adal@v0.9.23'],
    program: 'adal.go',
  },
  ...['1.27.0', '1.3.1'].map((version) => ({
    name: `azure-identity ${version} for Python`,
    language: 'python' as const,
    packages: [`azure-identity==${version}`],
    program: 'azure-identity.py',
    ...(version === '1.3.1' && { probes: true as const }),
  })),
  {
    name: 'msrestazure 0.6.4 for Python',
    language: 'python',
    packages: ['msrestazure==0.6.4'],
    program: 'msrestazure.py',
  },
  {
    name: 'MSAL 1.34.0 for Python, as az login --identity',
    language: 'python',
    packages: ['msal==1.34.0'],
    program: 'msal.py',
    endsAtOnce: true,
  },
  ...['1.0.0', '1.5.2', '2.1.0', '4.13.1'].map((version) => ({
    name: `@azure/identity ${version} for JavaScript`,
    language: 'js' as const,
    packages: [`@azure/identity@${version}`],
    program: 'azure-identity.mjs',
    ...(!version.startsWith('4.') && { probes: true as const }),
  })),
  {
    name: '@azure/ms-rest-nodeauth 3.1.1 for JavaScript',
    language: 'js',
    packages: ['@azure/ms-rest-nodeauth@3.1.1'],
    program: 'ms-rest-nodeauth.mjs',
    endsAtOnce: true,
  },
  ...(
    [
      ['1.2.5', true],
      ['1.18.1', false],
    ] as const
  ).map(([version, endsAtOnce]) => ({
    name: `azure-identity ${version} for Java`,
    language: 'java' as const,
    packages: ['com.azure', 'azure-identity', version],
    program: 'AzureIdentity.java',
    ...(endsAtOnce && { endsAtOnce }),
  })),
];

/**
 * Installs a client once, into the user's cache folder.
 * @returns the command that runs it; the resource comes behind it
 * @throws when the registry refuses, or cannot be reached: see `isUnreachable`
 */
export function installClient(client: WaitingClient): readonly [string, ...string[]] {
  const source = join(import.meta.dirname, 'clients', client.program);
  const wanted = JSON.stringify([client.packages, readFileSync(source, 'utf8')]);
  const digest = createHash('sha256').update(wanted).digest('hex').slice(0, 16);
  const folder = join(homedir(), '.cache', 'podid', 'clients', `${client.language}-${digest}`);
  const done = join(folder, 'complete');
  if (!existsSync(done)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    copyFileSync(source, join(folder, copyOf(client)));
    install[client.language](client, folder);
    writeFileSync(`${done}.draft`, '');
    renameSync(`${done}.draft`, done);
  }
  const program = join(folder, copyOf(client));
  return {
    go: [join(folder, 'client')] as const,
    python: [join(folder, 'bin', 'python3'), program] as const,
    js: [process.execPath, program] as const,
    java: ['java', '-cp', `${join(folder, 'lib')}/*`, program] as const,
  }[client.language];
}

/** Python would take a program of its package's name for the package. */
function copyOf({ program }: WaitingClient): string {
  return `Ask${extname(program)}`;
}

/** The registry was not reached, as far as the tools' words go. */
export function isUnreachable(error: unknown): boolean {
  const { stderr = '', stdout = '' } = error as { readonly stderr?: string; readonly stdout?: string };
  return /UnknownHost|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT|no such host|dial tcp|[Tt]emporary failure|[Nn]etwork is unreachable|connection refused|Connection to \S+ timed out/.test(
    `${stderr}${stdout}`,
  );
}

type Install = (client: WaitingClient, folder: string) => void;

const install: Readonly<Record<WaitingClient['language'], Install>> = {
  go({ packages }, folder) {
    run(folder, 'go', 'mod', 'init', 'client');
    run(folder, 'go', 'get', ...packages);
    run(folder, 'go', 'build', '-o', 'client', '.');
  },
  python({ packages }, folder) {
    run(folder, 'python3', '-m', 'venv', folder);
    run(folder, join(folder, 'bin', 'python3'), '-m', 'pip', 'install', '-q', ...packages);
  },
  js({ packages }, folder) {
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages);
  },
  java({ packages: [group, artifact, version] }, folder) {
    writeFileSync(
      join(folder, 'pom.xml'),
      `<project><modelVersion>4.0.0</modelVersion><groupId>client</groupId><artifactId>client</artifactId><version>1</version>
<dependencies><dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency></dependencies></project>
`,
    );
    run(folder, 'mvn', '-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib');
  },
};

function run(folder: string, command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { cwd: folder, stdio: 'pipe', encoding: 'utf8' });
}
