/**
 * The detail of a StaleCluster that says that the autoscaler moved the count of a pool. Unlike a 412 it may be a refusal
 * that stays, so a write is not repeated for it without end.
 */
export const autoscaledCode = 'AgentPoolAutoscaled';
