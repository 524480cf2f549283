import type { SpecialTokens } from './special-tokens';
import type { TranscribeOptions } from './transcribe-options';

/** Text that was drawn above this temperature is too wild to be the example of what follows (openai/whisper). */
const MAX_PROMPT_TEMPERATURE = 0.5;

/** What each window sees of the text before it (openai/whisper `transcribe.py`). */
export class PromptHistory {
  private readonly initial: readonly number[];
  /** Tokens since the last reset; the caller's prompt is their beginning where it is not carried. */
  private recent: readonly number[];
  private readonly conditions: boolean;
  /** Tokens that a prompt may have, besides `<|startofprev|>`. */
  private readonly room: number;

  constructor(
    { promptTokens = [], carryPrompt = false, conditionOnPreviousText = false }: TranscribeOptions,
    { maxTargetPositions }: Pick<SpecialTokens, 'maxTargetPositions'>,
  ) {
    this.initial = carryPrompt ? promptTokens : [];
    this.recent = carryPrompt ? [] : promptTokens;
    this.conditions = conditionOnPreviousText;
    this.room = (maxTargetPositions >> 1) - 1;
  }

  /** Of the next window; its end counts where it is too long. */
  get promptTokens(): readonly number[] {
    const room = Math.max(0, this.room - this.initial.length);
    return [...this.initial, ...this.recent.slice(Math.max(0, this.recent.length - room))];
  }

  /** Adds a window's text. */
  add(tokens: readonly number[], temperature: number): void {
    this.recent = this.conditions && temperature <= MAX_PROMPT_TEMPERATURE ? [...this.recent, ...tokens] : [];
    // More is never asked for.
    this.recent = this.recent.slice(-this.room);
  }
}
