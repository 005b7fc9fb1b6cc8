import type { AzCommand, AzTranslation } from './az-command.ts';
import { isAbout, stayingNote } from './az-staying.ts';
import { checkTyped, strangeWord } from './az-words.ts';
import { translateCreate, translateUpdate } from './translate-az-cluster.ts';
import { translateEntryCommand } from './translate-az-entry.ts';
import { translateMachineCommand } from './translate-az-machine.ts';
import { translateRoleCommand } from './translate-az-role.ts';

/**
 * The podid commands for an az one. What has no equivalent but belongs to the work with pod identity stays as it is.
 *
 * @throws PodidError InvalidUsage for what is about pod identity and cannot be translated as a whole
 */
export function translateAz(command: AzCommand): AzTranslation {
  const translation = translateOne(command.answered ? withYes(command) : command);
  return command.answered && translation.kind === 'typed'
    ? { ...translation, notes: [...translation.notes, answerNote] }
    : translation;
}

const answerNote =
  'Left out: the answer that is typed ahead. podid takes one from a terminal, and --yes stands for it everywhere else.';

/** Of the commands of az that ask only this one's equivalents do. */
function withYes(command: AzCommand): AzCommand {
  return command.words.join(' ') === 'aks update'
    ? { ...command, flags: [...command.flags, { name: '--yes', values: [] }] }
    : command;
}

function translateOne(command: AzCommand): AzTranslation {
  const [group, verb, third] = command.words;
  const words = command.words.join(' ');
  const strange = strangeWord(command.words);
  if (isOfPodid(words)) {
    checkTyped(command);
  } else if (strange !== undefined) {
    return { kind: 'unknown', reason: strange, hidden: true };
  }
  if (group === 'aks' && verb === 'pod-identity') {
    return translateEntryCommand(command);
  }
  if (words === 'aks update') {
    return translateUpdate(command);
  }
  if (words === 'aks create') {
    return translateCreate(command);
  }
  if ((group === 'vm' || group === 'vmss') && verb === 'identity') {
    return translateMachineCommand(command);
  }
  if (words === 'role assignment create' || words === 'role assignment delete') {
    return translateRoleCommand(command);
  }
  if (group === 'extension') {
    return extension(command);
  }
  if (group === 'feature' || group === 'provider') {
    return registration(command);
  }
  const note = stayingNote(command.words);
  if (group === undefined && command.flags.length > 0) {
    return { kind: 'unknown', reason: 'az takes its flags behind the words of the command.' };
  }
  if (note === undefined) {
    return unknown(words, group === undefined || (verb === undefined && third === undefined));
  }
  return { kind: 'kept', notes: [note] };
}

/** A command of which podid has its own, whatever stands behind its words. */
function isOfPodid(words: string): boolean {
  return /^(?:aks (?:pod-identity|update|create)|vm(?:ss)? identity)(?: |$)/.test(words);
}

function extension({ words, flags }: AzCommand): AzTranslation {
  const isPreview = isAbout(flags, 'aks-preview');
  if (isPreview && ['add', 'update'].includes(words[1] ?? '')) {
    return {
      kind: 'typed',
      commands: [],
      notes: ['Nothing to type: podid needs neither az nor its extension.'],
    };
  }
  return isPreview ? { kind: 'kept', notes: ['Stays az.'] } : unknown(words.join(' '), words.length < 2);
}

function registration({ words, flags }: AzCommand): AzTranslation {
  const verb = words.slice(0, 2).join(' ');
  const isPodIdentity = isAbout(flags, 'EnablePodIdentityPreview');
  if (verb === 'feature register') {
    const note = isPodIdentity
      ? 'Stays az; podid enable --register-feature registers the feature, waits for it and registers the provider again.'
      : 'Stays az: podid needs the feature EnablePodIdentityPreview alone.';
    return { kind: 'kept', notes: [note] };
  }
  if (verb === 'feature unregister' && isPodIdentity) {
    const note =
      'Stays az. It applies to the whole subscription and turns nothing off on any cluster; podid disable turns one cluster off.';
    return { kind: 'kept', notes: [note] };
  }
  const isKnown = ['feature show', 'feature list', 'provider register', 'provider show'].includes(verb);
  return isKnown
    ? { kind: 'kept', notes: ['Stays az; podid enable --register-feature does it too.'] }
    : { kind: 'kept', notes: ['Stays az.'] };
}

function unknown(words: string, isShort: boolean): AzTranslation {
  return {
    kind: 'unknown',
    reason: isShort
      ? `az${words === '' ? '' : ` ${words}`} is not a complete command.`
      : `az ${words} has no equivalent in podid and is not part of working with pod identity.`,
  };
}
