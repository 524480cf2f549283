import type { LogitFilter } from './logit-filter';

/** Tokens that are never part of a transcript. */
export class SuppressTokens implements LogitFilter {
  constructor(private readonly tokens: readonly number[]) {}

  apply(logits: Float32Array): void {
    for (const token of this.tokens) logits[token] = -Infinity;
  }
}
