/**
 * The field manager of the annotations that say where an identity's tokens come from. Not `podid`: what that one
 * applies is the whole of what it wants, and the next mirror would take away annotations that it does not render.
 */
export const tokenSourceManager = 'podid-exchange';
