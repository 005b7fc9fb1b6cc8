/** Where the test's own programs are seen in a pod. */
const programsAt = '/programs';

export interface PodOptions {
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Of the container; podid's own programs are on its PATH. */
  readonly command: readonly string[];
  readonly image?: string;
  /** Folder of the machine with the test's own programs. */
  readonly programs?: string;
  readonly hostPort?: number;
  readonly hostNetwork?: boolean;
}

/** A pod of one container that runs podid's image as its unprivileged user. */
export function podObject(name: string, options: PodOptions): object {
  const {
    namespace = 'shop',
    labels = {},
    command,
    image = 'docker.io/podid/podid:test',
    programs,
  } = options;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 5,
      automountServiceAccountToken: false,
      hostNetwork: options.hostNetwork ?? false,
      containers: [
        {
          name: 'app',
          image,
          imagePullPolicy: 'IfNotPresent',
          command,
          ...(options.hostPort && {
            ports: [{ containerPort: options.hostPort, hostPort: options.hostPort }],
          }),
          ...(programs && { volumeMounts: [{ name: 'programs', mountPath: programsAt, readOnly: true }] }),
        },
      ],
      ...(programs && { volumes: [{ name: 'programs', hostPath: { path: programs, type: 'Directory' } }] }),
    },
  };
}

/** The pod of the AKS documentation's demonstration, as `podid init` prints it, but asking every second. */
export function demoPod(
  name: string,
  options: Omit<PodOptions, 'command'>,
  ...flags: readonly string[]
): object {
  return podObject(name, {
    ...options,
    command: ['podid', 'token', '--every', '1s', '-o', 'json', ...flags],
  });
}

/** Asks for a token twenty times a second, each time over a new connection. */
export function askingPod(name: string, options: AskingOptions): object {
  const { everyMs = 50, target, ...others } = options;
  const command = [
    'node',
    `${programsAt}/asker.mjs`,
    String(everyMs),
    ...(target === undefined ? [] : [target]),
  ];
  return podObject(name, { ...others, command });
}

export interface AskingOptions extends Omit<PodOptions, 'command'> {
  readonly programs: string;
  readonly everyMs?: number;
  /** As `asker.ts` takes it. */
  readonly target?: string;
}
