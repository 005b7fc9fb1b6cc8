import { describe, expect, it } from 'vitest';
import { forgetForeignConnections, parseConnections } from '../../../src/nmi/rules/foreign-connections.ts';
import { defaultOptions } from './default-options.ts';

const entry = (source: string, port: number, replySource: string) =>
  `tcp      6 431999 ESTABLISHED src=${source} dst=169.254.169.254 sport=${port} dport=80 src=${replySource} dst=${source} sport=2579 dport=${port} [ASSURED] mark=0 use=1`;

describe('tracked connections', () => {
  it('are read in both directions', () => {
    expect(
      parseConnections(`${entry('10.244.0.10', 4711, '127.0.0.1')}\nconntrack v1.4.7: 1 flow entries\n`),
    ).toEqual([
      {
        source: '10.244.0.10',
        sourcePort: '4711',
        destination: '169.254.169.254',
        destinationPort: '80',
        replySource: '127.0.0.1',
      },
    ]);
  });

  it('are forgotten when they lead elsewhere than to the agent, and kept when they lead there', async () => {
    const asked: string[] = [];
    const forgotten = await forgetForeignConnections(
      async (_tool, args) => {
        asked.push(args.join(' '));
        const lists = args[0] === '-L' && args.includes('169.254.169.254');
        const stdout = lists
          ? [entry('10.244.0.10', 1, '127.0.0.1'), entry('10.244.0.11', 2, '169.254.169.254')].join('\n')
          : '';
        return { code: 0, stdout, stderr: '' };
      },
      defaultOptions,
      { address: '127.0.0.1', port: 2579 },
    );
    expect(forgotten).toBe(1);
    expect(asked.filter((args) => args.startsWith('-D'))).toEqual([
      '-D -p tcp --orig-src 10.244.0.11 --orig-port-src 2 --orig-dst 169.254.169.254 --orig-port-dst 80',
    ]);
  });
});
