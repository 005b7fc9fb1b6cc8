import type { ArmFault } from './arm-answer.ts';
import { maskSecrets } from './mask-secrets.ts';

const messageLimit = 2_000;

/** What the server said, fit for a message. */
export function messageOf(fault: ArmFault): string {
  const text = shown(fault.message) || `HTTP ${fault.status}`;
  return fault.code === '' ? text : `${text} (${fault.code})`;
}

/** Without secrets, and no novel. */
export function shown(message: string): string {
  const masked = maskSecrets(message).trim();
  return masked.length > messageLimit ? `${masked.slice(0, messageLimit)}…` : masked;
}
