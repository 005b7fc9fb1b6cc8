// podid-mic beside upstream's MIC 1.8.17: same machine, same run, each on a real API server of its own, and the emulator
// as Azure. Needs the programs of `test/cluster/one-node/build.sh etcd kube-apiserver`, and Go for upstream.
//   npm run bench -- mic            the loads; PATCHes take a tenth of what they take in Azure
//   npm run bench -- mic --full     as long as in Azure, and upstream with its own defaults too: an hour
//   npm run bench -- mic --scenes   what each does in situations that users of upstream complained of
//   npm run bench -- mic --churn    podid-mic alone: 18,000 pods that come and go, in a cluster of 5,000
// Further flags: --only=podid, of the peers; --loads=warm,burst, of the loads; --scene=WORD, of titles; --churn-pods=18000 --churn-rate=60.
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));

export async function bench(argv) {
  const folder = await mkdtemp(join(root, 'node_modules', '.podid-bench-'));
  try {
    const outfile = join(folder, 'measure.mjs');
    await build({
      entryPoints: [join(root, 'bench/mic/measure.ts')],
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      packages: 'external',
      // deploy/crds is found from where the module stands in the repository.
      define: { 'import.meta.url': JSON.stringify(pathToFileURL(join(root, 'test/cluster/any.ts')).href) },
      outfile,
    });
    const { measureMic } = await import(pathToFileURL(outfile));
    const flag = (name, usual) => argv.find((word) => word.startsWith(`--${name}=`))?.split('=')[1] ?? usual;
    await measureMic({
      root,
      full: argv.includes('--full'),
      what: argv.includes('--churn') ? 'churn' : argv.includes('--scenes') ? 'scenes' : 'loads',
      only: flag('only', ''),
      scene: flag('scene', ''),
      loads: flag('loads', '').split(',').filter(Boolean),
      churn: { pods: Number(flag('churn-pods', 18_000)), perSecond: Number(flag('churn-rate', 60)) },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
