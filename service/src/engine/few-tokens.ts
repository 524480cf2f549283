/**
 * New tokens of a text up to which a compiled decoder reads the window's keys and values in 8 bits as they are
 * (compiler/heard-window.ts). The kernel that does it widens them anew for each token; from about nine tokens on it takes
 * less time to widen them once, with a product of matrices behind it. It is part of the graphs: with another number
 * `COMPILED_FORMAT` is another one, too.
 */
export const FEW_TOKENS = 8;
