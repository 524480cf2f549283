/** Times of repeats, in milliseconds. */
export interface Times {
  readonly median: number;
  readonly p95: number;
  readonly repeats: number;
}

/** One window after another in a process of its own; by the name of the case. */
export interface LatencyFigures {
  readonly cases: Readonly<Record<string, Times>>;
  /** Of all its processes behind the last case, in bytes. */
  readonly peakResidentBytes: number;
  readonly proportionalBytes: number;
}

export interface DefaultsFigures extends Times {
  /** Tokens that it decoded, where it cannot be told how many. */
  readonly tokens: number;
}

export interface LoadLevel {
  readonly clients: number;
  readonly perSecond: number;
  readonly latency: Times;
  readonly probes: { readonly median: number; readonly p99: number; readonly count: number };
  /** The most that all processes took at once, shared pages in parts. */
  readonly peakProportionalBytes: number;
}

export interface LoadFigures {
  /** By its name, short cases a second at eight clients. */
  readonly layouts: Readonly<Record<string, number>>;
  readonly bestLayout: string;
  readonly levels: readonly LoadLevel[];
}

export interface LengthFigures {
  readonly audioSeconds: number;
  readonly seconds: number;
  readonly windows: number;
  /** Of each window. */
  readonly tokens: number;
}

export interface LongFileFigures {
  readonly layout: string;
  readonly seconds: number;
  readonly windows: number;
  /** Seconds for a second of audio. */
  readonly realTimeFactor: number;
  /** Of this server alone. */
  readonly lengths?: readonly LengthFigures[];
}

/** What was measured of each peer, by its id. A part that was not asked for is empty. */
export interface BenchResults {
  readonly date: string;
  readonly machine: string;
  readonly weights: string;
  readonly threads: number;
  readonly peers: readonly {
    readonly id: string;
    readonly title: string;
    readonly about?: string;
    readonly missing?: string;
  }[];
  readonly latency: Readonly<Record<string, LatencyFigures>>;
  readonly defaults: Readonly<Record<string, DefaultsFigures>>;
  readonly coldStart: Readonly<Record<string, Times>>;
  readonly load: Readonly<Record<string, LoadFigures>>;
  readonly longFile: Readonly<Record<string, LongFileFigures>>;
}
