import type { MigrationFacts } from '../../domain/migrate/migration-facts.ts';

/**
 * What may run as a service account, or have the label of a binding, and could not be read, and why, in sentences;
 * undefined where all was read.
 */
export function unreadUsers({
  workloads,
  pods,
}: Pick<MigrationFacts, 'workloads' | 'pods'>): string | undefined {
  const readings = [
    ...[...workloads].map(([kind, reading]) => [`${kind}s`, reading] as const),
    ['pods', pods] as const,
  ];
  const unread = readings.flatMap(([what, reading]) =>
    reading.kind === 'unread' ? [{ what, why: reading.error.message }] : [],
  );
  const [first] = unread;
  return first && `${unread.map(({ what }) => what).join(', ')} could not be read. ${first.why}`;
}
