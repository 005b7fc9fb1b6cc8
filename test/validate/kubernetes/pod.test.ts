import { describe, expect, it } from 'vitest';
import { parsePod } from '../../../src/validate/kubernetes/pod.ts';

const metadata = { name: 'web', namespace: 'shop', uid: 'u', creationTimestamp: '2026-01-02T03:04:05Z' };

describe('a pod', () => {
  it('has what the agent looks at, every address once', () => {
    const json = {
      metadata: { ...metadata, labels: { app: 'x', bad: 1 } },
      spec: { nodeName: 'n1', hostNetwork: true },
      status: {
        phase: 'Running',
        podIP: '10.0.0.1',
        podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }, 'x', {}],
      },
    };
    expect(parsePod(json)).toEqual({
      uid: 'u',
      name: 'web',
      namespace: 'shop',
      labels: { app: 'x' },
      ips: ['10.0.0.1', 'fd00::1'],
      hostNetwork: true,
      nodeName: 'n1',
      phase: 'Running',
      createdMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    });
  });

  it('is as old as the kubelet says, which it may have waited for', () => {
    const status = { startTime: '2026-01-02T04:00:00Z' };
    expect(parsePod({ metadata, status })?.createdMs).toBe(Date.UTC(2026, 0, 2, 4));
  });

  it('may lack everything but its names', () => {
    expect(parsePod({ metadata })).toMatchObject({
      labels: {},
      ips: [],
      hostNetwork: false,
      phase: '',
      nodeName: '',
    });
    expect(parsePod({ metadata: { ...metadata, creationTimestamp: 'soon' } })?.createdMs).toBe(0);
    expect(parsePod({ metadata: { name: 'web', namespace: 'shop' } })).toBeUndefined();
  });
});
