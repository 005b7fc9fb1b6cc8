import { exitCodes } from '../../errors/exit-codes.ts';
import { type HelpPage, helpText } from '../../flags/help-text.ts';

type Topic = Pick<HelpPage, 'summary' | 'description' | 'words'>;

const environment: Topic = {
  summary: 'the variables of the environment that podid reads',
  description:
    "A flag goes first, then its variable, then podid's own settings (podid config), then the defaults of az. An empty variable counts as one that is not set.",
  words: [
    {
      heading: 'Instead of flags',
      items: [
        ['PODID_RESOURCE_GROUP', '--resource-group; else AZURE_DEFAULTS_GROUP, else the default group of az'],
        ['PODID_CLUSTER_NAME', '--cluster-name'],
        ['AZURE_SUBSCRIPTION_ID', '--subscription, else the default subscription of az'],
        ['AZURE_DEFAULTS_GROUP', "az's own variable for the default group"],
        ['PODID_OUTPUT', '--output'],
        ['PODID_CLOUD', '--cloud'],
        ['PODID_AUTH', '--auth; wins over AZURE_TOKEN_CREDENTIALS'],
        ['PODID_MODE', '--mode, of the commands that have it'],
        ['PODID_POLL_INTERVAL', '--poll-interval'],
        ['PODID_PUBLIC_FQDN', '--public-fqdn: true or false'],
        ['KUBECONFIG', '--kubeconfig, where --context or PODID_ARM_ENDPOINT is given too'],
        ['NO_COLOR', '--no-color'],
        ['LC_ALL, LC_CTYPE, LANG', 'the first that is set; where it says no UTF-8, texts are in ASCII'],
        ['PODID_NO_NOTICE', "no note about the end of Azure's support for the add-on"],
        ['PODID_COMPLETION_TIMEOUT', 'seconds that a shell waits for names when it completes a word: 0.3'],
      ],
    },
    {
      heading: 'Signing in to Azure',
      items: [
        ['AZURE_TENANT_ID, AZURE_CLIENT_ID', 'of a service principal or a workload identity'],
        ['AZURE_CLIENT_SECRET', 'the secret of the service principal'],
        ['AZURE_CLIENT_CERTIFICATE_PATH', 'its certificate, instead of a secret'],
        ['AZURE_CLIENT_CERTIFICATE_PASSWORD', 'what the certificate is encrypted with'],
        ['AZURE_CLIENT_SEND_CERTIFICATE_CHAIN', '1: for applications that trust by subject name and issuer'],
        ['AZURE_USERNAME, AZURE_PASSWORD', 'of a user who needs no second factor, instead of a secret'],
        ['AZURE_FEDERATED_TOKEN_FILE', 'the token of a workload identity'],
        ['AZURESUBSCRIPTION_SERVICE_CONNECTION_ID', 'of a job of Azure Pipelines; the task AzureCLI sets it'],
        [
          'AZURESUBSCRIPTION_CLIENT_ID',
          'the application of that service connection; the task sets it as well',
        ],
        ['SYSTEM_ACCESSTOKEN', "the job's own token, which the job has to map: $(System.AccessToken)"],
        [
          'AZURE_TOKEN_CREDENTIALS',
          "which ways of signing in are tried, as the Azure SDKs define it: dev (az, azd), prod (environment, workload identity, managed identity), or one credential's name",
        ],
        ['AZURE_AUTHORITY_HOST', 'where to sign in, instead of the authority of the cloud'],
        ['AZURE_CONFIG_DIR', 'the folder of az, ~/.azure'],
        [
          'HTTPS_PROXY, ALL_PROXY',
          "the proxy to Azure and to the cluster's API, as curl takes it; the spelling https_proxy goes first",
        ],
        [
          'NO_PROXY',
          'names, addresses and ranges that are reached without a proxy: *.contoso.com,10.0.0.0/8',
        ],
        ['NODE_EXTRA_CA_CERTS', 'a file of certificates to trust; Node reads it'],
        [
          'REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, SSL_CERT_FILE',
          'files or folders of certificates to trust as well; az, curl and Go read them',
        ],
      ],
    },
    {
      heading: 'Private clouds, labs and tests',
      items: [
        ['PODID_ARM_ENDPOINT', "Azure Resource Manager's URL; https, but for loopback"],
        ['PODID_ARM_TOKEN', 'a bearer token, used as it is; for an endpoint on loopback alone'],
        [
          'PODID_EMULATOR_KEY',
          'what podid emulator wants of whoever controls it; its lines set it, and podid token --emulated-pod needs it',
        ],
        ['PODID_ARM_API_VERSION', "the api-version of the cluster's requests, instead of podid's choice"],
      ],
    },
    {
      heading: 'In a pod (podid token, podid nmi)',
      items: [
        ['AZURE_POD_IDENTITY_AUTHORITY_HOST', 'where podid token asks, instead of http://169.254.169.254'],
        [
          'KUBERNETES_SERVICE_HOST',
          "the cluster's API for a pod, with KUBERNETES_SERVICE_PORT; Kubernetes sets both",
        ],
      ],
    },
    {
      heading: 'Folders and terminals',
      items: [
        ['XDG_CONFIG_HOME', 'where podid keeps its own settings (podid config), ~/.config'],
        ['XDG_STATE_HOME', 'where podid remembers which notes it gave, ~/.local/state'],
        ['XDG_CACHE_HOME', 'where the names for completion and compiled code are kept, ~/.cache'],
        ['HOME, USERPROFILE', 'your home; USERPROFILE where HOME is not set'],
        ['CI', 'no spinner; other variables of CI systems keep the note away as well'],
        ['TERM', 'dumb: no colours and no spinner'],
      ],
    },
  ],
};

const exitCodeTopic: Topic = {
  summary: 'what the exit codes mean, beside those of az',
  description:
    'The error on stderr says more; with -o json it has a code that docs/errors.md lists. On failure stdout is empty, unless the change in Azure was made, or the command looks into things and prints what it found (podid doctor, for one).',
  words: [
    {
      heading: 'Exit codes',
      items: exitCodes.map(({ code, meaning, az }) => [
        code,
        `${meaning.replaceAll('`', '')}${az === '' ? '' : ` (az: ${az})`}`,
      ]),
    },
  ],
};

const formats: Topic = {
  summary: 'the formats of a result, and how to pick from it with --query',
  description:
    'The result of a command is on stdout, everything else on stderr. --output names its format, else PODID_OUTPUT, else it is a table on a terminal and JSON otherwise.\n\n--query takes an expression of JMESPath (jmespath.org), as az does, and what it picks is printed in the same format. For example: --query "[?provisioningState!=\'Assigned\'].name". An expression that cannot be read is refused before anything is sent; a member that does not exist gives null.\n\nWith --output json an error is one line of JSON on stderr: {code, message, hint, details, requestId, correlationId, target}. Without it an error is text, whatever stdout is.',
  words: [
    {
      heading: 'Formats',
      items: [
        ['json', 'the whole result'],
        ['yaml', 'the same as YAML'],
        ['jsonc, yamlc', 'json and yaml, in colour on a terminal'],
        ['table', 'its main members, as wide as the terminal'],
        ['wide', 'a table with more members, in which nothing is cut'],
        ['name', 'of a list: one name a line, NAMESPACE/NAME of pod identities and exceptions'],
        ['html', 'a page for a browser, of the commands that have one'],
        ['tsv', 'one line for each item, values separated by tabs, without a heading; null is empty'],
        ['none', 'nothing'],
      ],
    },
  ],
};

/** The topics of `podid help TOPIC`. */
export const topics: Readonly<Record<string, Topic>> = {
  environment,
  'exit-codes': exitCodeTopic,
  formats,
};

export function topicHelp(topic: string, width?: number): string | undefined {
  const text = Object.hasOwn(topics, topic) ? topics[topic] : undefined;
  return text && helpText({ name: `podid help ${topic}`, ...text }, width);
}
