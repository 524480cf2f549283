/**
 * How the benchmark talks with a peer's process: one JSON object a line, requests on its standard input, answers on its
 * standard output. python/driver.py speaks it too.
 */

/** The one argument of a driver, as JSON. */
export interface DriverOptions {
  /** The model in the peer's format: a folder or a file. */
  readonly model: string;
  /** Of the recordings: each is NAME.f32, 16 kHz mono in 32-bit floats. */
  readonly audioFolder: string;
  /** Threads of one decoding. */
  readonly threads: number;
  /**
   * Decodings that the peer's library runs side by side.
   *
   * @default 1
   */
  readonly workers?: number;
  /**
   * Waiting windows that are decoded as one batch, at most.
   *
   * @default 1
   */
  readonly batch?: number;
  /** Precision, where the peer has several. */
  readonly precision?: 'int8' | 'fp32';
  /**
   * Whether the library runs as it comes: its own number of threads, its own search, its own padding.
   *
   * @default false
   */
  readonly asItComes?: boolean;
  /** Where the peers from npm are installed. */
  readonly nodeModules?: string;
}

export type DriverRequest =
  | { readonly id: number; readonly do: 'ping' }
  /** Decodes the recording's first 30 s to exactly so many tokens. */
  | { readonly id: number; readonly do: 'decode'; readonly audio: string; readonly tokens: number };

export type DriverMessage =
  /** The model is loaded; versions and settings in words. The first message. */
  | { readonly ready: string }
  /** Answer to a ping. */
  | { readonly id: number }
  | { readonly id: number; readonly error: string }
  /** `ms` from taking the request up to its text. */
  | { readonly id: number; readonly ms: number; readonly tokens: number };
