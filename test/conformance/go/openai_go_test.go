package conformance

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
)

func openAIGo(t *testing.T, options ...option.RequestOption) openai.Client {
	t.Helper()
	return openai.NewClient(append([]option.RequestOption{
		option.WithBaseURL(environment(t, "STT_URL") + "/v1/"),
		option.WithAPIKey(environment(t, "STT_KEY")),
	}, options...)...)
}

func openSample(t *testing.T) *os.File {
	t.Helper()
	file, err := os.Open(samplePath(t, sampleFile))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}

// transcribe sends the parameters with the sample.
func transcribe(t *testing.T, params openai.AudioTranscriptionNewParams) *openai.AudioTranscriptionNewResponseUnion {
	t.Helper()
	client := openAIGo(t)
	params.File = openSample(t)
	if params.Model == "" {
		params.Model = openai.AudioModelWhisper1
	}
	response, err := client.Audio.Transcriptions.New(context.Background(), params)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func TestOpenAIGoGetsJSONByDefault(t *testing.T) {
	response := transcribe(t, openai.AudioTranscriptionNewParams{}).AsTranscription()
	equal(t, "text", response.Text, textOf(t, sampleFile))
	equal(t, "usage", response.Usage.AsDuration().Seconds, 5)
}

// As its documentation says to do for formats that are not JSON.
func TestOpenAIGoGetsTextAndSubtitles(t *testing.T) {
	ask := func(format openai.AudioResponseFormat) string {
		t.Helper()
		client := openAIGo(t)
		params := openai.AudioTranscriptionNewParams{
			File:           openSample(t),
			Model:          openai.AudioModelWhisper1,
			ResponseFormat: format,
		}
		var text string
		if err := client.Post(context.Background(), "audio/transcriptions", params, &text); err != nil {
			t.Fatal(err)
		}
		return text
	}
	equal(t, "text", ask(openai.AudioResponseFormatText), textOf(t, sampleFile)+"\n")
	equal(t, "srt", cueOf(t, srt, ask(openai.AudioResponseFormatSRT)), textOf(t, sampleFile))
	equal(t, "vtt", cueOf(t, vtt, ask(openai.AudioResponseFormatVTT)), textOf(t, sampleFile))
}

func TestOpenAIGoGetsSegmentsAndWords(t *testing.T) {
	response := transcribe(t, openai.AudioTranscriptionNewParams{
		ResponseFormat:         openai.AudioResponseFormatVerboseJSON,
		TimestampGranularities: []string{"segment", "word"},
		Language:               openai.String("en"),
	}).AsTranscriptionVerbose()
	equal(t, "text", response.Text, textOf(t, sampleFile))
	equal(t, "language", response.Language, "english")
	if len(response.Segments) != 1 || len(response.Segments[0].Tokens) == 0 || len(response.Words) == 0 {
		t.Errorf("got %s", response.RawJSON())
	}
}

func TestOpenAIGoGetsLogprobs(t *testing.T) {
	response := transcribe(t, openai.AudioTranscriptionNewParams{
		Model:   openai.AudioModelGPT4oTranscribe,
		Include: []openai.TranscriptionInclude{openai.TranscriptionIncludeLogprobs},
	})
	var text []byte
	for _, entry := range response.Logprobs {
		if entry.Logprob > 0 {
			t.Errorf("%q has the log-probability %f", entry.Token, entry.Logprob)
		}
		for _, each := range entry.Bytes {
			text = append(text, byte(each))
		}
	}
	equal(t, "text of the tokens", strings.TrimSpace(string(text)), textOf(t, sampleFile))
}

func TestOpenAIGoMaySendEveryParameter(t *testing.T) {
	response := transcribe(t, openai.AudioTranscriptionNewParams{
		Prompt:      openai.String("Prices."),
		Temperature: openai.Float(0),
		ChunkingStrategy: openai.AudioTranscriptionNewParamsChunkingStrategyUnion{
			OfAudioTranscriptionNewsChunkingStrategyVadConfig: &openai.AudioTranscriptionNewParamsChunkingStrategyVadConfig{
				Type: "server_vad", SilenceDurationMs: param.NewOpt[int64](200),
			},
		},
		Keywords:  []string{"dollars", "cents"},
		Languages: []string{"en", "es"},
	})
	equal(t, "text", response.Text, textOf(t, sampleFile))
}

func TestOpenAIGoStreams(t *testing.T) {
	client := openAIGo(t)
	stream := client.Audio.Transcriptions.NewStreaming(context.Background(), openai.AudioTranscriptionNewParams{
		File:  openSample(t),
		Model: openai.AudioModelGPT4oMiniTranscribe,
	})
	defer stream.Close()
	var text, whole string
	for stream.Next() {
		switch event := stream.Current(); event.Type {
		case "transcript.text.delta":
			text += event.Delta
		case "transcript.text.done":
			whole = event.Text
			if usage := event.AsTranscriptTextDone().Usage; usage.TotalTokens != usage.InputTokens+usage.OutputTokens || usage.TotalTokens == 0 {
				t.Errorf("usage: %s", usage.RawJSON())
			}
		default:
			t.Errorf("event %q", event.Type)
		}
	}
	if err := stream.Err(); err != nil {
		t.Fatal(err)
	}
	equal(t, "text of the deltas", text, textOf(t, sampleFile))
	equal(t, "text in the end", whole, textOf(t, sampleFile))
}

func TestOpenAIGoTranslates(t *testing.T) {
	client := openAIGo(t)
	response, err := client.Audio.Translations.New(context.Background(), openai.AudioTranslationNewParams{
		File:  openSample(t),
		Model: openai.AudioModelWhisper1,
	})
	if err != nil {
		t.Fatal(err)
	}
	if response.Text == "" {
		t.Error("no text")
	}
}

func TestOpenAIGoListsAndRetrievesModels(t *testing.T) {
	client := openAIGo(t)
	page, err := client.Models.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "number of models", len(page.Data), 1)
	model, err := client.Models.Get(context.Background(), "whisper-1")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "model", model.ID, page.Data[0].ID)
}

func TestOpenAIGoGetsErrorsWithAllTheirFields(t *testing.T) {
	client := openAIGo(t)
	cases := []struct {
		name    string
		params  openai.AudioTranscriptionNewParams
		options []option.RequestOption
		status  int
		code    string
		param   string
	}{
		{"no audio", openai.AudioTranscriptionNewParams{File: strings.NewReader("no audio")}, nil, http.StatusBadRequest, "unsupported_format", "file"},
		{"a bad value", openai.AudioTranscriptionNewParams{Temperature: openai.Float(2)}, nil, http.StatusBadRequest, "invalid_value", "temperature"},
		{"an unknown model", openai.AudioTranscriptionNewParams{Model: "whisper-2"}, nil, http.StatusNotFound, "model_not_found", "model"},
		{"an unknown key", openai.AudioTranscriptionNewParams{}, []option.RequestOption{option.WithAPIKey("sk-unknown")}, http.StatusUnauthorized, "invalid_api_key", ""},
		{"too large a file", openai.AudioTranscriptionNewParams{File: bytes.NewReader(make([]byte, 5_000_000))}, nil, http.StatusRequestEntityTooLarge, "body_too_large", "file"},
	}
	for _, each := range cases {
		t.Run(each.name, func(t *testing.T) {
			params := each.params
			if params.File == nil {
				params.File = openSample(t)
			}
			if params.Model == "" {
				params.Model = openai.AudioModelWhisper1
			}
			_, err := client.Audio.Transcriptions.New(context.Background(), params, each.options...)
			var apiError *openai.Error
			if !errors.As(err, &apiError) {
				t.Fatalf("no openai.Error, but %v", err)
			}
			equal(t, "status", apiError.StatusCode, each.status)
			equal(t, "code", apiError.Code, each.code)
			equal(t, "param", apiError.Param, each.param)
			equal(t, "type", apiError.Type, "invalid_request_error")
			if apiError.Message == "" || apiError.Response.Header.Get("X-Request-Id") == "" {
				t.Errorf("message %q, headers %v", apiError.Message, apiError.Response.Header)
			}
		})
	}
}

// Its own retries, with nothing set.
func TestOpenAIGoIsServedAtTheSecondTryWhereThereWasNoRoom(t *testing.T) {
	for _, each := range []struct {
		key    string
		status int
	}{{"STT_OTHER_KEY", http.StatusTooManyRequests}, {"STT_KEY", http.StatusServiceUnavailable}} {
		t.Run(http.StatusText(each.status), func(t *testing.T) {
			queue := fillQueue(t)
			defer queue.letGo(t)
			var statuses []int
			seen := func(request *http.Request, next option.MiddlewareNext) (*http.Response, error) {
				response, err := next(request)
				if err == nil {
					statuses = append(statuses, response.StatusCode)
					queue.letGo(t)
				}
				return response, err
			}
			client := openAIGo(t, option.WithAPIKey(environment(t, each.key)), option.WithMiddleware(seen))
			context, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			defer cancel()
			response, err := client.Audio.Transcriptions.New(context, openai.AudioTranscriptionNewParams{
				File:  openSample(t),
				Model: openai.AudioModelWhisper1,
			})
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "text", response.Text, textOf(t, sampleFile))
			if len(statuses) != 2 || statuses[0] != each.status || statuses[1] != http.StatusOK {
				t.Errorf("statuses: %v", statuses)
			}
		})
	}
}
