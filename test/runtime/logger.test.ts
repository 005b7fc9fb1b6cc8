import { describe, expect, it } from 'vitest';
import { createLogger } from '../../src/runtime/logger.ts';

describe('the logger', () => {
  function lines(
    format: 'json' | 'text',
    write: (logger: ReturnType<typeof createLogger>) => void,
  ): string[] {
    const written: string[] = [];
    write(
      createLogger({
        level: 'info',
        format,
        destination: { write: (line: string) => void written.push(line) },
      }),
    );
    return written;
  }

  it('writes one JSON line an event, with the facts as fields', () => {
    const [line = ''] = lines('json', (logger) => logger.warn({ pod: 'a/b', status: 400 }, 'decided'));
    expect(JSON.parse(line)).toMatchObject({ level: 'warn', msg: 'decided', pod: 'a/b', status: 400 });
    expect(Date.parse(JSON.parse(line).time)).toBeGreaterThan(0);
  });

  it.each(['json', 'text'] as const)('lets no value forge a line of %s', (format) => {
    const forged = 'x\r\n{"level":"info","msg":"all is well"}\u2028';
    const written = lines(format, (logger) => logger.info({ resource: forged }, 'decided'));
    expect(written).toHaveLength(1);
    expect(written[0]?.trimEnd()).not.toMatch(/[\r\n]/);
  });

  it.each(['json', 'text'] as const)('hands no terminal of whoever reads %s what it would obey', (format) => {
    const steering = '\u001b[2J\u009b2J\u202e\u200b\u007f';
    const [line = ''] = lines(format, (logger) => logger.info({ resource: steering }, 'decided'));
    expect(line.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    const value =
      format === 'json' ? JSON.parse(line).resource : JSON.parse(line.slice(line.indexOf('=') + 1));
    expect(value).toBe(steering);
  });

  it('writes text for people when asked', () => {
    const [line] = lines('text', (logger) => logger.info({ pod: 'a/b' }, 'decided'));
    expect(line).toMatch(/^\S+ INFO decided pod="a\/b"\n$/);
  });

  it('leaves out what is below its level', () => {
    expect(lines('json', (logger) => logger.debug({}, 'detail'))).toEqual([]);
  });
});
