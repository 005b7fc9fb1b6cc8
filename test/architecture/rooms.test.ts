import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { roomOf, root, type SourceFile, sourceFiles } from './source-files.ts';

interface Room {
  /** Other rooms of ours, or folders of them: `k8s/client`. */
  readonly rooms: readonly string[];
  /** Packages, and `node:` for Node's own modules. A name that ends with `*` stands for all that begin so. */
  readonly packages: readonly string[];
}

/** Who may import whom. Arrows point inward to the domain; what is not listed is forbidden. */
const house: Readonly<Record<string, Room>> = {
  errors: { rooms: [], packages: [] },
  domain: { rooms: ['errors'], packages: [] },
  validate: {
    rooms: ['domain', 'errors'],
    packages: ['fastest-levenshtein', 'jsonschema', 'yaml', 'unbash'],
  },
  flags: { rooms: ['validate', 'errors'], packages: ['commander', 'node:util'] },
  workflows: { rooms: ['domain', 'errors'], packages: [] },
  terminal: {
    rooms: ['errors'],
    packages: [
      'node:*',
      'chalk',
      'inquirer',
      'yaml',
      '@jmespath-community/jmespath',
      'cli-progress',
      'cli-table3',
      'yocto-spinner',
    ],
  },
  network: { rooms: ['domain', 'errors'], packages: ['node:*', 'https-proxy-agent', 'socks-proxy-agent'] },
  runtime: { rooms: ['errors', 'domain/time'], packages: ['node:*', 'prom-client'] },
  arm: {
    rooms: ['network', 'domain', 'validate', 'errors'],
    packages: ['node:*', '@azure/*', 'fflate', 'jsonc-parser', 'open', 'uuid'],
  },
  k8s: {
    rooms: ['network', 'domain', 'validate', 'errors'],
    packages: ['node:*', '@kubernetes/client-node/dist/config.js', 'ws'],
  },
  cli: {
    rooms: ['flags', 'validate', 'workflows', 'domain', 'terminal', 'errors'],
    packages: ['node:*', 'commander', 'fflate'],
  },
  commands: { rooms: ['cli', 'flags', 'validate', 'workflows', 'domain', 'errors'], packages: ['node:*'] },
  nmi: {
    rooms: ['domain', 'k8s/client', 'network', 'runtime', 'flags', 'validate', 'errors'],
    packages: ['node:*', '@azure/msal-node', 'jose', 'node-forge', 'https-proxy-agent'],
  },
  mic: {
    rooms: ['domain', 'arm', 'k8s/client', 'network', 'runtime', 'flags', 'validate', 'errors'],
    packages: ['node:*'],
  },
  emulator: { rooms: [], packages: ['node:*'] },
};

/** The one file that opens the doors to the adapters, and only by `import()`. */
const composition = 'src/cli/run/context.ts';
const adapters = ['arm', 'k8s', 'network', 'emulator'];
/** Small enough to be loaded at once, and the same for all three programs. */
const clock = 'src/runtime/system-clock.ts';
/** The one file of `cli` that knows the typed commands, and loads one only when it is typed. */
const tree = 'src/cli/run/command-tree.ts';

/** By which Helm refuses values, and podid too. */
const chartSchema = 'deploy/chart/values.schema.json';

/** What podid and podid-nmi have in common, types aside: what is added here is loaded on every node. */
const agentShares: readonly string[] = [
  'src/domain/azure/entra-hosts.ts',
  'src/domain/azure/loopback-host.ts',
  'src/domain/azure/odd-character.ts',
  'src/domain/azure/resource-id.ts',
  'src/domain/azure/written-id.ts',
  'src/domain/exchange/exchange-guard.ts',
  'src/domain/exchange/kept-annotations.ts',
  'src/domain/exchange/token-source.ts',
  'src/domain/kubernetes/decide/binding-fit.ts',
  'src/domain/kubernetes/decide/choose-identity.ts',
  'src/domain/kubernetes/decide/pod-decision.ts',
  'src/domain/kubernetes/identity-credential.ts',
  'src/domain/kubernetes/identity-resources.ts',
  'src/domain/kubernetes/object-limits.ts',
  'src/domain/kubernetes/secret-pairs.ts',
  'src/domain/kubernetes/taints.ts',
  'src/domain/standard-mode/turn-queue.ts',
  'src/domain/takeover/hold.ts',
  'src/domain/time/backoff.ts',
  'src/domain/time/change-notice.ts',
  'src/domain/time/retry-after.ts',
  'src/domain/time/time-limit.ts',
  'src/errors/error-catalog.ts',
  'src/errors/hint.ts',
  'src/errors/plain-text.ts',
  'src/errors/podid-error.ts',
  'src/errors/shell-word.ts',
  'src/errors/system-error-code.ts',
  'src/flags/flag-table.ts',
  'src/flags/flag-text.ts',
  'src/flags/help-text.ts',
  'src/flags/klog-flags.ts',
  'src/flags/read-flags.ts',
  'src/flags/read-go-flags.ts',
  'src/k8s/client/api-connection.ts',
  'src/k8s/client/api-endpoint.ts',
  'src/k8s/client/capped-target.ts',
  'src/k8s/client/cut-json.ts',
  'src/k8s/client/json-value-end.ts',
  'src/k8s/client/kubeconfig-endpoint.ts',
  'src/k8s/client/live-endpoint.ts',
  'src/k8s/client/object-event.ts',
  'src/k8s/client/open-request.ts',
  'src/k8s/client/watch-list.ts',
  'src/k8s/client/whole-element.ts',
  'src/k8s/kubeconfig/choose-context.ts',
  'src/k8s/kubeconfig/read-kubeconfig.ts',
  'src/k8s/kubeconfig/service-account-context.ts',
  'src/network/explain-network-fault.ts',
  'src/network/network.ts',
  'src/network/no-proxy.ts',
  'src/network/own-authorities.ts',
  'src/network/proxy-agent.ts',
  'src/network/proxy-choice.ts',
  'src/network/socks-agent.ts',
  'src/validate/files/go-yaml-scalar.ts',
  'src/validate/files/kubeconfig-entries.ts',
  'src/validate/files/kubeconfig.ts',
  'src/validate/files/located-yaml.ts',
  'src/validate/files/yaml-nodes.ts',
  'src/validate/flags/kubernetes-names.ts',
  'src/validate/json-record.ts',
  'src/validate/json-shape.ts',
  'src/validate/kubernetes/controller-ref.ts',
  'src/validate/kubernetes/crd-objects.ts',
  'src/validate/kubernetes/kept-members.ts',
  'src/validate/kubernetes/kube-status.ts',
  'src/validate/kubernetes/pod.ts',
  'src/validate/kubernetes/takeover-hold.ts',
  'src/validate/kubernetes/watch-event.ts',
  'src/validate/nearest-word.ts',
  'src/validate/token-claims.ts',
  'src/validate/usage-faults.ts',
];

const files = sourceFiles('src');

describe('the house', () => {
  it('has no room that the table does not know', () => {
    expect(
      [...new Set(files.map((file) => roomOf(file.path)))].filter((room) => house[room] === undefined),
    ).toEqual([]);
  });

  it('lets each room import what its row names', () => {
    expect(files.flatMap(strangersIn)).toEqual([]);
  });

  it('loads inquirer where something is asked, and not before', () => {
    const found = files.flatMap((file) =>
      file.imports
        .filter((each) => each.specifier === 'inquirer')
        .map((each) => `${file.path}${each.dynamic ? '' : ' statically'}`),
    );
    expect(found).toEqual(['src/terminal/ask/confirm.ts', 'src/terminal/ask/questions.ts']);
  });

  it('loads workflows and adapters when a command runs, so that help stays quick', () => {
    const early = files
      .filter((file) => ['cli', 'commands'].includes(roomOf(file.path)))
      .flatMap((file) =>
        file.imports
          .filter((each) => !each.dynamic && !each.typeOnly && each.target !== undefined)
          .filter((each) => ['workflows', ...adapters].includes(roomOf(each.target ?? '')))
          .filter((each) => !onlyTypes(file, each.specifier))
          .map((each) => `${file.path} → ${each.specifier}`),
      );
    expect(early).toEqual([]);
  });

  it('reports the same table in docs/architecture.md', () => {
    const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `(\w+)\/` \| .* \| ([^|]+) \|$/gm)].map(([, room, allowed = '']) => [
      room,
      allowed.startsWith('nothing') ? [] : allowed.split(', '),
    ]);
    expect(Object.fromEntries(rows)).toEqual(
      Object.fromEntries(Object.entries(house).map(([room, { rooms }]) => [room, [...rooms]])),
    );
  });

  it('gives the agent of what is not its own only what is listed here', () => {
    const byPath = new Map(files.map((file) => [file.path, file]));
    const reached = new Set<string>();
    const walk = (path: string): void => {
      for (const each of byPath.get(path)?.imports ?? []) {
        if (each.target !== undefined && !each.typeOnly && !reached.has(each.target)) {
          reached.add(each.target);
          walk(each.target);
        }
      }
    };
    walk('src/nmi/main.ts');
    const own = /^src\/(?:nmi|runtime)\//;
    expect([...reached].filter((path) => !own.test(path)).sort()).toEqual(agentShares);
  });

  it('has no circle of imports', () => {
    expect(circles(files)).toEqual([]);
  });
});

function strangersIn(file: SourceFile): string[] {
  const room = house[roomOf(file.path)];
  if (room === undefined) {
    return [];
  }
  return file.imports
    .filter(({ specifier, target, dynamic }) => {
      if (target === undefined) {
        return !room.packages.some((name) => matches(name, specifier));
      }
      if (target === chartSchema) {
        return roomOf(file.path) !== 'validate';
      }
      const other = roomOf(target);
      if (file.path === composition && adapters.includes(other)) {
        return !dynamic;
      }
      if (file.path === tree && other === 'commands') {
        return !dynamic;
      }
      if (file.path === composition && target === clock) {
        return false;
      }
      const open = [roomOf(file.path), ...room.rooms];
      return !open.some((name) => target.startsWith(`src/${name}/`));
    })
    .map(({ specifier }) => `${file.path} → ${specifier}`);
}

function matches(name: string, specifier: string): boolean {
  return name.endsWith('*') ? specifier.startsWith(name.slice(0, -1)) : specifier === name;
}

/** `import { type A } from …` is as good as `import type`. */
function onlyTypes(file: SourceFile, specifier: string): boolean {
  const [, names = ''] =
    file.text.match(new RegExp(`import \\{([^}]*)\\} from '${specifier.replaceAll('.', '\\.')}'`)) ?? [];
  return names
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
    .every((name) => name.startsWith('type '));
}

function circles(all: readonly SourceFile[]): string[] {
  const byPath = new Map(all.map((file) => [file.path, file]));
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (path: string, history: readonly string[]): void => {
    if (history.includes(path)) {
      found.push([...history.slice(history.indexOf(path)), path].join(' → '));
      return;
    }
    if (done.has(path)) {
      return;
    }
    for (const each of byPath.get(path)?.imports ?? []) {
      if (each.target !== undefined && !each.dynamic) {
        walk(each.target, [...history, path]);
      }
    }
    done.add(path);
  };
  for (const file of all) {
    walk(file.path, []);
  }
  return found;
}
