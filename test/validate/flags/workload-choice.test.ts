import { describe, expect, it } from 'vitest';
import { workloadChoice } from '../../../src/validate/flags/workload-choice.ts';
import { UsageFaults } from '../../../src/validate/usage-faults.ts';

describe('a workload on the command line', () => {
  it.each([
    ['deployment/web', 'Deployment'],
    ['deploy/web', 'Deployment'],
    ['Deployment/web', 'Deployment'],
    ['sts/web', 'StatefulSet'],
    ['cj/web', 'CronJob'],
    ['po/web', 'Pod'],
    ['CloneSet/web', 'CloneSet'],
  ])('%s is a %s', (text, kind) => {
    const faults = new UsageFaults();
    expect(workloadChoice(text, faults)).toEqual({ kind, name: 'web' });
    expect(faults.messages).toEqual([]);
  });

  it.each([
    ['web', '--workload: "web" is not KIND/NAME, such as deployment/web.'],
    ['demo/deployment/web', '--workload: "demo/deployment/web" is not KIND/NAME, such as deployment/web.'],
    ['/web', '--workload: "/web" is not KIND/NAME, such as deployment/web.'],
  ])('%s is none', (text, message) => {
    const faults = new UsageFaults();
    workloadChoice(text, faults);
    expect(faults.messages).toEqual([message]);
  });

  it('has a name that Kubernetes takes', () => {
    const faults = new UsageFaults();
    workloadChoice('deployment/We b', faults);
    expect(faults.messages).toEqual([expect.stringContaining('"We b" is not the name of a workload')]);
  });
});
