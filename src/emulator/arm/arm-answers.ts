import type { Json, JsonObject } from '../exact-json.ts';
import { type EmulatorResponse, ErrorAnswer } from '../http.ts';

/** An error of ARM itself: wrapped in `error`. */
export function armError(status: number, code: string, message: string, details?: Json[]): EmulatorResponse {
  return { status, body: { error: { code, message, details } } };
}

/** An error of the AKS resource provider: flat, with a `subcode`. */
export function aksError(status: number, code: string, message: string, target?: string): EmulatorResponse {
  return { status, body: { code, details: null, message, subcode: '', target } };
}

export function refuseAsArm(status: number, code: string, message: string): never {
  throw new ErrorAnswer(armError(status, code, message));
}

export function refuseAsAks(status: number, code: string, message: string, target?: string): never {
  throw new ErrorAnswer(aksError(status, code, message, target));
}

export function ok(body: JsonObject, status = 200): EmulatorResponse {
  return { status, body };
}
