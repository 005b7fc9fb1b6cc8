import { createHash } from 'node:crypto';
import { command } from '../../errors/hint.ts';
import { plainText } from '../../errors/plain-text.ts';
import type { ApiWrite } from './api-connection.ts';

/** What an Event is about. */
export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** One Event of Kubernetes, as a daemon of podid's writes it. */
export interface ObjectEvent {
  readonly about: EventSubject;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  /** Text of others in it is made plain, and all of it one line of 1,000 bytes at most. */
  readonly message: string;
  /** Since the epoch. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly count: number;
  /** The program, and the name by which it is known among its like. */
  readonly component: string;
  readonly instance: string;
  /** The node that it speaks for; absent: none. */
  readonly node?: string;
  /** Beside subject, reason and message, what gives an Event a name of its own; the same Event has the same name. */
  readonly unlike?: string;
}

/** The API takes 1,024 bytes. */
const longestMessage = 1_000;

/** A pod, as Events name it. */
export function podSubject(pod: Pick<EventSubject, 'namespace' | 'name' | 'uid'>): EventSubject {
  const { namespace, name, uid } = pod;
  return { apiVersion: 'v1', kind: 'Pod', namespace, name, uid };
}

/** A message about a pod: what is wrong with it, and then, never cut, the command that looks further. */
export function podMessage(
  text: string,
  { namespace, name }: Pick<EventSubject, 'namespace' | 'name'>,
): string {
  const more = ` More: ${command('podid doctor --namespace', namespace, '--pod', name)}.`;
  return `${eventMessage(text, longestMessage - Buffer.byteLength(more))}${more}`;
}

/** A message as an Event has it: one line, with nothing in it that a terminal obeys. */
export function eventMessage(text: string, mostBytes = longestMessage): string {
  return firstBytes(plainText(firstBytes(text, mostBytes), 'one'), mostBytes);
}

/**
 * The write that makes an Event, and the path that it has then. Of `v1` and not of `events.k8s.io`: both are the same
 * objects, and `kubectl describe` shows the age, the count and the writer that stand in these members.
 */
export function eventWrite(event: ObjectEvent): ApiWrite & { readonly eventPath: string } {
  const { about, reason, component, unlike } = event;
  const message = eventMessage(event.message);
  const hash = createHash('sha256')
    .update(JSON.stringify([about, reason, message, ...(unlike === undefined ? [] : [unlike])]))
    .digest('hex')
    .slice(0, 16);
  const name = `${about.name.slice(0, 200).replace(/[^a-z0-9]+$/, '')}.${hash}`;
  const path = `/api/v1/namespaces/${about.namespace}/events`;
  const body = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: about.namespace },
    involvedObject: about,
    reason,
    message,
    type: event.type,
    source: { component, ...(event.node === undefined ? {} : { host: event.node }) },
    reportingComponent: component,
    reportingInstance: event.instance.slice(0, 128),
    firstTimestamp: secondText(event.firstMs),
    lastTimestamp: secondText(event.lastMs),
    count: event.count,
  };
  return { method: 'POST', path, body, eventPath: `${path}/${name}` };
}

/** RFC 3339 without parts of a second, which such times do not have. */
export function secondText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Without a letter that would be cut in two. */
function firstBytes(text: string, mostBytes: number): string {
  const bytes = Buffer.from(text);
  return bytes.length <= mostBytes
    ? text
    : bytes
        .subarray(0, mostBytes)
        .toString('utf8')
        .replace(/\ufffd+$/, '');
}
