/** A managed identity as a command line names it. */
export type IdentityReference =
  | {
      readonly kind: 'id';
      readonly resourceId: string;
      /** The last word of the id; undefined where it is not an id. */
      readonly name: string | undefined;
    }
  /** To be looked up. */
  | { readonly kind: 'name'; readonly name: string; readonly resourceGroup?: string };
