/** Ids that every scenario shares, so that examples can be typed from memory. */
export const tenantId = '00000000-0000-4000-8000-00000000aaaa';
export const subscriptionId = '00000000-0000-4000-8000-000000000001';
export const groupName = 'demo-rg';
export const location = 'westeurope';
/** The node resource group. */
export const nodeGroup = 'MC_demo-rg_demo_westeurope';
