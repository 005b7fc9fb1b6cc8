// Loaded into a program by `--import`: SIGUSR2 begins to count which functions run, and the next one writes
// what ran in between to the folder PODID_COVERAGE, in the shape of NODE_V8_COVERAGE.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
let taken = 0;
process.on('SIGUSR2', async () => {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  taken += 1;
  writeFileSync(join(process.env.PODID_COVERAGE, `${taken}.json`), JSON.stringify({ result }));
});
