import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { promisify } from 'node:util';

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
  /** It ends where its connection is reset. */
  readonly endsAtReset?: true;
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
    endsAtReset: true,
  },
  {
    name: 'MSAL 1.34.0 for Python, as az login --identity',
    language: 'python',
    packages: ['msal==1.34.0'],
    program: 'msal.py',
    endsAtOnce: true,
    endsAtReset: true,
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
    endsAtReset: true,
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
    ...(endsAtOnce && { endsAtOnce, probes: true as const }),
  })),
];

export type ClientCommand = readonly [string, ...string[]];

/**
 * Installs a client's packages once, into the user's cache folder, and its program, where that has changed.
 * @param programs the folder of the clients' programs
 * @returns the command that runs it; the resource comes behind it
 * @throws when the registry refuses, or cannot be reached: see `isUnreachable`
 */
export async function installClient(
  client: WaitingClient,
  programs = join(import.meta.dirname, 'clients'),
): Promise<ClientCommand> {
  const digest = createHash('sha256').update(JSON.stringify(client.packages)).digest('hex').slice(0, 16);
  const folder = join(homedir(), '.cache', 'podid', 'clients', `${client.language}-${digest}`);
  const { fetch, compile, command } = languages[client.language];
  await once(join(folder, 'complete'), client.packages.join(' '), async () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    await fetch(client, folder);
  });
  const source = readFileSync(join(programs, client.program), 'utf8');
  const program = join(folder, copyOf(client));
  await once(join(folder, 'compiled'), source, async () => {
    writeFileSync(program, source);
    await compile?.(program, folder);
  });
  return command(program, folder);
}

/** Does what is not done yet, or was done for something else. */
async function once(mark: string, wanted: string, act: () => Promise<void>): Promise<void> {
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) {
    return;
  }
  await act();
  writeFileSync(`${mark}.draft`, wanted);
  renameSync(`${mark}.draft`, mark);
}

/** Python would take a program of its package's name for the package; Java wants that of its class. */
function copyOf({ program, language }: Pick<WaitingClient, 'program' | 'language'>): string {
  return language === 'java' ? program : `Ask${extname(program)}`;
}

/** The registry was not reached, as far as the tools' words go. */
export function isUnreachable(error: unknown): boolean {
  const { stderr = '', stdout = '' } = error as { readonly stderr?: string; readonly stdout?: string };
  return /UnknownHost|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT|no such host|dial tcp|[Tt]emporary failure|[Nn]etwork is unreachable|connection refused|Connection to \S+ timed out/.test(
    `${stderr}${stdout}`,
  );
}

interface Language {
  fetch(client: WaitingClient, folder: string): Promise<void>;
  compile?(program: string, folder: string): Promise<void>;
  command(program: string, folder: string): ClientCommand;
}

const languages: Readonly<Record<WaitingClient['language'], Language>> = {
  go: {
    async fetch({ packages }, folder) {
      await run(folder, 'go', 'mod', 'init', 'client');
      await run(folder, 'go', 'get', ...packages);
    },
    compile: (program, folder) => run(folder, 'go', 'build', '-o', 'client', program),
    command: (_program, folder) => [join(folder, 'client')],
  },
  python: {
    async fetch({ packages }, folder) {
      await run(folder, 'python3', '-m', 'venv', folder);
      await run(folder, join(folder, 'bin', 'python3'), '-m', 'pip', 'install', '-q', ...packages);
    },
    command: (program, folder) => [join(folder, 'bin', 'python3'), program],
  },
  js: {
    async fetch({ packages }, folder) {
      writeFileSync(join(folder, 'package.json'), '{"private":true}');
      // Old clients name the Nodes of their time, and what runs this may be strict about that.
      const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--engine-strict=false'];
      await run(folder, 'npm', 'install', ...flags, ...packages);
    },
    command: (program) => [process.execPath, program],
  },
  java: {
    async fetch({ packages: [group, artifact, version] }, folder) {
      writeFileSync(
        join(folder, 'pom.xml'),
        `<project><modelVersion>4.0.0</modelVersion><groupId>client</groupId><artifactId>client</artifactId><version>1</version>
<dependencies><dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency></dependencies></project>
`,
      );
      await run(folder, 'mvn', '-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib');
    },
    // A Java that only runs programs has the compiler as a module all the same.
    compile(program, folder) {
      const jars = readdirSync(join(folder, 'lib')).map((name) => join('lib', name));
      const compiler = 'jdk.compiler/com.sun.tools.javac.Main';
      return run(folder, 'java', '-m', compiler, '-cp', jars.join(':'), '-d', '.', program);
    },
    command: (program, folder) => [
      'java',
      '-cp',
      `${join(folder, 'lib')}/*:${folder}`,
      basename(program, '.java'),
    ],
  },
};

const execute = promisify(execFile);

async function run(folder: string, command: string, ...args: readonly string[]): Promise<void> {
  await execute(command, args, { cwd: folder });
}
