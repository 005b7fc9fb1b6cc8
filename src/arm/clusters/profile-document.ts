import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import { editEntries, editProfile, type ProfileEdit } from '../../domain/entries/profile-edit.ts';
import { readEntryKey, readPodIdentityProfile } from '../../validate/azure/managed-cluster.ts';
import { isRecord } from '../../validate/json-record.ts';
import { memberAt, parseJsonTree, setMembers } from '../connection/json-text.ts';

/**
 * The text of `podIdentityProfile` after an edit. Entries that the edit does not name keep their own text,
 * without the states that only the server writes; those it does name keep their members that podid does not
 * know.
 *
 * @param profileText as the server sent it, or undefined when it sent none
 * @returns undefined when there was no profile and there need be none
 */
export function editProfileText(profileText: string | undefined, edit: ProfileEdit): string | undefined {
  if (edit.addon === 'off') {
    return '{"enabled":false}';
  }
  const before = profileText === undefined ? undefined : JSON.parse(profileText);
  const wanted = editProfile(readPodIdentityProfile(before), edit);
  const nothingToSay =
    !wanted.enabled &&
    !wanted.allowNetworkPluginKubenet &&
    wanted.identities.length + wanted.exceptions.length === 0;
  if (nothingToSay && !isRecord(before)) {
    return undefined;
  }
  const text = isRecord(before) && profileText !== undefined ? profileText : '{}';
  const identities = editList(text, 'userAssignedIdentities', identityEdit(edit));
  const exceptions = editList(text, 'userAssignedIdentityExceptions', exceptionEdit(edit));
  const isNeeded = (list: string, member: string) =>
    wanted.enabled || list !== '[]' || memberAt(parseJsonTree(text), member) !== undefined;
  return setMembers(text, {
    ...(wanted.enabled ? { enabled: 'true' } : {}),
    ...(wanted.allowNetworkPluginKubenet ? { allowNetworkPluginKubenet: 'true' } : {}),
    ...(isNeeded(identities, 'userAssignedIdentities') ? { userAssignedIdentities: identities } : {}),
    ...(isNeeded(exceptions, 'userAssignedIdentityExceptions')
      ? { userAssignedIdentityExceptions: exceptions }
      : {}),
  });
}

/**
 * An entry of the list: one of the server's, or one to put, which knows how to change the text of the entry
 * it replaces.
 */
interface TextEntry extends EntryKey {
  readonly render: (replaced: string | undefined) => string;
}

interface ListEdit {
  readonly put: readonly TextEntry[];
  readonly gone: readonly EntryKey[];
  readonly asWritable: (entryText: string) => string;
}

function identityEdit(edit: ProfileEdit): ListEdit {
  const asWritable = (entry: string) =>
    setMembers(entry, { provisioningState: undefined, provisioningInfo: undefined });
  const put = (edit.putIdentities ?? []).map((desired) => ({
    namespace: desired.namespace,
    name: desired.name,
    render: (replaced: string | undefined) => {
      const entry = asWritable(replaced ?? '{}');
      return setMembers(entry, {
        name: JSON.stringify(desired.name),
        namespace: JSON.stringify(desired.namespace),
        bindingSelector:
          desired.bindingSelector === undefined ? undefined : JSON.stringify(desired.bindingSelector),
        identity: setMembers(objectAt(entry, 'identity'), {
          resourceId: JSON.stringify(desired.identity.resourceId),
          clientId: JSON.stringify(desired.identity.clientId),
          objectId: JSON.stringify(desired.identity.objectId),
        }),
      });
    },
  }));
  return { put, gone: edit.deleteIdentities ?? [], asWritable };
}

function exceptionEdit(edit: ProfileEdit): ListEdit {
  const put = (edit.putExceptions ?? []).map((desired) => ({
    namespace: desired.namespace,
    name: desired.name,
    render: (replaced: string | undefined) =>
      setMembers(replaced ?? '{}', {
        name: JSON.stringify(desired.name),
        namespace: JSON.stringify(desired.namespace),
        podLabels: JSON.stringify(desired.podLabels),
      }),
  }));
  return { put, gone: edit.deleteExceptions ?? [], asWritable: fillPodLabels };
}

/** Servers return null for an exception without labels and refuse to take it back. */
function fillPodLabels(entry: string): string {
  const labels = memberAt(parseJsonTree(entry), 'podLabels')?.value;
  return labels === undefined || labels.type === 'null' ? setMembers(entry, { podLabels: '{}' }) : entry;
}

function editList(profileText: string, member: string, edit: ListEdit): string {
  const current = entriesOf(profileText, member);
  const byText = new Map<EntryKey, string>(current.map((entry) => [entry, entry.text]));
  const renderers = new Map<EntryKey, TextEntry>(edit.put.map((entry) => [entry, entry]));
  const texts = editEntries<EntryKey, EntryKey>(current, edit.put, edit.gone).map((entry) => {
    const put = renderers.get(entry);
    if (put !== undefined) {
      return put.render(current.find((old) => isSame(old, put))?.text);
    }
    return edit.asWritable(byText.get(entry) ?? '{}');
  });
  return `[${texts.join(',')}]`;
}

function isSame(one: EntryKey, other: EntryKey): boolean {
  return one.name === other.name && one.namespace === other.namespace;
}

function entriesOf(profileText: string, member: string): (EntryKey & { text: string })[] {
  const list = memberAt(parseJsonTree(profileText), member)?.value;
  if (list?.type !== 'array') {
    return [];
  }
  return (list.children ?? [])
    .filter((node) => node.type === 'object')
    .map((node) => profileText.slice(node.offset, node.offset + node.length))
    .map((text) => ({ ...readEntryKey(JSON.parse(text)), text }));
}

function objectAt(entryText: string, member: string): string {
  const value = memberAt(parseJsonTree(entryText), member)?.value;
  return value?.type === 'object' ? entryText.slice(value.offset, value.offset + value.length) : '{}';
}
