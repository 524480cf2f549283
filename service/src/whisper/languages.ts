import { WhisperError } from './whisper-error';

/**
 * The languages of Whisper's vocabulary, by code, with their English names in lower case (openai/whisper
 * `tokenizer.py`). Codes are ISO 639-1 where there is one; Javanese is `jw`. Cantonese came with large-v3.
 */
export const LANGUAGES: Readonly<Record<string, string>> = Object.freeze({
  af: 'afrikaans',
  am: 'amharic',
  ar: 'arabic',
  as: 'assamese',
  az: 'azerbaijani',
  ba: 'bashkir',
  be: 'belarusian',
  bg: 'bulgarian',
  bn: 'bengali',
  bo: 'tibetan',
  br: 'breton',
  bs: 'bosnian',
  ca: 'catalan',
  cs: 'czech',
  cy: 'welsh',
  da: 'danish',
  de: 'german',
  el: 'greek',
  en: 'english',
  es: 'spanish',
  et: 'estonian',
  eu: 'basque',
  fa: 'persian',
  fi: 'finnish',
  fo: 'faroese',
  fr: 'french',
  gl: 'galician',
  gu: 'gujarati',
  ha: 'hausa',
  haw: 'hawaiian',
  he: 'hebrew',
  hi: 'hindi',
  hr: 'croatian',
  ht: 'haitian creole',
  hu: 'hungarian',
  hy: 'armenian',
  id: 'indonesian',
  is: 'icelandic',
  it: 'italian',
  ja: 'japanese',
  jw: 'javanese',
  ka: 'georgian',
  kk: 'kazakh',
  km: 'khmer',
  kn: 'kannada',
  ko: 'korean',
  la: 'latin',
  lb: 'luxembourgish',
  ln: 'lingala',
  lo: 'lao',
  lt: 'lithuanian',
  lv: 'latvian',
  mg: 'malagasy',
  mi: 'maori',
  mk: 'macedonian',
  ml: 'malayalam',
  mn: 'mongolian',
  mr: 'marathi',
  ms: 'malay',
  mt: 'maltese',
  my: 'myanmar',
  ne: 'nepali',
  nl: 'dutch',
  nn: 'nynorsk',
  no: 'norwegian',
  oc: 'occitan',
  pa: 'punjabi',
  pl: 'polish',
  ps: 'pashto',
  pt: 'portuguese',
  ro: 'romanian',
  ru: 'russian',
  sa: 'sanskrit',
  sd: 'sindhi',
  si: 'sinhala',
  sk: 'slovak',
  sl: 'slovenian',
  sn: 'shona',
  so: 'somali',
  sq: 'albanian',
  sr: 'serbian',
  su: 'sundanese',
  sv: 'swedish',
  sw: 'swahili',
  ta: 'tamil',
  te: 'telugu',
  tg: 'tajik',
  th: 'thai',
  tk: 'turkmen',
  tl: 'tagalog',
  tr: 'turkish',
  tt: 'tatar',
  uk: 'ukrainian',
  ur: 'urdu',
  uz: 'uzbek',
  vi: 'vietnamese',
  yi: 'yiddish',
  yo: 'yoruba',
  yue: 'cantonese',
  zh: 'chinese',
});

/** Other names, as openai/whisper accepts them, and other codes of the same languages (IANA subtag registry). */
const ALIASES: Readonly<Record<string, string>> = {
  burmese: 'my',
  castilian: 'es',
  flemish: 'nl',
  haitian: 'ht',
  letzeburgesch: 'lb',
  mandarin: 'zh',
  moldavian: 'ro',
  moldovan: 'ro',
  panjabi: 'pa',
  pushto: 'ps',
  sinhalese: 'si',
  valencian: 'ca',
  cmn: 'zh',
  fil: 'tl',
  in: 'id',
  iw: 'he',
  ji: 'yi',
  jv: 'jw',
  nb: 'no',
};

/** Languages that are written without spaces between words. */
const WITHOUT_SPACES: ReadonlySet<string> = new Set(['bo', 'ja', 'km', 'lo', 'my', 'th', 'yue', 'zh']);

const CODES_BY_NAME: ReadonlyMap<string, string> = new Map([
  ...Object.entries(LANGUAGES).map(([code, name]) => [name, code] as const),
  ...Object.entries(ALIASES),
]);

/**
 * Whisper's code of a language.
 *
 * @param language - a code (`en`), an English name (`english`) or a regional tag (`en-US`, `pt_BR`), in any case.
 * @throws WhisperError `unsupported_language`
 */
export function languageCode(language: string): string {
  const wanted = language.trim().toLowerCase();
  const [primary] = wanted.split(/[-_]/);
  for (const candidate of [wanted, primary!]) {
    if (Object.hasOwn(LANGUAGES, candidate)) return candidate;
    const code = CODES_BY_NAME.get(candidate);
    if (code !== undefined) return code;
  }
  throw new WhisperError(
    'unsupported_language',
    `Whisper does not know the language ${JSON.stringify(language)}. ` +
      'Give a code such as "en", a name such as "english" or a tag such as "en-US", or leave it out.',
  );
}

/**
 * English name of a language, in lower case.
 *
 * @param code - one of Whisper's codes.
 * @throws WhisperError `unsupported_language`
 */
export function languageName(code: string): string {
  return LANGUAGES[languageCode(code)]!;
}

/** Whether words of the language are parted by spaces. */
export function isWrittenWithSpaces(code: string): boolean {
  return !WITHOUT_SPACES.has(code);
}
