import type { LogitFilter } from './logit-filter';

/** Tokens that a transcript never begins with: published models name the bare space and end-of-text. */
export class SuppressBlank implements LogitFilter {
  constructor(private readonly beginSuppress: readonly number[]) {}

  apply(logits: Float32Array, sampledTokens: readonly number[]): void {
    if (sampledTokens.length > 0) return;
    for (const token of this.beginSuppress) logits[token] = -Infinity;
  }
}
