/**
 * A name that the kernel takes for a link, and nftables for a word. The kernel takes quotes and stars too,
 * which nftables reads otherwise.
 */
export const linkName = /^[\w.@:-]{1,15}$/;
