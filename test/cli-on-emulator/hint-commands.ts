import { identityId } from './emulated-podid.ts';

/** podid's own commands of a hint, whole: what changes something as a dry run, and for ID what it stands for. */
export function commandsIn(hint: string): readonly string[][] {
  return [...hint.matchAll(/podid ([^;(),#]+)/g)].map(([, text = '']) => {
    const words = text
      .trim()
      .split(' ')
      .map((word) => (word === 'ID' ? identityId('web') : word));
    const isRead = words.includes('--help') || words.includes('list');
    return isRead ? words : withImage([...words, '--dry-run']);
  });
}

/** Which image to install is for whoever runs a podid that comes from no release: the command itself says so. */
export function withImage(words: readonly string[]): string[] {
  const isInstallation = words[0] === 'nmi' && words[1] === 'install';
  return [
    ...words,
    ...(isInstallation ? ['--set', 'podid.image.repository=registry.example.net/podid'] : []),
  ];
}
