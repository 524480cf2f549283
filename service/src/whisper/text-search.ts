import type { LogitFilter } from './logit-filters/logit-filter';
import type { TokenDecoder } from './model';

/** Where every search begins: the model has read its prompt. */
export interface SearchStart {
  /** Forked by each search, and never gone on with. */
  readonly decoder: TokenDecoder;

  /** Logits of the first token, before any rule. To be copied: the next search needs them, too. */
  readonly logits: Float32Array;
}

/** What binds every search. */
export interface SearchRules {
  readonly filters: readonly LogitFilter[];
  readonly endOfText: number;

  /** Most tokens of a text. */
  readonly limit: number;
}

/** Applies the rules to the logits behind `tokens`, in place. */
export function applyFilters({ filters }: SearchRules, logits: Float32Array, tokens: readonly number[]): Float32Array {
  for (const filter of filters) filter.apply(logits, tokens);
  return logits;
}
