/**
 * Collects advice that is no fault: what was asked for is emitted, and somebody should know what it means.
 *
 * cdk8s has no channel for warnings, so apps print them.
 */
export class Warnings {
  readonly #warnings: string[] = [];

  /**
   * Notes a warning.
   *
   * @param code stable, in kebab-case: for people who search for it and for tests
   * @param text what to know, and what to do
   */
  add(code: string, text: string): void {
    this.#warnings.push(`[${code}] ${text}`);
  }

  /** The warnings so far, in the order in which they were noted; a copy. */
  list(): string[] {
    return [...this.#warnings];
  }
}
