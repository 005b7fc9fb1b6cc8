import { describe, expect, it } from 'vitest';
import { forgetOtherConnections, parseConnections } from '../../../src/nmi/rules/forget-other-connections.ts';
import { defaultOptions } from './default-options.ts';

const entry = (source: string, port: number, replySource: string) =>
  `tcp      6 431999 ESTABLISHED src=${source} dst=169.254.169.254 sport=${port} dport=80 src=${replySource} dst=${source} sport=2579 dport=${port} [ASSURED] mark=0 use=1`;

describe('tracked connections', () => {
  it('are read in both directions', () => {
    expect(
      parseConnections(`${entry('10.244.0.10', 4711, '127.0.0.1')}\nconntrack v1.4.7: 1 flow entries\n`),
    ).toEqual([{ source: '10.244.0.10', replySource: '127.0.0.1' }]);
  });

  it('are forgotten when a pod’s lead elsewhere than to the agent, with one command a pod', async () => {
    const asked: string[] = [];
    const tracked = [
      entry('10.244.0.10', 1, '127.0.0.1'),
      entry('10.1.0.4', 2, '169.254.169.254'),
      entry('10.244.0.11', 3, '169.254.169.254'),
      entry('10.244.0.11', 4, '169.254.169.254'),
      entry('10.244.0.11', 5, '10.244.0.66'),
    ].join('\n');
    const forgotten = await forgetOtherConnections(
      async (_tool, args) => {
        asked.push(args.join(' '));
        const stdout = args[0] === '-L' && args.includes('169.254.169.254') ? tracked : '';
        return { code: 0, stdout, stderr: '' };
      },
      { options: defaultOptions, target: { address: '127.0.0.1', port: 2579 }, nodeAddresses: ['10.1.0.4'] },
    );
    expect(forgotten).toBe(2);
    const path = '-D -p tcp --orig-dst 169.254.169.254 --orig-port-dst 80 --orig-src 10.244.0.11 --reply-src';
    expect(asked.filter((args) => args.startsWith('-D'))).toEqual([
      `${path} 169.254.169.254`,
      `${path} 10.244.0.66`,
    ]);
  });
});
