// podid-mic beside upstream's MIC 1.8.17: same machine, same run, each on a real API server of its own, and the emulator
// as Azure. Needs the programs of `test/cluster/one-node/build.sh etcd kube-apiserver`, and Go for upstream.
//   npm run bench -- mic            the loads; PATCHes take a tenth of what they take in Azure
//   npm run bench -- mic --full     as long as in Azure, and upstream with its own defaults too: an hour
//   npm run bench -- mic --scenes   what each does in situations that users of upstream complained of
//   npm run bench -- mic --churn    podid-mic alone: 18,000 pods that come and go, in a cluster of 5,000
// Further flags: --only=podid, of the peers; --loads=warm,burst, of the loads; --scene=WORD, of titles; --churn-pods=18000 --churn-rate=60.
import { bundled, flagsIn } from '../bundled.mjs';

export async function bench(argv) {
  const flag = flagsIn(argv);
  const options = {
    full: argv.includes('--full'),
    what: argv.includes('--churn') ? 'churn' : argv.includes('--scenes') ? 'scenes' : 'loads',
    only: flag('only', ''),
    scene: flag('scene', ''),
    loads: flag('loads', '').split(',').filter(Boolean),
    churn: { pods: flag('churn-pods', 18_000), perSecond: flag('churn-rate', 60) },
  };
  // deploy/crds is found from where the module stands in the repository.
  const place = { seenAs: 'test/cluster/any.ts' };
  await bundled('mic/measure.ts', ({ measureMic }, root) => measureMic({ root, ...options }), place);
}
