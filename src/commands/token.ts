import { newsShape, newsView, openedShape, tokenShape, tokenView } from '../cli/results/token-result.ts';
import { defineCommand } from '../cli/run/command-spec.ts';
import type { Session } from '../cli/run/session.ts';
import type { MetadataQuestion, Opened } from '../domain/azure/metadata-service.ts';
import type { FlagTable, FlagValues } from '../flags/flag-table.ts';
import { choiceOf } from '../flags/read-flags.ts';
import { managedIdentityIdRule, principalIdRule } from '../validate/flags/azure-names.ts';
import { durationOf } from '../validate/flags/duration.ts';
import { audienceRule, endpointRule } from '../validate/flags/metadata-request.ts';
import { urlToOpen } from '../validate/flags/url-to-open.ts';

const flags = {
  resource: {
    kind: 'text',
    value: 'URI',
    summary: 'the resource that the token is for, such as https://vault.azure.net',
    fallback: 'that of the host of --get, else Azure Resource Manager of --cloud',
  },
  clientId: {
    kind: 'text',
    value: 'GUID',
    summary: 'the identity to ask for, where the pod has several',
    fallback: 'AZURE_CLIENT_ID',
  },
  identityResourceId: {
    kind: 'text',
    alias: 'msi-res-id',
    value: 'ID',
    summary: 'the identity to ask for, by its Azure resource id',
  },
  get: {
    kind: 'text',
    value: 'URL',
    summary:
      'with the token, ask for this URL once and print the status and the beginning of the answer; https, and a host that takes tokens of the resource; or http://169.254.169.254/metadata/instance, without the token',
  },
  every: {
    kind: 'text',
    value: 'DURATION',
    summary: 'ask repeatedly, at this interval, until it is stopped',
  },
  timeout: {
    kind: 'text',
    value: 'DURATION',
    summary: 'how long to wait for an answer; without --every, 429 and 503 are tried again, as SDKs do',
    fallback: '30s',
  },
  endpoint: {
    kind: 'text',
    value: 'URL',
    summary: 'the metadata service, for tests and labs',
    fallback: 'AZURE_POD_IDENTITY_AUTHORITY_HOST, else http://169.254.169.254',
  },
  emulatedPod: {
    kind: 'text',
    value: 'NAMESPACE/LABEL',
    summary:
      'with podid emulator, which runs no pods: start the node agent here and ask through it as a pod of that namespace with that label',
  },
} as const satisfies FlagTable;

export const tokenCommand = defineCommand({
  description:
    "Asks the instance metadata service, as every Azure SDK does, and prints whose token it got: identity, client id, object id, tenant and expiry. The token itself is never printed. When it gets none it prints the reason in the answer. It needs no sign-in and no cluster: it is the demo program in podid's image, and podid init prints a pod that runs it.\n\nWith --get it shows that the token opens something: it sends the token to that URL, and prints the status and the first 1000 characters of the answer. The token goes to hosts of its resource alone, no redirect is followed, and an answer that is not 2xx is an error.\n\nWith --every it prints a line for each answer, a token or the reason why not, and runs until it is stopped: with -o json one line of JSON each.",
  examples: [
    { title: 'once', line: 'podid token', needs: 'a pod' },
    { title: 'with the emulator, as a pod would', line: 'podid token --emulated-pod demo/web' },
    {
      title: 'what the identity may see in Azure Resource Manager',
      line: 'podid token --get "https://management.azure.com/subscriptions?api-version=2022-12-01"',
      needs: 'a pod',
    },
    {
      title: 'as the demo pod does',
      line: 'podid token --every 10s --get "https://management.azure.com/subscriptions?api-version=2022-12-01"',
      needs: 'a pod',
    },
    {
      title: 'for Key Vault, as one of several identities',
      line: 'podid token --resource https://vault.azure.net --client-id 00000000-0000-4000-8000-000000000002',
      needs: 'a pod',
    },
  ],
  misnamed: { '--scope': '--resource', '--interval': '--every', '--identity': '--identity-resource-id' },
  flags,
  examplesOfResult: async () => [
    exampleOf({ kind: 'metadata', shown: '', status: 200, body: '' }),
    exampleOf({ kind: 'metadata', shown: '', status: null, reason: '' }),
  ],
  async run(given, session) {
    const { context, report } = session;
    const { clock, signal } = context;
    const emulation =
      given.emulatedPod === undefined ? undefined : await import('../cli/open/emulated-pod.ts');
    const pod = emulation?.podToEmulate(given.emulatedPod ?? '', context.env, session.faults);
    if (given.emulatedPod !== undefined && given.endpoint !== undefined) {
      session.faults.add(
        '--endpoint',
        '--endpoint and --emulated-pod both name the service to ask; give one of them.',
      );
    }
    const question = questionOf(given, session);
    const everyMs =
      given.every === undefined ? undefined : durationOf(session.faults, '--every', given.every, 0);
    const timeoutMs = durationOf(session.faults, '--timeout', given.timeout, 30_000);
    session.checkUsage();
    await using emulated = pod && (await emulation?.emulatePod(pod, context));
    const service = await context.metadataService();
    const asked =
      pod && emulated ? { ...question, endpoint: emulated.endpoint, emulatedIn: pod.namespace } : question;
    const { askForToken, watchToken } = await import('../workflows/agent/ask-for-token.ts');
    const ask = (subject: boolean) =>
      askForToken(service, asked, { clock, report, timeoutMs, subject, signal });
    if (everyMs === undefined) {
      const answer = await ask(true);
      const { opened } = answer;
      await session.print(tokenView(answer, clock.now()), opened === undefined ? tokenShape : openedShape);
      if (opened !== undefined) {
        const { checkOpened } = await import('../cli/token/check-opened.ts');
        checkOpened(opened, answer.owner);
      }
      return 0;
    }
    await watchToken(
      () => ask(false),
      async (news) => {
        await session.print(newsView(news), newsShape, 'table');
        return !context.stdout.readerGone;
      },
      { clock, everyMs, signal },
    );
    return 0;
  },
});

function questionOf(given: FlagValues<typeof flags>, { context, faults, global }: Session): MetadataQuestion {
  const { env } = context;
  const fromFlag = given.endpoint !== undefined;
  const endpoint = given.endpoint ?? (env['AZURE_POD_IDENTITY_AUTHORITY_HOST'] || 'http://169.254.169.254');
  const source = fromFlag ? '--endpoint' : 'AZURE_POD_IDENTITY_AUTHORITY_HOST';
  faults.check(source, endpoint, 'the base of a metadata service', endpointRule);
  const opening =
    given.get === undefined
      ? undefined
      : urlToOpen(
          given.get,
          {
            resource: given.resource,
            endpoint,
            armEndpoint: env['PODID_ARM_ENDPOINT'] || undefined,
            emulated: given.emulatedPod !== undefined,
          },
          faults,
        );
  const resource =
    opening?.resource ?? given.resource ?? armResource(global.cloud ?? (env['PODID_CLOUD'] || undefined));
  faults.check('--resource', resource, 'an audience', audienceRule);
  const { identityResourceId } = given;
  // An emulated pod is not this shell, whose variable may be that of a sign-in.
  const mayBeOfPod = identityResourceId === undefined && given.emulatedPod === undefined;
  const clientId = given.clientId ?? (mayBeOfPod ? env['AZURE_CLIENT_ID'] || undefined : undefined);
  if (clientId !== undefined) {
    faults.check(
      given.clientId === undefined ? 'AZURE_CLIENT_ID' : '--client-id',
      clientId,
      'a client id',
      principalIdRule,
    );
  }
  if (identityResourceId !== undefined) {
    faults.check(
      '--identity-resource-id',
      identityResourceId,
      'the id of a managed identity',
      managedIdentityIdRule,
    );
  }
  if (given.clientId !== undefined && identityResourceId !== undefined) {
    faults.add(
      '--client-id',
      '--client-id and --identity-resource-id both name the identity; give one of them.',
    );
  }
  return {
    endpoint,
    resource,
    ...(clientId === undefined ? {} : { clientId }),
    ...(identityResourceId === undefined ? {} : { identityResourceId }),
    ...(opening === undefined ? {} : { open: opening.open }),
  };
}

/** The shape alone matters, for `--query` to be tried on. */
function exampleOf(opened: Opened): unknown {
  const owner = {
    clientId: '00000000-0000-4000-8000-000000000002',
    objectId: null,
    tenantId: null,
    identityResourceId: null,
    resource: '',
    expiresOnSec: 0,
  };
  return tokenView({ owner, agent: null, opened }, 0);
}

const armResources: Readonly<Record<string, string>> = {
  AzureUSGovernment: 'https://management.usgovcloudapi.net/',
  AzureChinaCloud: 'https://management.chinacloudapi.cn/',
};

/**
 * The audience of ARM itself: what any identity can get a token for. @param cloud as `--cloud` takes it;
 * undefined: the public one
 */
function armResource(cloud: string | undefined): string {
  const name = choiceOf(cloud ?? '', Object.keys(armResources)) ?? '';
  return armResources[name] ?? 'https://management.azure.com/';
}
