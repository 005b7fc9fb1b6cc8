import { advice, command } from '../../errors/hint.ts';
import type { ArmFault } from '../connection/arm-answer.ts';
import type { KnownFault } from '../connection/arm-request.ts';
import { messageOf } from '../connection/fault-text.ts';

/** How AKS ends the codes by which it asks for a preview feature. */
const asksForFeature = /Feature\w*Not(?:Registered|Enabled|Found)$/;

/** Those that changes of a cluster's identities have asked for. */
const features = [
  'MigrateToMSIClusterPreview',
  'UserAssignedIdentityPreview',
  'CustomKubeletIdentityPreview',
  'EnablePodIdentityPreview',
];

/**
 * A refusal for want of a preview feature, with the command that registers it. Which one is only in the text,
 * if it is one known here.
 */
export function previewFeatureError(fault: ArmFault): KnownFault | undefined {
  const codes = [fault.code, fault.innermost.code];
  if (!codes.some((code) => asksForFeature.test(code))) {
    return undefined;
  }
  const text = `${fault.message} ${fault.innermost.message}`;
  const name = features.find((feature) => text.includes(feature)) ?? 'FEATURE';
  return {
    code: 'FeatureNotRegistered',
    message: `AKS refused the change: ${messageOf(fault)}`,
    hint: advice`${command('az feature register --namespace Microsoft.ContainerService --name', name)}; once it is Registered, az provider register --namespace Microsoft.ContainerService`,
  };
}
