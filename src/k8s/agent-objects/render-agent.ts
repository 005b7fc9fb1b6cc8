import type { AgentRelease, AgentValues } from '../../domain/kubernetes/agent-values.ts';
import type { KubeObject } from '../../domain/kubernetes/kube-object.ts';
import { renderExchangeGuard } from '../exchange/render-exchange-guard.ts';
import { startRendering } from './agent-names.ts';
import { renderController } from './render-controller.ts';
import { renderDaemonSet } from './render-daemon-set.ts';
import { renderExtras } from './render-extras.ts';
import { renderIdentities } from './render-identities.ts';
import { renderRoles } from './render-roles.ts';
import { renderStartupTaint } from './render-startup-taint.ts';

/**
 * The objects that run the agent, as the chart renders them with the same values (`deploy/chart`, held
 * together by a test); the one that needs the others comes last.
 */
export function renderAgent(values: AgentValues, release: AgentRelease): readonly KubeObject[] {
  const rendering = startRendering(values, release);
  return [
    ...renderRoles(rendering),
    ...renderStartupTaint(rendering),
    ...renderExchangeGuard(rendering),
    ...renderIdentities(rendering),
    ...renderExtras(rendering),
    ...renderController(rendering),
    renderDaemonSet(rendering),
  ];
}
