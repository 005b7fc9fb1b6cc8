import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { KubeConfig } from '@kubernetes/client-node';
import type { EmulatedPodid } from './emulated-podid.ts';

const run = promisify(execFile);

/**
 * Types a command of kubectl or az as a reader of a hint would, words split by a shell; what those programs send is
 * sent by this one, for neither is there in this ring.
 *
 * @throws where it is none of the commands that are known here, or the emulator refuses
 */
export async function typeOthers(podid: EmulatedPodid, line: string): Promise<void> {
  const { stdout } = await run('bash', ['-c', `printf '%s\\n' ${line}`]);
  await typeOthersWords(podid, stdout.trimEnd().split('\n'));
}

/**
 * The same for words that no shell has to split.
 *
 * @param edit what somebody changes in the editor of `kubectl edit`
 */
export async function typeOthersWords(
  podid: EmulatedPodid,
  words: readonly string[],
  edit: (object: KubeDocument) => object = (object) => object,
): Promise<void> {
  const [program = ''] = words;
  const typed = readWords(words);
  if (program === 'az') {
    await typeAz(podid, typed);
  } else if (program === 'kubectl') {
    await typeKubectl(podid, typed, edit);
  } else {
    throw new Error(`Nobody knows what ${words.join(' ')} sends.`);
  }
}

interface Typed {
  readonly line: string;
  /** Without the program, and without flags. */
  readonly plain: readonly string[];
  readonly flags: ReadonlyMap<string, string>;
}

export interface KubeDocument {
  readonly metadata: { readonly name: string };
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** Flags of the commands here that have no value of their own. */
const switches = ['--yes', '--overwrite', '--all-namespaces', '-A', '--ignore-not-found'];

function readWords([program = '', ...words]: readonly string[]): Typed {
  const plain: string[] = [];
  const flags = new Map<string, string>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (!word.startsWith('-')) {
      plain.push(word);
    } else if (switches.includes(word)) {
      flags.set(word, '');
    } else {
      at += 1;
      const value = words[at];
      if (value === undefined) {
        throw new Error(`${word} has no value.`);
      }
      flags.set(word, value);
    }
  }
  return { line: [program, ...words].join(' '), plain, flags };
}

const roleIds: Readonly<Record<string, string>> = {
  'Managed Identity Operator': 'f1a07417-d97a-45cb-824c-7a7467783830',
  'Virtual Machine Contributor': '9980e02c-c2be-4d73-94e8-173b1dc7cf3c',
  Reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
};

async function typeAz(podid: EmulatedPodid, { line, plain, flags }: Typed): Promise<void> {
  const after = (flag: string) => flags.get(flag) ?? '';
  const group = `/subscriptions/${after('--subscription')}/resourceGroups/${after('-g')}`;
  const provider = '/providers/Microsoft.ManagedIdentity/userAssignedIdentities';
  switch (plain.join(' ')) {
    case 'identity federated-credential create': {
      const properties = {
        issuer: after('--issuer'),
        subject: after('--subject'),
        audiences: [after('--audiences')],
      };
      const identity = `${group}${provider}/${after('--identity-name')}`;
      const path = `${identity}/federatedIdentityCredentials/${after('--name')}`;
      return await sendArm(podid, 'PUT', path, '2024-11-30', { properties });
    }
    case 'identity federated-credential delete': {
      const path = `${group}${provider}/${after('--identity-name')}/federatedIdentityCredentials/${after('--name')}`;
      return await sendArm(podid, 'DELETE', path, '2024-11-30');
    }
    case 'role assignment delete':
      return await sendArm(podid, 'DELETE', after('--ids'), '2022-04-01');
    case 'role assignment create': {
      const roleId = roleIds[after('--role')];
      if (roleId === undefined) {
        throw new Error(`Nobody knows the role of ${line}.`);
      }
      const properties = {
        roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${roleId}`,
        principalId: after('--assignee-object-id'),
        principalType: after('--assignee-principal-type'),
      };
      const path = `${after('--scope')}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`;
      return await sendArm(podid, 'PUT', path, '2022-04-01', { properties });
    }
    case 'identity show':
      return await sendArm(podid, 'GET', after('--ids'), '2024-11-30');
    case 'identity list':
      return await sendArm(
        podid,
        'GET',
        `/subscriptions/${after('--subscription')}${provider}`,
        '2024-11-30',
      );
    case 'aks start':
      return await sendArm(podid, 'POST', `${clusterPath(group, after('-n'))}/start`, '2025-08-01');
    // As az fills in what nobody names.
    case 'aks nodepool add': {
      const path = `${clusterPath(group, after('--cluster-name'))}/agentPools/${after('-n')}`;
      const properties = { count: 3, mode: 'User', osType: 'Linux', type: 'VirtualMachineScaleSets' };
      await sendArm(podid, 'PUT', path, '2025-08-01', { properties });
      // az waits until it is made.
      await podid.run('wait --for idle');
      return;
    }
    case 'vmss show':
      return await sendArm(podid, 'GET', after('--ids'), '2024-07-01');
    default:
      throw new Error(`Nobody knows what ${line} sends.`);
  }
}

function clusterPath(group: string, name: string): string {
  return `${group}/providers/Microsoft.ContainerService/managedClusters/${name}`;
}

async function typeKubectl(
  podid: EmulatedPodid,
  { line, plain: [verb, kind = '', name = '', ...rest], flags }: Typed,
  edit: (object: KubeDocument) => object,
): Promise<void> {
  const namespace = flags.get('-n');
  if (verb === 'logs') {
    const [pod, container] = kind.includes('/') ? [] : [kind, name];
    await lookAtLogs(podid, namespace ?? '', pod ?? kind, container);
    return;
  }
  const pathOf = async (one: string) => await pathOfKind(podid, one, namespace);
  const assigned = Object.fromEntries(
    rest.filter((word) => word.includes('=')).map((word) => word.split('=') as [string, string]),
  );
  switch (verb) {
    case 'patch': {
      const how = flags.get('--type') === 'merge' ? 'merge' : 'strategic-merge';
      const patch = JSON.parse(flags.get('-p') ?? '') as object;
      await sendKube(podid, 'PATCH', `${await pathOf(kind)}/${name}`, patch, how);
      return;
    }
    case 'annotate':
    case 'label': {
      const path = `${await pathOf(kind)}/${name}`;
      const key = verb === 'label' ? 'labels' : 'annotations';
      await refuseSilentChange(podid, path, key, assigned, flags.has('--overwrite'));
      await sendKube(podid, 'PATCH', path, { metadata: { [key]: assigned } }, 'merge');
      return;
    }
    case 'delete':
      await sendKube(podid, 'DELETE', `${await pathOf(kind)}/${name}`).catch((error: Error) => {
        if (!flags.has('--ignore-not-found') || !error.message.includes(' 404: ')) {
          throw error;
        }
      });
      return;
    case 'auth': {
      if (kind !== 'can-i') {
        throw new Error(`Nobody knows what ${line} sends.`);
      }
      const [resource, subresource] = rest[0]?.split('/') ?? [];
      const body = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { verb: name, namespace, resource, subresource } },
      };
      await sendKube(podid, 'POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', body);
      return;
    }
    case 'create': {
      const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } };
      await sendKube(podid, 'POST', await pathOf(kind), account);
      return;
    }
    case 'edit': {
      const path = `${await pathOf(kind)}/${name}`;
      await sendKube(
        podid,
        'PUT',
        path,
        edit(JSON.parse(await sendKube(podid, 'GET', path)) as KubeDocument),
      );
      return;
    }
    case 'get':
    case 'describe':
      for (const one of kind.split(',')) {
        await sendKube(podid, 'GET', `${await pathOf(one)}${name === '' ? '' : `/${name}`}`);
      }
      return;
    default:
      throw new Error(`Nobody knows what ${line} sends.`);
  }
}

async function lookAtLogs(podid: EmulatedPodid, namespace: string, of: string, container?: string) {
  const [kind, name] = of.includes('/') ? of.split('/') : [];
  if (kind !== undefined) {
    await sendKube(podid, 'GET', `${await pathOfKind(podid, kind, namespace)}/${name}`);
    return;
  }
  const query = container ? `?container=${container}` : '';
  await sendKube(podid, 'GET', `/api/v1/namespaces/${namespace}/pods/${of}/log${query}`);
}

/** kubectl changes no value that is there, unless it is told to. */
async function refuseSilentChange(
  podid: EmulatedPodid,
  path: string,
  key: 'labels' | 'annotations',
  wanted: Readonly<Record<string, string>>,
  mayOverwrite: boolean,
): Promise<void> {
  const { metadata } = JSON.parse(await sendKube(podid, 'GET', path)) as {
    readonly metadata: Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;
  };
  const held = metadata[key] ?? {};
  const changed = Object.keys(wanted).find((each) => each in held && held[each] !== wanted[each]);
  if (changed !== undefined && !mayOverwrite) {
    throw new Error(`${changed} has a value already, and --overwrite is not given.`);
  }
}

interface Discovered {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
}

/** As kubectl finds a kind: by its singular or plural in each group, or by `plural.group`. */
async function pathOfKind(podid: EmulatedPodid, word: string, namespace?: string): Promise<string> {
  const { groups } = JSON.parse(await sendKube(podid, 'GET', '/apis')) as {
    readonly groups: readonly { readonly preferredVersion: { readonly groupVersion: string } }[];
  };
  const roots = [
    '/api/v1',
    ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`),
  ];
  for (const root of roots) {
    const { resources } = JSON.parse(await sendKube(podid, 'GET', root)) as {
      readonly resources: readonly Discovered[];
    };
    const group = root.split('/')[2] ?? '';
    const found = resources.find(({ name, singularName }) =>
      [name, singularName, `${name}.${group}`].includes(word),
    );
    if (found !== undefined) {
      const inNamespace = found.namespaced && namespace !== undefined ? `/namespaces/${namespace}` : '';
      return `${root}${inNamespace}/${found.name}`;
    }
  }
  throw new Error(`The server has no resource type "${word}".`);
}

async function sendArm(
  { emulator }: EmulatedPodid,
  method: string,
  path: string,
  version: string,
  body?: object,
): Promise<void> {
  const { PODID_ARM_ENDPOINT: endpoint, PODID_ARM_TOKEN: token } = emulator.environment;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const url = `${endpoint}${path}?api-version=${version}`;
  const response = await fetch(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) {
    throw new Error(`${response.status}: ${await response.text()}`);
  }
}

async function sendKube(
  { emulator }: EmulatedPodid,
  method: string,
  path: string,
  body?: object,
  patch: 'merge' | 'strategic-merge' = 'strategic-merge',
): Promise<string> {
  const config = new KubeConfig();
  config.loadFromFile(emulator.environment['KUBECONFIG'] ?? '');
  const cluster = config.getCurrentCluster();
  const type = method === 'PATCH' ? `application/${patch}-patch+json` : 'application/json';
  const sent = request(`${cluster?.server}${path}`, {
    method,
    headers: { authorization: `Bearer ${config.getCurrentUser()?.token}`, 'content-type': type },
    ca: Buffer.from(cluster?.caData ?? '', 'base64'),
  });
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const status = response.statusCode ?? 0;
  const answer = await text(response);
  if (status >= 300) {
    throw new Error(`${method} ${path}: ${status}: ${answer}`);
  }
  return answer;
}
