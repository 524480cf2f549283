import { largestOf, logSumExp } from '../logits/logits';
import type { SpecialTokens } from '../special-tokens';
import type { LogitFilter } from './logit-filter';

/**
 * The grammar of a transcript with timestamps (openai/whisper `decoding.py`, `ApplyTimestampRules`):
 * `start text end`, again and again, each segment longer than nothing and none before its predecessor.
 */
export class TimestampRules implements LogitFilter {
  constructor(
    private readonly special: Pick<
      SpecialTokens,
      'endOfText' | 'noTimestamps' | 'timestampBegin' | 'maxInitialTimestampIndex'
    >,
  ) {}

  apply(logits: Float32Array, sampledTokens: readonly number[]): void {
    const { noTimestamps, timestampBegin, maxInitialTimestampIndex } = this.special;
    logits[noTimestamps] = -Infinity;
    if (sampledTokens.length === 0) {
      // A transcript begins with a timestamp, and soon: what is said first in a window is not said seconds later.
      logits.fill(-Infinity, 0, timestampBegin);
      logits.fill(-Infinity, timestampBegin + maxInitialTimestampIndex + 1);
      return;
    }
    this.keepPairs(logits, sampledTokens);
    this.keepOrder(logits, sampledTokens);
    this.preferLikelyTimestamps(logits);
  }

  /** After an end comes the next start or the end of the text; after a start comes text. */
  private keepPairs(logits: Float32Array, sampledTokens: readonly number[]): void {
    if (!this.isTimestamp(sampledTokens.at(-1))) return;
    const { endOfText, timestampBegin } = this.special;
    if (this.closesSegment(sampledTokens)) {
      logits.fill(-Infinity, 0, endOfText);
      logits.fill(-Infinity, endOfText + 1, timestampBegin);
    } else {
      logits.fill(-Infinity, timestampBegin);
    }
  }

  /** Time does not run backwards, and a segment does not end where it starts: a seek to its end would not move. */
  private keepOrder(logits: Float32Array, sampledTokens: readonly number[]): void {
    const last = sampledTokens.findLast((token) => this.isTimestamp(token));
    if (last === undefined) return;
    const earliest = this.closesSegment(sampledTokens) ? last : last + 1;
    logits.fill(-Infinity, this.special.timestampBegin, earliest);
  }

  /** Many timestamps share the probability of "now comes one": together they beat the likeliest other token. */
  private preferLikelyTimestamps(logits: Float32Array): void {
    const { timestampBegin } = this.special;
    const likeliestOther = largestOf(logits.subarray(0, timestampBegin));
    if (logSumExp(logits.subarray(timestampBegin)) > likeliestOther) logits.fill(-Infinity, 0, timestampBegin);
  }

  /** Whether the last token is the second timestamp of its segment; the very first timestamp opens one. */
  private closesSegment(sampledTokens: readonly number[]): boolean {
    return (
      sampledTokens.length >= 2 && this.isTimestamp(sampledTokens.at(-1)) && !this.isTimestamp(sampledTokens.at(-2))
    );
  }

  private isTimestamp(token: number | undefined): boolean {
    return token !== undefined && token >= this.special.timestampBegin;
  }
}
