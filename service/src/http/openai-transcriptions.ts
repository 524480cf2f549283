import fp from 'fastify-plugin';
import { plainText } from '../text/plain-text';
import { transcriptionJson } from '../text/json';
import { verboseJson, type Granularity } from '../text/verbose-json';
import { languageCode } from '../whisper/languages';
import { HALLUCINATION_POLICIES, type HallucinationPolicy } from '../whisper/transcribe-options';
import { ApiError } from './api-error';
import type { TranscriptionRequest, TranscriptionRunner } from './transcription-runner';
import type { Upload } from './upload';

const RESPONSE_FORMATS = ['json', 'text', 'verbose_json'] as const;
type ResponseFormat = (typeof RESPONSE_FORMATS)[number];
const GRANULARITIES: readonly Granularity[] = ['segment', 'word'];
/** Formats of the contract that this server does not write. */
const UNSERVED_FORMATS = ['srt', 'vtt', 'diarized_json'];

/**
 * `POST /v1/audio/transcriptions`, as OpenAI's SDKs, pipecat and LiveKit call it. The form is read whole before anything
 * is decided; fields that the contract does not know are ignored, as upstream does. Any `model` is served by the loaded
 * one: agents send names such as `whisper-1` or `gpt-4o-mini-transcribe` without being asked.
 */
export const openaiTranscriptions = fp<{ readonly runner: TranscriptionRunner }>(function openaiTranscriptions(
  app,
  { runner },
  done,
) {
  app.post('/v1/audio/transcriptions', async (request, reply) => {
    const write = { format: 'json' as ResponseFormat, granularities: new Set<Granularity>() };
    const { transcription } = await runner.run(request, reply, (upload) => {
      const form = new Form(upload);
      write.format = form.responseFormat();
      write.granularities = form.granularities(write.format);
      form.refuseUnserved();
      return form.transcriptionRequest(write.format, write.granularities);
    });
    switch (write.format) {
      case 'json':
        return reply.send(transcriptionJson(transcription));
      case 'verbose_json':
        return reply.send(verboseJson(transcription, 'transcribe', write.granularities));
      case 'text':
        return reply.type('text/plain; charset=utf-8').send(plainText(transcription));
    }
  });
  done();
});

class Form {
  constructor(private readonly upload: Upload) {}

  responseFormat(): ResponseFormat {
    const value = this.last('response_format') ?? 'json';
    const format = RESPONSE_FORMATS.find((each) => each === value);
    if (format) return format;
    throw new ApiError(
      UNSERVED_FORMATS.includes(value) ? 'unsupported_value' : 'invalid_value',
      `response_format ${JSON.stringify(value)} is not served; use one of ${RESPONSE_FORMATS.join(', ')}`,
      'response_format',
    );
  }

  /**
   * What would change the answer's shape or its detail is refused where it is not served: left out in silence, it would
   * surface far from its cause. Hints (`chunking_strategy`, `include[]`) are ignored, as upstream does with models that
   * do not know them.
   */
  refuseUnserved(): void {
    if (this.last('stream') === 'true') {
      throw new ApiError('unsupported_value', 'stream=true is not served; leave it out', 'stream');
    }
  }

  /** What `verbose_json` shows; segments where nothing is said. The other formats have no times. */
  granularities(format: ResponseFormat): Set<Granularity> {
    if (format !== 'verbose_json') return new Set();
    const values = this.all('timestamp_granularities');
    const chosen = values.map((value) => {
      const granularity = GRANULARITIES.find((each) => each === value);
      if (granularity) return granularity;
      throw new ApiError(
        'invalid_value',
        `timestamp_granularities ${JSON.stringify(value)}: use ${GRANULARITIES.join(', ')}`,
        'timestamp_granularities',
      );
    });
    return new Set(chosen.length > 0 ? chosen : ['segment']);
  }

  transcriptionRequest(format: ResponseFormat, granularities: ReadonlySet<Granularity>): TranscriptionRequest {
    const language = this.last('language');
    const candidates = this.all('languages');
    return {
      task: 'transcribe',
      language: language ? languageCode(language) : undefined,
      candidateLanguages: candidates.length > 0 ? candidates.map(languageCode) : undefined,
      temperature: this.temperature(),
      prompt: this.last('prompt'),
      // Timestamps cost tokens: they are decoded where the format shows them.
      timestamps: format === 'verbose_json',
      wordTimestamps: granularities.has('word'),
      keywords: this.all('keywords'),
      hallucinations: this.hallucinations(),
      channel: this.channel(),
    };
  }

  private channel(): number | undefined {
    const value = this.last('channel');
    if (value === undefined || /^\d{1,3}$/.test(value)) return value === undefined ? undefined : Number(value);
    throw new ApiError('invalid_value', `channel ${JSON.stringify(value)}: use a whole number from 0 on`, 'channel');
  }

  private hallucinations(): HallucinationPolicy {
    const value = this.last('hallucinations') ?? 'flag';
    const policy = HALLUCINATION_POLICIES.find((each) => each === value);
    if (policy) return policy;
    throw new ApiError(
      'invalid_value',
      `hallucinations ${JSON.stringify(value)}: use ${HALLUCINATION_POLICIES.join(', ')}`,
      'hallucinations',
    );
  }

  private temperature(): number {
    const value = this.last('temperature') ?? '0';
    const temperature = Number(value);
    if (value.trim() === '' || !(temperature >= 0 && temperature <= 1)) {
      throw new ApiError('invalid_value', `temperature: got ${JSON.stringify(value)}, expected 0 to 1`, 'temperature');
    }
    return temperature;
  }

  /** Empty fields count as absent: SDKs send them for unset options. */
  private last(name: string): string | undefined {
    return this.values(name).at(-1);
  }

  private values(name: string): readonly string[] {
    return (this.upload.fields.get(name) ?? []).filter(Boolean);
  }

  /** A list of the contract: repeated fields, or one JSON array, as LiteLLM sends it. */
  private all(name: string): readonly string[] {
    return this.values(name).flatMap((value) => jsonArray(value) ?? [value]);
  }
}

function jsonArray(value: string): string[] | undefined {
  if (!value.startsWith('[')) return undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    return Array.isArray(parsed) ? parsed.map(String) : undefined;
  } catch {
    return undefined;
  }
}
