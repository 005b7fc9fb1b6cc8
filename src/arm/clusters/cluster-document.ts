import type { Node } from 'jsonc-parser';
import type { ClusterEdit, ControlPlaneChoice } from '../../domain/clusters/cluster-edit.ts';
import {
  applyEdits,
  cutSpans,
  memberAt,
  membersOf,
  parseJsonTree,
  setMembers,
  type TextEdit,
} from '../connection/json-text.ts';
import { editProfileText } from './profile-document.ts';
import { readOnlyMembers } from './read-only-members.ts';

/**
 * Makes the text of a PUT out of the text that the server sent: the spans of the profile and of identities
 * that change are replaced, members that only the server writes are cut out, and every other value keeps its
 * bytes. Nothing goes through objects or numbers, since those would change `1.0`, integers beyond 2^53,
 * `__proto__`, doubled names and what podid does not know.
 *
 * @throws SyntaxError when the document is not a JSON object with `properties`
 */
export function toPutDocument(document: string, edit: ClusterEdit): string {
  const writable = applyEdits(document, cutPaths(parseJsonTree(document), pathTree(readOnlyMembers)));
  const properties = memberAt(parseJsonTree(writable), 'properties')?.value;
  if (properties?.type !== 'object') {
    throw new SyntaxError('The document has no properties.');
  }
  const start = properties.offset;
  const end = start + properties.length;
  const edited = editProperties(writable.slice(start, end), edit);
  const whole = writable.slice(0, start) + edited + writable.slice(end);
  return edit.controlPlane === undefined ? whole : editIdentity(whole, edit.controlPlane);
}

function editProperties(properties: string, edit: ClusterEdit): string {
  const edited = editProfileText(textAt(properties, 'podIdentityProfile'), edit);
  const kubelet = edit.kubeletIdentity;
  return setMembers(properties, {
    ...(edited === undefined ? {} : { podIdentityProfile: edited }),
    ...(kubelet === undefined ? {} : { identityProfile: editKubelet(properties, kubelet) }),
    ...(edit.oidcIssuer ? { oidcIssuerProfile: enabledIn(properties, 'oidcIssuerProfile') } : {}),
    ...(edit.workloadIdentity ? { securityProfile: editSecurity(properties) } : {}),
  });
}

function enabledIn(objectText: string, member: string): string {
  return setMembers(objectTextAt(objectText, member), { enabled: 'true' });
}

function editSecurity(properties: string): string {
  const profile = objectTextAt(properties, 'securityProfile');
  return setMembers(profile, { workloadIdentity: enabledIn(profile, 'workloadIdentity') });
}

/** The server fills in the ids of the identity, and refuses those of the one before. */
function editKubelet(properties: string, resourceId: string): string {
  const kubeletidentity = `{"resourceId":${JSON.stringify(resourceId)}}`;
  return setMembers(objectTextAt(properties, 'identityProfile'), { kubeletidentity });
}

function editIdentity(document: string, choice: ControlPlaneChoice): string {
  const userAssigned =
    choice.type === 'UserAssigned' ? `{${JSON.stringify(choice.resourceId)}:{}}` : undefined;
  const identity = setMembers(objectTextAt(document, 'identity'), {
    type: JSON.stringify(choice.type),
    userAssignedIdentities: userAssigned,
  });
  return setMembers(document, { identity });
}

function objectTextAt(objectText: string, member: string): string {
  const text = textAt(objectText, member);
  return text?.startsWith('{') ? text : '{}';
}

function textAt(objectText: string, member: string): string | undefined {
  const value = memberAt(parseJsonTree(objectText), member)?.value;
  return value && objectText.slice(value.offset, value.offset + value.length);
}

/** The next names by name; one without any is where a path ends. */
type PathTree = Map<string, PathTree>;

function pathTree(paths: readonly string[]): PathTree {
  const root: PathTree = new Map();
  for (const path of paths) {
    let at = root;
    for (const name of path.split('.')) {
      const next: PathTree = at.get(name) ?? new Map();
      at.set(name, next);
      at = next;
    }
  }
  return root;
}

function cutPaths(node: Node, tree: PathTree): TextEdit[] {
  const each = tree.get('*');
  if (node.type === 'array') {
    return each === undefined ? [] : (node.children ?? []).flatMap((item) => cutPaths(item, each));
  }
  const members = membersOf(node);
  const branch = (name: string) => tree.get(name) ?? each;
  const isCut = (member: { name: string }) => branch(member.name)?.size === 0;
  return [
    ...cutSpans(members, isCut),
    ...members.flatMap((member) => cutPaths(member.value, branch(member.name) ?? new Map())),
  ];
}
