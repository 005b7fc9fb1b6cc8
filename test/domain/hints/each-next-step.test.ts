import { describe, expect, it } from 'vitest';
import { eachNextStep } from '../../../src/domain/hints/each-next-step.ts';
import { advice, command } from '../../../src/errors/hint.ts';

const again = 'un the same command again; what is done is not done again.';

describe('what to do about failures', () => {
  it('is the step of each, those of one step together, and then the same command', () => {
    const hint = eachNextStep([
      { what: 'demo/web', hint: command('podid mirror') },
      { what: 'demo/jobs', hint: command('podid doctor') },
      { what: 'demo/api', hint: command('podid mirror') },
      { what: 'demo/none', hint: undefined },
    ]);
    expect(String(hint)).toBe(`demo/web, demo/api: podid mirror; demo/jobs: podid doctor. Then r${again}`);
  });

  it('has no step behind the # of another, nor the end of its own sentence', () => {
    const hint = eachNextStep([
      { what: 'demo/web', hint: advice`${command('podid list')}  # shows what there is.` },
      {
        what: 'demo/api',
        hint: advice`${command('podid add')}  # with the name of the identity for IDENTITY`,
      },
    ]);
    expect(String(hint)).toBe(
      `demo/web: podid list (shows what there is); demo/api: podid add (with the name of the identity for IDENTITY). Then r${again}`,
    );
  });

  it('is what the reasons name where no failure has a step of its own', () => {
    expect(String(eachNextStep([{ what: 'demo/web', hint: undefined }]))).toBe(
      `Fix what the reasons name and r${again}`,
    );
  });

  it('is ten steps and five names at most', () => {
    const many = Array.from({ length: 14 }, (_, at) => ({
      what: `demo/a${at}`,
      hint: command('kubectl get pod', `p${at % 12}`),
    }));
    const same = Array.from({ length: 7 }, (_, at) => ({
      what: `demo/s${at}`,
      hint: command('podid mirror'),
    }));
    const text = String(eachNextStep([...same, ...many]));
    expect(text).toContain('demo/s4 and 2 more: podid mirror');
    expect(text).toContain('; 3 more are to be seen once these are done. Then');
    expect(text.match(/kubectl get pod/g)).toHaveLength(9);
  });
});
