/**
 * The word by which podid-nmi is started for one certificate. It is no command for people. Known apart from what that
 * process does, so that no other process loads it.
 */
export const proofWord = 'prove-by-certificate';
