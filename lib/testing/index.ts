/**
 * Matchers for jest, for tests of your own charts:
 *
 * ```ts
 * import 'cdk8s-whisper-stt/testing';
 *
 * expect(Testing.synth(chart)).toBePinned();
 * ```
 *
 * Where `expect` is a global the import adds them to it. Elsewhere: `expect.extend(whisperSttMatchers)`, and
 * `declare module 'expect' { interface Matchers<R> extends WhisperSttMatchers<R> {} }`.
 */
import {
  toBeGuaranteedQos,
  toBePinned,
  toDrainGracefully,
  toObeyWhisperRule,
  toPassWhisperPolicy,
  toReturnToMinReplicas,
} from './matchers';

export type { MatcherResult } from './matchers';
export type { WhisperSttMatchers } from './jest-global';

/** For `expect.extend`. */
export const whisperSttMatchers = {
  toBeGuaranteedQos,
  toBePinned,
  toReturnToMinReplicas,
  toDrainGracefully,
  toPassWhisperPolicy,
  toObeyWhisperRule,
};

/** A test runner's `expect`, where it is a global. */
interface ExtendableExpect {
  extend(matchers: typeof whisperSttMatchers): void;
}

(globalThis as { readonly expect?: ExtendableExpect }).expect?.extend(whisperSttMatchers);
