package conformance

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"testing"

	goopenai "github.com/sashabaranov/go-openai"
)

func goOpenAI(t *testing.T, key string) *goopenai.Client {
	t.Helper()
	config := goopenai.DefaultConfig(key)
	config.BaseURL = environment(t, "STT_URL") + "/v1"
	return goopenai.NewClientWithConfig(config)
}

func ask(t *testing.T, request goopenai.AudioRequest) goopenai.AudioResponse {
	t.Helper()
	request.Model = goopenai.Whisper1
	if request.FilePath == "" {
		request.FilePath = samplePath(t, sampleFile)
	}
	response, err := goOpenAI(t, environment(t, "STT_KEY")).CreateTranscription(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func TestGoOpenAIGetsJSONByDefault(t *testing.T) {
	response := ask(t, goopenai.AudioRequest{})
	equal(t, "text", response.Text, textOf(t, sampleFile))
	if id := response.Header().Get("X-Request-Id"); id == "" {
		t.Error("no x-request-id")
	}
}

func TestGoOpenAIGetsText(t *testing.T) {
	response := ask(t, goopenai.AudioRequest{Format: goopenai.AudioResponseFormatText})
	equal(t, "text", response.Text, textOf(t, sampleFile)+"\n")
}

func TestGoOpenAIGetsSubtitles(t *testing.T) {
	response := ask(t, goopenai.AudioRequest{Format: goopenai.AudioResponseFormatSRT})
	equal(t, "cue", cueOf(t, srt, response.Text), textOf(t, sampleFile))
	response = ask(t, goopenai.AudioRequest{Format: goopenai.AudioResponseFormatVTT})
	equal(t, "cue", cueOf(t, vtt, response.Text), textOf(t, sampleFile))
}

// Its types are strict: an id, a seek or a token that is no integer is an error.
func TestGoOpenAIGetsSegmentsAndWords(t *testing.T) {
	response := ask(t, goopenai.AudioRequest{
		Format:   goopenai.AudioResponseFormatVerboseJSON,
		Language: "en",
		Prompt:   "Prices.",
		TimestampGranularities: []goopenai.TranscriptionTimestampGranularity{
			goopenai.TranscriptionTimestampGranularityWord,
			goopenai.TranscriptionTimestampGranularitySegment,
		},
	})
	equal(t, "task", response.Task, "transcribe")
	equal(t, "language", response.Language, "english")
	equal(t, "text", response.Text, textOf(t, sampleFile))
	equal(t, "number of segments", len(response.Segments), 1)
	if segment := response.Segments[0]; len(segment.Tokens) == 0 || segment.End <= segment.Start || segment.AvgLogprob >= 0 {
		t.Errorf("segment: %+v", segment)
	}
	if len(response.Words) == 0 {
		t.Error("no words")
	}
}

func TestGoOpenAIMayNameChunkingStrategies(t *testing.T) {
	for _, strategy := range []any{"auto", goopenai.TranscriptionChunkingStrategy{Type: "server_vad", Threshold: 0.5}} {
		response := ask(t, goopenai.AudioRequest{ChunkingStrategy: strategy})
		equal(t, "text", response.Text, textOf(t, sampleFile))
	}
}

func TestGoOpenAISendsReaders(t *testing.T) {
	response := ask(t, goopenai.AudioRequest{Reader: bytes.NewReader(sampleBytes(t, sampleFile)), FilePath: "recording"})
	equal(t, "text", response.Text, textOf(t, sampleFile))
}

func TestGoOpenAITranslates(t *testing.T) {
	client := goOpenAI(t, environment(t, "STT_KEY"))
	response, err := client.CreateTranslation(context.Background(), goopenai.AudioRequest{
		Model:    goopenai.Whisper1,
		FilePath: samplePath(t, sampleFile),
		Format:   goopenai.AudioResponseFormatVerboseJSON,
	})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "task", response.Task, "translate")
	equal(t, "language", response.Language, "english")
}

func TestGoOpenAIListsAndRetrievesModels(t *testing.T) {
	client := goOpenAI(t, environment(t, "STT_KEY"))
	list, err := client.ListModels(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "number of models", len(list.Models), 1)
	model, err := client.GetModel(context.Background(), goopenai.Whisper1)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "model", model.ID, list.Models[0].ID)
}

func TestGoOpenAIGetsErrorsWithAllTheirFields(t *testing.T) {
	cases := []struct {
		name, key string
		request   goopenai.AudioRequest
		status    int
		code      string
	}{
		{"no audio", "STT_KEY", goopenai.AudioRequest{Reader: bytes.NewReader([]byte("no audio"))}, http.StatusBadRequest, "unsupported_format"},
		{"an unknown model", "STT_KEY", goopenai.AudioRequest{Model: "whisper-2"}, http.StatusNotFound, "model_not_found"},
		{"an unknown language", "STT_KEY", goopenai.AudioRequest{Language: "klingon"}, http.StatusBadRequest, "unsupported_language"},
		{"too large a file", "STT_KEY", goopenai.AudioRequest{Reader: bytes.NewReader(make([]byte, 5_000_000))}, http.StatusRequestEntityTooLarge, "body_too_large"},
		{"an unknown key", "", goopenai.AudioRequest{}, http.StatusUnauthorized, "invalid_api_key"},
	}
	for _, each := range cases {
		t.Run(each.name, func(t *testing.T) {
			key := "sk-unknown"
			if each.key != "" {
				key = environment(t, each.key)
			}
			request := each.request
			if request.Model == "" {
				request.Model = goopenai.Whisper1
			}
			if request.Reader == nil {
				request.Reader = bytes.NewReader(sampleBytes(t, sampleFile))
			}
			request.FilePath = "audio.wav"
			_, err := goOpenAI(t, key).CreateTranscription(context.Background(), request)
			var apiError *goopenai.APIError
			if !errors.As(err, &apiError) {
				t.Fatalf("no APIError, but %v", err)
			}
			equal(t, "status", apiError.HTTPStatusCode, each.status)
			equal(t, "code", apiError.Code, any(each.code))
			equal(t, "type", apiError.Type, "invalid_request_error")
			if apiError.Message == "" {
				t.Error("no message")
			}
		})
	}
}
