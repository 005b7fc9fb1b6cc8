/** How far a workload is to go, in order. */
export const untilSteps = ['trusted', 'annotated', 'dual', 'moved', 'cleaned'] as const;

export type Until = (typeof untilSteps)[number];
