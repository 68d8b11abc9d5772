/** Longest wait for anything, milliseconds: far longer than it takes, also on a slow and busy machine. */
export const PATIENCE = 60_000;
