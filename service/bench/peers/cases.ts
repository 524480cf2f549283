/** A request of a voice agent: so much speech, and so much text; 3.3 tokens a second is how fast English is spoken. */
export interface BenchCase {
  readonly name: string;
  readonly audio: string;
  readonly seconds: number;
  readonly tokens: number;
}

export const CASES = [
  { name: '5 s, 16 tokens', audio: '5s', seconds: 5, tokens: 16 },
  { name: '10 s, 33 tokens', audio: '10s', seconds: 10, tokens: 33 },
  { name: '30 s, 100 tokens', audio: '30s', seconds: 30, tokens: 100 },
] as const satisfies readonly BenchCase[];

/** The one that load, cold starts and the libraries' defaults are measured with. */
export const SHORT_CASE: BenchCase = CASES[0];
/** A window of a long file is this one. */
export const WINDOW_CASE: BenchCase = CASES[2];

export const LONG_FILE = { audio: '10min', seconds: 600 };
/** Of the same speech; what a second costs should be the same. */
export const OTHER_LENGTHS = [
  { audio: '1min', seconds: 60 },
  { audio: '1h', seconds: 3600 },
  { audio: '3h', seconds: 10_800 },
];
