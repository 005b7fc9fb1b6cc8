import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The version for which charts are rendered; a helm built from its module alone takes the cluster for 1.20.
 */
const kubeVersion = '1.34.1';

/** `helm template`, as an installation by the name of podid in kube-system. */
export function helmTemplate({ helm, chart, root, args }) {
  return spawnSync(
    helm,
    ['template', 'podid', chart, '--namespace', 'kube-system', '--kube-version', kubeVersion, ...args],
    { cwd: root, encoding: 'utf8' },
  );
}

/**
 * For `kubectl apply -f`: the definitions too, no hooks, which only Helm runs, and no claim that Helm manages
 * it.
 * @param mode `managed` or `standard`
 * @param image its repository; undefined: the chart's own, which a release has put there
 */
export function renderManifest({ helm, chart, root, mode, image }) {
  const named = image === undefined ? [] : ['--set', `podid.image.repository=${image}`];
  const { status, stdout, stderr } = helmTemplate({
    helm,
    chart,
    root,
    args: ['--no-hooks', '--set', `operationMode=${mode}`, ...named],
  });
  if (status !== 0) {
    throw new Error(stderr);
  }
  const folder = join(root, 'deploy/crds');
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort();
  return [
    `# podid in ${mode} mode, for \`kubectl apply --server-side -f\`. Rendered from deploy/chart by scripts/render-manifest.mjs.`,
    ...names.map((name) => `---\n${readFileSync(join(folder, name), 'utf8').trimEnd()}`),
    stdout
      .replaceAll('app.kubernetes.io/managed-by: Helm', 'app.kubernetes.io/managed-by: kubectl')
      .trimEnd(),
    '',
  ].join('\n');
}
