import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type EmulatedPodid, emulatedPodid, identityId } from './emulated-podid.ts';
import { withImage } from './hint-commands.ts';

let podid: EmulatedPodid;
let folder: string;

beforeAll(async () => {
  podid = await emulatedPodid({ scenario: 'way-out' });
  folder = await mkdtemp(join(tmpdir(), 'podid-habit-'));
  await mkdir(join(folder, 'plans'));
  const plan = join(folder, 'plans', 'plan.yaml');
  expect((await podid.run(['migrate', 'plan', '--out', plan])).exitCode).toBe(0);
  expect((await podid.run(['takeover', 'plan', '--out', join(folder, 'takeover.yaml')])).exitCode).toBe(0);
  const kubeconfig = await readFile(podid.emulator.environment['KUBECONFIG'] ?? '', 'utf8');
  await writeFile(join(folder, 'expired.yaml'), kubeconfig.replace(/token: .*/, 'token: expired'));
  await writeFile(join(folder, 'dead.yaml'), kubeconfig.replace(/server: .*/, 'server: https://127.0.0.1:1'));
});
afterAll(async () => {
  await podid[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** FOLDER stands for the one with the files. */
function typed(line: string) {
  const words = line.split(' ').map((word) => word.replace('FOLDER', folder));
  return podid.run(words[0] === 'takeover' && words[1] === 'apply' ? withImage(words) : words);
}

describe('exchange, migrate and takeover, typed as other programs are', () => {
  it.each([
    ['migrate plan --output Table', /^NAMESPACE +WORKLOAD/],
    ['migrate plan --workload deployment.apps/web -o tsv --query workloads[].name', /^web\n$/],
    ['migrate plan --workload deployments.apps/web -o tsv --query workloads[].name', /^web\n$/],
    ['migrate plan --workload Deploy/web -o tsv --query workloads[].name', /^web\n$/],
    ['migrate plan -A -o tsv --query workloads[].name', /^web\n$/],
    ['migrate apply deployment/web --dry-run -o json', /"changes"/],
    ['migrate rollback Deploy/web --dry-run -o json', /"changes"/],
    ['migrate apply -f FOLDER/plans/plan.yaml --until Trusted --dry-run -o json', /"changes"/],
    ['migrate apply -f FOLDER/plans/plan.yaml -c DEMO --dry-run -o json', /"changes"/],
  ])('take %s', async (line, printed) => {
    const ran = await typed(line);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(printed);
  });

  it.each([
    ['migrate plan -n demo', 'This command has no flag -n. Did you mean --namespace?'],
    ['migrate apply -n demo --dry-run', 'no flag -n. Did you mean --namespace?'],
    ['migrate rollback -n demo --workload deploy/web', 'no flag -n. Did you mean --namespace?'],
    ['takeover status -n kube-system', 'no flag -n. Did you mean --namespace?'],
    ['exchange enable --name web --dry-run', 'no flag --name. Did you mean --identity?'],
    ['migrate rollback --name web', 'no flag --name. Did you mean --workload?'],
    [`exchange enable --identity-resource-id ${identityId('web')}`, 'Did you mean --identity?'],
    ['migrate apply --what-if', 'no flag --what-if. Did you mean --dry-run?'],
    ['migrate apply --dry-run=client', /^podid: --dry-run takes no value\.\n/],
    ['status --watch=5', /^podid: --watch takes no value\.\n/],
    ['migrate rollback web', '"web" is not KIND/NAME, such as deployment/web.'],
    ['migrate plan deployment/web', 'Did you mean --workload deployment/web?'],
    ['exchange enable demo/web', 'Did you mean --identity demo/web?'],
    ['access web', 'Did you mean --identity web?'],
    ['access deployment/web', 'Did you mean --workload deployment/web?'],
    ['migrate status plan.yaml', 'Did you mean --file plan.yaml?'],
    ['migrate status -A', 'no flag -A. It shows the workloads of all namespaces.'],
    ['migrate apply -A', 'no flag -A. Without --namespace it is all.'],
    ['migrate plan -A --namespace demo', '--all-namespaces and --namespace contradict each other.'],
    ['nmi top -n kube-system', 'no flag -n. It shows the agents of all namespaces.'],
    ['exchange enable --namespace demo', 'Did you mean --identity NAMESPACE/NAME?'],
    ['exchange enable --all', 'no flag --all. Without --identity it is all.'],
    ['access --sa demo/web', 'no flag --sa. Did you mean --service-account?'],
    ['access --output page.html', 'Did you mean --out page.html?'],
    ['nmi collect -o out.zip', 'Did you mean --out out.zip?'],
    ['takeover plan --out plan.txt', '--out: "plan.txt" does not end with .yaml or .json.'],
    ['migrate plan --out plan', '--out: "plan" does not end with .yaml, .json or .html.'],
    ['access --out access.txt', '--out: "access.txt" does not end with .html, .json or .yaml.'],
    ['nmi collect --out bundle.tar', '--out: "bundle.tar" does not end with .zip.'],
    ['takeover plan -f takeover.yaml', 'no flag -f. Did you mean --out?'],
    ['takeover plan --out FOLDER/plans', /^(?!.*--force)[\s\S]*plans" is not a regular file\./],
    ['show demo/web', 'Did you mean --namespace demo --name web?'],
    ['delete web', 'Did you mean --name web?'],
    ['exception show demo/legacy', 'Did you mean --namespace demo --name legacy?'],
    ['identity show web', 'Did you mean --name web?'],
    ['doctor demo/web', 'Did you mean --namespace demo --pod web?'],
    ['token demo/web', 'Did you mean --emulated-pod demo/web?'],
    ['list demo', 'Did you mean --namespace demo?'],
    ['list # shows what there is', /^podid: Your shell has handed "#" on, [^\n]*\nhint: /],
    ['wait --deleted', 'no flag --deleted. Did you mean --for deleted?'],
    ['export -f all.yaml', 'no flag -f. It prints the file: podid export > FILE.'],
    ['nmi install --image a/b:c', 'Did you mean --set podid.image.repository=REGISTRY/podid?'],
    ['nmi delete', 'Did you mean podid nmi uninstall?'],
    ['get', 'Did you mean podid list?'],
    ['create', 'Did you mean podid add?'],
    ['-v', 'podid has no flag -v. Did you mean --version?'],
    ['add --namespace demo --identity web --timeout 0s', 'more than 0 and at most 552h.'],
    ['exception add --namespace demo --pod-labels a=b,c=d', 'spaces between the labels: a=b c=d'],
    ['nmi collect --agent-namespace agents', 'Did you mean --namespace?'],
    ['migrate status --watch', 'To look again and again: watch -n 5 podid migrate status.'],
    ['exchange status -w', 'To look again and again: watch -n 5 podid exchange status.'],
    ['takeover status --watch', 'To look again and again: watch -n 5 podid takeover status.'],
    ['migrate undo deployment/web', 'Did you mean podid migrate rollback?'],
    ['exchange list', 'Did you mean podid exchange status?'],
    ['top', 'Did you mean podid nmi top?'],
    ['collect', 'Did you mean podid nmi collect?'],
    ['config set group demo-rg', 'Nearest: resource-group'],
    ['config set output=table', 'Nearest: output table'],
    ['takeover apply --what-if', 'no flag --what-if. Did you mean --dry-run?'],
    ['exchange enable --identity Demo/web', 'Nearest: demo'],
    ['migrate plan --workload web', '"web" is not KIND/NAME, such as deployment/web.'],
    [
      'migrate apply -f FOLDER/plans --dry-run',
      /plans" is a folder, and one file is taken, such as \S+plan\.yaml\./,
    ],
    ['migrate status -f FOLDER/plans', 'is a folder, and one file is taken'],
    ['takeover apply -f FOLDER/plans --yes', 'is a folder, and one file is taken'],
    ['migrate apply -f FOLDER/none.yaml', 'cannot be read: there is no such file or folder.'],
    ['migrate apply -f FOLDER/takeover.yaml', 'podid migrate plan --out FILE writes one.'],
    ['takeover apply -f FOLDER/plans/plan.yaml --yes', 'podid takeover plan --out writes it anew.'],
  ])('refuse %s before anything is sent, with what is meant', async (line, said) => {
    const before = podid.emulator.requests.length;
    const ran = await typed(line);
    expect(ran.exitCode, ran.stderr).toBe(2);
    expect(ran.stderr).toMatch(said);
    expect(podid.emulator.requests).toHaveLength(before);
  });

  it.each([
    ['migrate apply -f FOLDER/none.yaml', 'podid migrate plan --out FOLDER/none.yaml -g demo-rg -c demo'],
    ['migrate status -f FOLDER/none.json', 'podid migrate plan --out FOLDER/none.json -g demo-rg -c demo'],
    ['migrate status -f FOLDER/none', 'podid migrate plan --out plan.yaml -g demo-rg -c demo'],
    ['takeover apply -f FOLDER/none.yaml', 'podid takeover plan --out FOLDER/none.yaml -g demo-rg -c demo'],
    [
      'takeover apply -f none.txt --namespace agents',
      'podid takeover plan --namespace agents --out plan.yaml -g demo-rg -c demo',
    ],
    // A plan of today does not say what was there before the takeover.
    ['takeover rollback -f FOLDER/none.yaml', 'podid takeover status -g demo-rg -c demo'],
    ['takeover apply -f FOLDER/none.yaml --timeout soon', 'podid takeover apply --help'],
    ['takeover apply -f FOLDER/plans', 'podid takeover apply --help'],
  ])(
    'lead from a file of a plan that is not there to the command that writes one: %s',
    async (line, next) => {
      const ran = await typed(`${line} -g demo-rg -c demo`);
      expect(ran.exitCode, ran.stderr).toBe(2);
      expect(ran.stderr).toContain(`hint: ${next.replaceAll('FOLDER', folder)}\n`);
    },
  );

  it.each([
    'migrate plan',
    'migrate status',
    'migrate status -f FOLDER/plans/plan.yaml',
    'migrate check',
    'migrate apply --dry-run',
    'migrate rollback --workload deploy/web --dry-run',
    'migrate finish --dry-run',
    'exchange status',
    'exchange enable --dry-run',
    'exchange disable --dry-run',
    'takeover plan',
    'takeover status',
  ])(
    'say once that the API of the cluster is away, or takes no credentials, and end with that: %s',
    async (line) => {
      for (const [file, exitCode, said] of [
        ['dead', 7, "The cluster's API at 127.0.0.1:1 cannot be reached: "],
        ['expired', 6, "The cluster's API does not accept the credentials of the kubeconfig "],
      ] as const) {
        const ran = await typed(`${line} --kubeconfig FOLDER/${file}.yaml`);
        expect(ran.exitCode, ran.stderr).toBe(exitCode);
        expect(ran.stderr.split(said)).toHaveLength(2);
        if (file === 'expired') {
          expect(ran.stderr).toContain(`hint: kubectl auth whoami --kubeconfig ${folder}/expired.yaml\n`);
        }
      }
    },
  );

  it('lead from a role of no such name to the command of az that lists them', async () => {
    const scope = '/subscriptions/00000000-0000-4000-8000-000000000001';
    const ran = await podid.run([
      ...['add', '--namespace', 'demo', '--identity', 'web', '--grant', `Reeder=${scope}`],
    ]);
    expect(ran.exitCode, ran.stderr).toBe(4);
    expect(ran.stderr).toContain(
      '\nhint: az role definition list --query "[].roleName" -o tsv  # lists them\n',
    );
  });

  it('say where the folder for temporary files is not there, and how to name another', async () => {
    vi.stubEnv('TMPDIR', '/nowhere');
    try {
      const ran = await podid.run('token --emulated-pod demo/web');
      expect(ran.exitCode, ran.stderr).toBe(2);
      expect(ran.stderr).toMatch(
        / can be made in "\/nowhere", .*: there is no such file or folder\.\nhint: /,
      );
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
