/** What the matchers add to `expect(manifests)`, which is what `Testing.synth(chart)` returns, or one object of it. */
export interface WhisperSttMatchers<R> {
  /** Every container of every Whisper pod has requests equal to its limits. */
  toBeGuaranteedQos(): R;

  /** The kubelet's static CPU manager gives the server CPUs of its own: whole ones, in a Guaranteed pod. */
  toBePinned(): R;

  /** After a burst the autoscaler comes back to `minReplicas`. */
  toReturnToMinReplicas(): R;

  /** A pod that is stopped finishes what it has begun. */
  toDrainGracefully(): R;

  /** No rule of severity error is broken: what synth demands. */
  toPassWhisperPolicy(): R;

  /**
   * One rule is not broken.
   *
   * @param id as in docs/RULES.md, for example `image-tag`
   */
  toObeyWhisperRule(id: string): R;
}

declare global {
  namespace jest {
    // With both type parameters: TypeScript merges declarations that have the same ones.
    interface Matchers<R, T> extends WhisperSttMatchers<R> {}
  }
}
