import { describe, expect, it } from 'vitest';
import { cutObject } from '../../../src/domain/support/cut-object.ts';

describe('cutting secrets of an object', () => {
  it('keeps of an object what says where a secret is, and takes what it is', () => {
    const object = {
      metadata: {
        managedFields: [{ manager: 'x' }],
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': '{}',
          team: 'blue',
          'podid.io/x': 'kept',
          'podid.io/json': '{"api-key":["a"]}',
        },
      },
      spec: {
        clientPassword: { name: 'secret-of-web', namespace: 'demo' },
        secretName: 'tls',
        automountServiceAccountToken: false,
        containers: [
          {
            args: ['serve', '--token', 'abc', '--node=a', '--x=y', '--nmi-port', '2579', '-phunter2', 'z'],
            httpGet: { httpHeaders: [{ name: 'X', value: 'b' }] },
            apiKey: [1, 'a', true],
            env: [
              { name: 'A', value: 'b' },
              { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
            ],
          },
        ],
      },
      data: { 'client-secret': 'abc', other: 'text' },
    };
    expect(cutObject(object)).toEqual({
      metadata: { annotations: { 'podid.io/x': 'kept', 'podid.io/json': '{"api-key":["***"]}' } },
      spec: {
        clientPassword: { name: 'secret-of-web', namespace: 'demo' },
        secretName: 'tls',
        automountServiceAccountToken: false,
        containers: [
          {
            args: ['serve', '--token', '***', '--node=a', '--x=***', '--nmi-port', '2579', '***', '***'],
            httpGet: { httpHeaders: [{ name: 'X', value: '***' }] },
            apiKey: ['***', '***', true],
            env: [{ name: 'A', value: '***' }, object.spec.containers[0]?.env[1]],
          },
        ],
      },
      data: { 'client-secret': '***', other: 'text' },
    });
  });

  it('cuts of the values that an agent was installed with what it cuts of the objects they come to', () => {
    const values = {
      nmi: { podAnnotations: { team: 'blue', 'podid.io/x': 'kept' } },
      podid: { serveArgs: ['--hold-sec=5', '--other=planted'], rulesArgs: ['--api-token', 'planted'] },
      imagePullSecrets: [{ name: 'of-registry' }],
      azureIdentities: [{ name: 'web', clientPassword: 'planted' }],
    };
    const cut = {
      nmi: { podAnnotations: { 'podid.io/x': 'kept' } },
      podid: { serveArgs: ['--hold-sec=5', '--other=***'], rulesArgs: ['--api-token', '***'] },
      imagePullSecrets: [{ name: 'of-registry' }],
      azureIdentities: [{ name: 'web', clientPassword: '***' }],
    };
    expect(cutObject({ values })).toEqual({ values: cut });
    const annotations = { 'podid.io/values': JSON.stringify(values) };
    expect(cutObject({ annotations })).toEqual({ annotations: { 'podid.io/values': JSON.stringify(cut) } });
  });
});
