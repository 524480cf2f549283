// Package conformance runs Go's clients against a running server.
//
//	go test -count=1 -v ./...
//
// Environment: STT_URL, without a path; STT_KEY and STT_OTHER_KEY, two API keys of the server; STT_SAMPLES, the folder
// of the embedded model's samples. The server is started as .ci/conformance.sh does.
package conformance

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

const sampleFile = "en-01.wav"

func environment(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set: run .ci/conformance.sh", name)
	}
	return value
}

func samplePath(t *testing.T, file string) string {
	t.Helper()
	return filepath.Join(environment(t, "STT_SAMPLES"), file)
}

func sampleBytes(t *testing.T, file string) []byte {
	t.Helper()
	bytes, err := os.ReadFile(samplePath(t, file))
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

// textOf is what the embedded model hears in a sample.
func textOf(t *testing.T, file string) string {
	t.Helper()
	var rows []struct{ File, Text string }
	if err := json.Unmarshal(sampleBytes(t, "transcripts.json"), &rows); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.File == file {
			return row.Text
		}
	}
	t.Fatalf("no sample %s", file)
	return ""
}

var (
	srt = regexp.MustCompile(`^1\n\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}\n(.*)\n\n$`)
	vtt = regexp.MustCompile(`^WEBVTT\n\n(?:\d\d:)?\d\d:\d\d\.\d{3} --> (?:\d\d:)?\d\d:\d\d\.\d{3}\n(.*)\n\n$`)
)

// cueOf is the text of subtitles that have one cue.
func cueOf(t *testing.T, format *regexp.Regexp, subtitles string) string {
	t.Helper()
	match := format.FindStringSubmatch(subtitles)
	if match == nil {
		t.Fatalf("%q does not match %s", subtitles, format)
	}
	return match[1]
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %#v, want %#v", what, got, want)
	}
}
