import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { SeenAssignment } from '../mic-on-emulator/mic-world.ts';
import { type ApiServer, adminToken } from './api-server.ts';

interface AssignmentList {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly SeenAssignment[];
}

const againMs = 200;

/**
 * Tells of each change, of what is there already first, and `DELETED` of what goes. The server ends a watch whose
 * reader is slow: what went meanwhile is told of when the next list is in.
 *
 * @returns what ends the watch
 */
export function watchAssignments(
  api: ApiServer,
  hear: (type: string, assignment: SeenAssignment) => void,
): () => void {
  const path = `${api.url}/apis/aadpodidentity.k8s.io/v1/azureassignedidentities`;
  const known = new Map<string, SeenAssignment>();
  let isOver = false;
  let stopOne = () => {};
  const tell = (type: string, assignment: SeenAssignment) => {
    const { uid } = assignment.metadata;
    type === 'DELETED' ? known.delete(uid) : known.set(uid, assignment);
    hear(type, assignment);
  };
  const tellAll = (items: readonly SeenAssignment[]) => {
    const there = new Set(items.map(({ metadata }) => metadata.uid));
    for (const gone of [...known.values()].filter(({ metadata }) => !there.has(metadata.uid))) {
      tell('DELETED', gone);
    }
    for (const each of items) {
      tell('ADDED', each);
    }
  };
  /** Lists, watches until the watch ends, and begins again. A server that has just learnt of a kind may not be ready. */
  const run = async () => {
    while (!isOver) {
      const [list] = await get<AssignmentList>(path);
      if (list !== undefined) {
        tellAll(list.items);
        await get<{ type: string; object: SeenAssignment }>(
          `${path}?watch=true&resourceVersion=${list.metadata.resourceVersion}`,
          ({ type, object }) => (type === 'ERROR' ? stopOne() : tell(type, object)),
        );
      }
      await new Promise((resolve) => setTimeout(resolve, againMs));
    }
  };
  /** One JSON document a line. @returns those of an answer 200 that ended whole, unless `each` hears them */
  const get = <Document>(url: string, each?: (document: Document) => void): Promise<readonly Document[]> =>
    new Promise((resolve) => {
      const all: Document[] = [];
      const hearEach = each ?? ((document: Document) => void all.push(document));
      let answered: IncomingMessage | undefined;
      const headers = { authorization: `Bearer ${adminToken}` };
      const sent = request(url, { headers, rejectUnauthorized: false, agent: false }, (answer) => {
        answered = answer;
        answer.on('error', () => undefined);
        readLines(answer, (line) => {
          if (answer.statusCode === 200 && !isOver) {
            hearEach(JSON.parse(line));
          }
        });
      });
      sent.on('error', () => undefined);
      sent.on('close', () => resolve(answered?.complete === true ? all : []));
      sent.end();
      stopOne = () => sent.destroy();
    });
  void run();
  return () => {
    isOver = true;
    stopOne();
  };
}

function readLines(answer: IncomingMessage, hear: (line: string) => void): void {
  let rest = '';
  answer.setEncoding('utf8');
  answer.on('data', (chunk: string) => {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(hear);
  });
  answer.on('end', () => rest === '' || hear(rest));
}
