import type {
  AzureIdentity,
  AzureIdentityBinding,
} from '../../../src/domain/kubernetes/identity-resources.ts';
import type { Pod } from '../../../src/domain/kubernetes/pod.ts';
import type { IdentityChoice } from '../../../src/nmi/decide/answer-decision.ts';
import type { TokenRequest } from '../../../src/nmi/http/token-request.ts';

export const web: Pod = {
  uid: 'u1',
  namespace: 'shop',
  name: 'web-0',
  labels: { aadpodidbinding: 'web' },
  ips: ['10.0.0.7'],
  hostNetwork: false,
  nodeName: 'n1',
  phase: 'Running',
  createdMs: 0,
};

interface IdentityFacts {
  readonly namespace?: string;
  readonly created?: string;
  readonly spec?: AzureIdentity['spec'];
  readonly annotations?: Record<string, string>;
}

export function identity(
  name: string,
  { namespace = 'shop', created = '2026-01-01T00:00:00Z', spec, annotations = {} }: IdentityFacts = {},
): AzureIdentity {
  return {
    metadata: { name, namespace, creationTimestamp: created, annotations },
    spec: spec ?? { type: 0, clientID: `Client-${name}`, resourceID: `/Sub/${name}` },
  };
}

export function bind(azureIdentity: string, selector = 'web', namespace = 'shop'): AzureIdentityBinding {
  return { metadata: { name: `${azureIdentity}-binding`, namespace }, spec: { azureIdentity, selector } };
}

export interface Situation {
  readonly pod?: Pod;
  readonly request?: Partial<TokenRequest>;
  readonly isYoung?: boolean;
  readonly requireChoice?: boolean;
}

export const asker = ({ pod = web, request = {}, isYoung = false, requireChoice = false }: Situation) => ({
  pod,
  request: { kind: 'request' as const, resource: 'r', ...request },
  isYoung,
  requireChoice,
});

export const name = (choice: IdentityChoice) =>
  choice.kind === 'granted' ? choice.identity.metadata.name : choice.reason;
export const status = (choice: IdentityChoice) => (choice.kind === 'error' ? choice.status : 200);
