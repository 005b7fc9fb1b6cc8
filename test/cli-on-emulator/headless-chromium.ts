import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';

/** Where Debian's package puts it. */
const program = '/usr/bin/chromium';

/** Whether there is one; under .ci/run, which installs it, it counts as there, so that nothing is left out unseen. */
export const hasChromium = existsSync(program) || process.env['PODID_CI_RUN'] !== undefined;

/** A browser without a window, spoken to by its own protocol. */
export interface Chromium extends AsyncDisposable {
  /** One command of the DevTools protocol, on the one tab. */
  send(method: string, params?: object): Promise<Record<string, unknown>>;
  /** What the tab has told since it was opened, by the name of the event. */
  events(method: string): readonly Record<string, unknown>[];
  /** What an expression comes to in the page, a promise to its end, as JSON; the page's own policy holds no script of ours. */
  evaluate(expression: string): Promise<unknown>;
}

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

export async function headlessChromium(): Promise<Chromium> {
  const folder = await mkdtemp(join(tmpdir(), 'podid-chromium-'));
  const child = spawn(
    program,
    [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ...['--disable-dev-shm-usage', '--remote-debugging-port=0', `--user-data-dir=${folder}`],
      'about:blank',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const end = async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const port = new URL(await listeningAt(child.stderr)).port;
    const answer = await fetch(`http://127.0.0.1:${port}/json/list`);
    const tabs = (await answer.json()) as readonly {
      readonly type: string;
      readonly webSocketDebuggerUrl: string;
    }[];
    const tab = tabs.find(({ type }) => type === 'page');
    return await speakTo(tab?.webSocketDebuggerUrl ?? '', end);
  } catch (error) {
    await end();
    throw error;
  }
}

async function listeningAt(stderr: NodeJS.ReadableStream): Promise<string> {
  const lines = createInterface({ input: stderr });
  const said: string[] = [];
  for await (const line of lines) {
    const [, url] = /DevTools listening on (ws:\S+)/.exec(line) ?? [];
    if (url !== undefined) {
      stderr.resume();
      return url;
    }
    said.push(line);
  }
  throw new Error(`Chromium ended before it listened: ${said.join('\n')}`);
}

async function speakTo(url: string, end: () => Promise<void>): Promise<Chromium> {
  const socket = new WebSocket(url);
  const waiting = new Map<
    number,
    { resolve: (reply: Record<string, unknown>) => void; reject: (error: Error) => void }
  >();
  const told: Reply[] = [];
  let last = 0;
  socket.on('message', (data) => {
    const reply = JSON.parse(String(data)) as Reply;
    const asked = waiting.get(reply.id ?? 0);
    if (asked === undefined) {
      told.push(reply);
    } else if (reply.error === undefined) {
      asked.resolve(reply.result ?? {});
    } else {
      asked.reject(new Error(reply.error.message));
    }
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const send: Chromium['send'] = (method, params = {}) =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      socket.send(JSON.stringify({ id: last, method, params }));
    });
  return {
    send,
    events: (method) => told.filter((each) => each.method === method).map(({ params = {} }) => params),
    async evaluate(expression) {
      const { result, exceptionDetails } = (await send('Runtime.evaluate', {
        expression,
        returnByValue: true,
        awaitPromise: true,
      })) as { readonly result: { readonly value?: unknown }; readonly exceptionDetails?: object };
      if (exceptionDetails !== undefined) {
        throw new Error(JSON.stringify(exceptionDetails));
      }
      return result.value;
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      await end();
    },
  };
}
