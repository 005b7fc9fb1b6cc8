import { badRequest, KubeFailure } from '../kube-failure.ts';
import { isMap, sameJson } from './kube-object.ts';

/**
 * `add`, `remove`, `replace` and `test` of RFC 6902. @throws KubeFailure 400 for what is not a patch, 422 for
 * a step that cannot be taken
 */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) {
    throw badRequest('A JSON patch is a list of steps.');
  }
  return patch.reduce((patched: unknown, step: unknown) => {
    if (!isMap(step) || typeof step['path'] !== 'string' || !/^\/./.test(step['path'])) {
      throw badRequest('A step of a JSON patch has op and path.');
    }
    const tokens = step['path'].slice(1).split('/').map(unescaped);
    return changed(patched, tokens, { op: String(step['op']), value: step['value'] });
  }, target);
}

interface Step {
  readonly op: string;
  readonly value: unknown;
}

function changed(value: unknown, [first = '', ...rest]: readonly string[], step: Step): unknown {
  if (Array.isArray(value)) {
    const at = indexIn(value, first, step.op === 'add' && rest.length === 0);
    return rest.length > 0 ? value.with(at, changed(value[at], rest, step)) : changedItem(value, at, step);
  }
  if (!isMap(value) || (!Object.hasOwn(value, first) && (step.op !== 'add' || rest.length > 0))) {
    throw unprocessable();
  }
  const members = new Map(Object.entries(value));
  if (rest.length > 0) {
    members.set(first, changed(members.get(first), rest, step));
  } else if (step.op === 'remove') {
    members.delete(first);
  } else if (step.op === 'test') {
    test(members.get(first), step);
  } else {
    members.set(first, written(step));
  }
  return Object.fromEntries(members);
}

function changedItem(list: readonly unknown[], at: number, step: Step): unknown {
  switch (step.op) {
    case 'test':
      test(list[at], step);
      return list;
    case 'remove':
      return list.toSpliced(at, 1);
    case 'add':
      return list.toSpliced(at, 0, step.value);
    default:
      return list.with(at, written(step));
  }
}

function indexIn(list: readonly unknown[], token: string, mayBeBehind: boolean): number {
  const at =
    token === '-' && mayBeBehind ? list.length : /^(?:0|[1-9]\d{0,6})$/.test(token) ? Number(token) : -1;
  if (at < 0 || at > list.length || (at === list.length && !mayBeBehind)) {
    throw unprocessable();
  }
  return at;
}

function test(found: unknown, { value }: Step): void {
  if (!sameJson(found, value)) {
    throw unprocessable();
  }
}

function written({ op, value }: Step): unknown {
  if (op !== 'add' && op !== 'replace') {
    throw badRequest(`The emulator does not take the step ${op} of a JSON patch.`);
  }
  return value;
}

/** As the API server says it, whichever step it was. */
function unprocessable(): KubeFailure {
  return new KubeFailure(422, 'Invalid', 'the server rejected our request due to an error in our request');
}

function unescaped(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}
