package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"sync/atomic"
	"testing"
	"time"
)

// The client of the replaced service, as its callers have it: idle connections are kept for 90 s, a session's name is a
// header of the form's part, options stand in the form, and no more of an answer is read than its JSON.
func legacyClient(connections *atomic.Int32) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Client{
		Timeout: 120 * time.Second,
		Transport: &http.Transport{
			MaxIdleConns:        100,
			MaxIdleConnsPerHost: 10,
			IdleConnTimeout:     90 * time.Second,
			DialContext: func(context context.Context, network, address string) (net.Conn, error) {
				connections.Add(1)
				return dialer.DialContext(context, network, address)
			},
		},
	}
}

func legacyRequest(t *testing.T, audio []byte) *http.Request {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="file"; filename="audio.wav"`},
		"Content-Type":        {"audio/wav"},
		"X-Session-Id":        {"session-7"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(audio); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"language": "en", "threads": "4", "temperature": "0.3"} {
		if err := form.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodPost, environment(t, "STT_URL")+"/transcribe", &body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	request.Header.Set("Authorization", "Bearer "+environment(t, "STT_KEY"))
	return request
}

func TestTheReplacedServicesClientKeepsOneConnection(t *testing.T) {
	var connections atomic.Int32
	client := legacyClient(&connections)
	audio := sampleBytes(t, sampleFile)
	for range 5 {
		response, err := client.Do(legacyRequest(t, audio))
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "status", response.StatusCode, http.StatusOK)
		if response.ContentLength <= 0 {
			t.Error("no content-length")
		}
		var answer struct {
			Transcription  string  `json:"transcription"`
			Language       string  `json:"language"`
			Duration       float64 `json:"duration"`
			Confidence     float64 `json:"confidence"`
			Model          string  `json:"model"`
			ProcessingTime float64 `json:"processing_time"`
		}
		if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		equal(t, "transcription", answer.Transcription, textOf(t, sampleFile))
		equal(t, "language", answer.Language, "en")
		if answer.Confidence <= 0 || answer.Confidence > 1 || answer.Duration < 4 || answer.ProcessingTime <= 0 || answer.Model == "" {
			t.Errorf("got %+v", answer)
		}
	}
	equal(t, "connections", connections.Load(), 1)
}

// It tries again whatever is not 200, on the connection that it has.
func TestTheReplacedServicesClientKeepsItsConnectionAfterAnError(t *testing.T) {
	var connections atomic.Int32
	client := legacyClient(&connections)
	for _, each := range []struct {
		audio  []byte
		status int
	}{{[]byte("no audio"), http.StatusBadRequest}, {sampleBytes(t, sampleFile), http.StatusOK}} {
		response, err := client.Do(legacyRequest(t, each.audio))
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "status", response.StatusCode, each.status)
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if each.status != http.StatusOK {
			var fault struct{ Detail string }
			if err := json.Unmarshal(body, &fault); err != nil || fault.Detail == "" {
				t.Errorf("no detail in %s", fmt.Sprintf("%q", body))
			}
		}
	}
	equal(t, "connections", connections.Load(), 1)
}
