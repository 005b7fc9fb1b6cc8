import type { AgentValues } from '../../../domain/kubernetes/agent-values.ts';
import { objectNameRule } from '../../flags/kubernetes-names.ts';
import { quoted } from '../../usage-faults.ts';
import type { ValueSection } from './value-section.ts';

/** `podid.extraCa`. A wrong one would keep the pods from starting, and only the kubelet would say why. */
export function readExtraCa(podid: ValueSection): AgentValues['podid']['extraCa'] {
  const section = podid.section('extraCa');
  const [configMap, key] = [section.text('configMap'), section.text('key') || 'ca.crt'];
  const wrong = configMap === '' ? undefined : objectNameRule(configMap);
  if (wrong !== undefined) {
    section.fault(
      'configMap',
      `podid.extraCa.configMap has to be the name of a ConfigMap: ${wrong.rule}; this is ${quoted(configMap)}.`,
    );
  }
  if (key.length > 253 || !/^[-._a-zA-Z0-9]+$/.test(key)) {
    section.fault(
      'key',
      `podid.extraCa.key has to be a key of that ConfigMap: at most 253 letters, digits, "-", "_" and "."; this is ${quoted(key)}.`,
    );
  }
  section.refuseOthers();
  return { configMap, key };
}
