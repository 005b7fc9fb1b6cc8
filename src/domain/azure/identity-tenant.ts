/**
 * Entra is asked at the tenant of the identity, so that nothing is sent where nobody knows it: a code, a colon and a
 * sentence. Undefined where it is known.
 */
export function unknownTenant({ tenantId }: { readonly tenantId?: string | undefined }): string | undefined {
  return tenantId ? undefined : `${noTenantCode}: Azure does not say in which tenant the identity is.`;
}

export const noTenantCode = 'NoTenant';
