import { type Node, type ParseError, parseTree } from 'jsonc-parser';

/** One replacement in a text; `[start, end)` in UTF-16 units. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** One member of a JSON object. */
export interface Member {
  readonly name: string;
  /** From its name's quote to its value's end. */
  readonly start: number;
  readonly end: number;
  readonly value: Node;
}

/** Parses strict JSON into a tree of offsets. @throws SyntaxError */
export function parseJsonTree(text: string): Node {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  if (tree === undefined || errors.length > 0) {
    throw new SyntaxError('The document is not JSON.');
  }
  return tree;
}

/** The members of an object in their order, doubled names included; none of anything else. */
export function membersOf(node: Node | undefined): Member[] {
  if (node?.type !== 'object') {
    return [];
  }
  return (node.children ?? []).flatMap((property) => {
    const [name, value] = property.children ?? [];
    if (name === undefined || value === undefined) {
      return [];
    }
    return [{ name: String(name.value), start: property.offset, end: value.offset + value.length, value }];
  });
}

/** The member that JSON readers see: of doubled names the last one. */
export function memberAt(node: Node | undefined, name: string): Member | undefined {
  return membersOf(node).findLast((member) => member.name === name);
}

/** Cuts out the spans that `isCut` picks, each run with one comma beside it, so that what stays is JSON. */
export function cutSpans<Span extends { readonly start: number; readonly end: number }>(
  spans: readonly Span[],
  isCut: (span: Span) => boolean,
): TextEdit[] {
  const edits: TextEdit[] = [];
  let index = 0;
  while (index < spans.length) {
    const first = index;
    while (index < spans.length && isCut(spans[index] as Span)) {
      index += 1;
    }
    if (index > first) {
      edits.push(cutRun(spans, first, index));
    }
    index += 1;
  }
  return edits;
}

/** Applies edits that do not overlap. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const pieces: string[] = [];
  let from = 0;
  for (const edit of [...edits].sort((one, other) => one.start - other.start || one.end - other.end)) {
    pieces.push(text.slice(from, edit.start), edit.text);
    from = edit.end;
  }
  return pieces.join('') + text.slice(from);
}

/**
 * Sets members of an object's text by name, in place or at the end; undefined takes one out. All else keeps
 * its bytes.
 */
export function setMembers(objectText: string, values: Readonly<Record<string, string | undefined>>): string {
  const root = parseJsonTree(objectText);
  const members = membersOf(root);
  const last = new Map(members.map((member) => [member.name, member]));
  const wanted = new Map(Object.entries(values));
  const edits = cutSpans(
    members,
    (member) =>
      wanted.has(member.name) && (last.get(member.name) !== member || wanted.get(member.name) === undefined),
  );
  const added: string[] = [];
  for (const [name, value] of wanted) {
    const member = last.get(name);
    if (value === undefined) {
      continue;
    }
    if (member === undefined) {
      added.push(`${JSON.stringify(name)}:${value}`);
    } else {
      edits.push({ start: member.value.offset, end: member.end, text: value });
    }
  }
  return appendMembers(applyEdits(objectText, edits), added);
}

function cutRun(spans: readonly { start: number; end: number }[], first: number, after: number): TextEdit {
  const next = spans[after];
  const before = spans[first - 1];
  const start = spans[first]?.start ?? 0;
  const end = spans[after - 1]?.end ?? start;
  if (next !== undefined) {
    return { start, end: next.start, text: '' };
  }
  return { start: before === undefined ? start : before.end, end, text: '' };
}

/** Before the closing brace, after the last member, so that the white space around stays where it is. */
function appendMembers(objectText: string, added: readonly string[]): string {
  if (added.length === 0) {
    return objectText;
  }
  const root = parseJsonTree(objectText);
  const lastMember = membersOf(root).at(-1);
  const at = lastMember?.end ?? root.offset + 1;
  const text = `${lastMember === undefined ? '' : ','}${added.join(',')}`;
  return applyEdits(objectText, [{ start: at, end: at, text }]);
}
