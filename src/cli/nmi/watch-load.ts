import type { ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import type { Scrape } from '../../domain/load/agent-load.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { withScreen } from '../../terminal/live/live-screen.ts';
import type { Load } from '../../workflows/load/compare-scrapes.ts';
import { coloursOf, type Session } from '../run/session.ts';
import { type TopSort, topLines, topSorts } from './top-result.ts';

type LoadDeps = Pick<ConnectedCluster, 'workloads' | 'load'>;

/** What reads and reckons, which is loaded when the command runs. */
async function workflows() {
  const [{ compareScrapes }, { listAgents, scrapeAgents }] = await Promise.all([
    import('../../workflows/load/compare-scrapes.ts'),
    import('../../workflows/load/scrape-agents.ts'),
  ]);
  return { compareScrapes, listAgents, scrapeAgents };
}

/** How often to look for agents of nodes that came and went. */
const listedForMs = 30_000;

/** Two looks with the interval between them. @throws PodidError Forbidden | ClusterUnreachable, and the signal's reason */
export async function readLoadOnce(
  deps: LoadDeps,
  { context: { clock, signal }, report }: Session,
  intervalMs: number,
): Promise<Load> {
  report.progress('Asking the agents');
  const { compareScrapes, listAgents, scrapeAgents } = await workflows();
  const agents = await listAgents(deps, signal);
  const before = await scrapeAgents(deps, agents, signal);
  if (agents.length > 0) {
    await clock.sleep(intervalMs, signal);
  }
  return compareScrapes(before, await scrapeAgents(deps, agents, signal));
}

/** Draws the load until q or Ctrl-C. @returns 0, or by what signal it ended */
export async function watchLoad(
  deps: LoadDeps,
  session: Session,
  { intervalMs, sort: first }: { readonly intervalMs: number; readonly sort: TopSort },
): Promise<number> {
  const { context, global, report } = session;
  const { clock, signal, isUtf8 } = context;
  const colour = await coloursOf('stdout', context, global);
  report.progress('Asking the agents');
  const { compareScrapes, listAgents, scrapeAgents } = await workflows();
  let agents = await listAgents(deps, signal);
  let listedMs = clock.monotonic();
  let before: readonly Scrape[] = [];
  let after = await scrapeAgents(deps, agents, signal);
  report.stop();
  return await withScreen(async (screen) => {
    const live = AbortSignal.any([signal, screen.ended]);
    let sort = first;
    try {
      for (;;) {
        const load = compareScrapes(before, after);
        const until = clock.monotonic() + intervalMs;
        let key: string | undefined;
        do {
          sort = sortOf(key) ?? sort;
          const { columns, rows } = screen;
          const picture = { load, sort, nowMs: clock.now(), intervalMs, columns, rows, colour, isUtf8 };
          screen.draw(topLines(picture));
          key = await screen.key(Math.max(0, until - clock.monotonic()), live);
        } while (key !== undefined);
        if (clock.monotonic() - listedMs > listedForMs) {
          // Who cannot be listed for a moment is still asked.
          agents = await listAgents(deps, live).catch(unlessOver(live, agents));
          listedMs = clock.monotonic();
        }
        before = after;
        after = await scrapeAgents(deps, agents, live);
      }
    } catch (error) {
      if (!live.aborted) {
        throw error;
      }
      return signal.aborted && isPodidError(signal.reason) ? signal.reason.exitCode : 0;
    }
  });
}

function sortOf(key: string | undefined): TopSort | undefined {
  return (Object.keys(topSorts) as TopSort[]).find((sort) => topSorts[sort] === key);
}

function unlessOver<Value>(signal: AbortSignal, otherwise: Value): (error: unknown) => Value {
  return (error) => {
    if (signal.aborted || !isPodidError(error)) {
      throw error;
    }
    return otherwise;
  };
}
