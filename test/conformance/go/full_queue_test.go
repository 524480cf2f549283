package conformance

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const patience = 10 * time.Second

// fullQueue holds long recordings that are in: a server that is really full.
type fullQueue struct {
	uploads []net.Conn
}

// fillQueue sends recordings with the other API key until the next one is refused.
func fillQueue(t *testing.T) *fullQueue {
	t.Helper()
	address, err := url.Parse(environment(t, "STT_URL"))
	if err != nil {
		t.Fatal(err)
	}
	queue := &fullQueue{}
	for queue.sendRecording(t, address.Host) {
	}
	return queue
}

// sendRecording says whether the server asks for the body: what it has no room for, it refuses by the head.
func (queue *fullQueue) sendRecording(t *testing.T, address string) bool {
	t.Helper()
	recording, err := os.ReadFile(filepath.Join(environment(t, "STT_SAMPLES"), "long-en.wav"))
	if err != nil {
		t.Fatal(err)
	}
	body := "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n" +
		string(recording) + "\r\n--x--\r\n"
	upload, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		t.Fatal(err)
	}
	if err := upload.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(upload, "POST /v1/audio/transcriptions HTTP/1.1\r\nhost: stt.test\r\n"+
		"authorization: Bearer %s\r\ncontent-type: multipart/form-data; boundary=x\r\n"+
		"content-length: %d\r\nexpect: 100-continue\r\n\r\n", environment(t, "STT_OTHER_KEY"), len(body)); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 4096)
	length, err := upload.Read(answer)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(string(answer[:length]), "HTTP/1.1 100 Continue\r\n") {
		queue.uploads = append(queue.uploads, upload)
		if _, err := io.WriteString(upload, body); err != nil {
			t.Fatal(err)
		}
		queue.waitUntilIn(t)
		return true
	}
	_ = upload.Close()
	return false
}

// waitUntilIn waits until the server counts all recordings.
func (queue *fullQueue) waitUntilIn(t *testing.T) {
	t.Helper()
	wanted := fmt.Sprintf("\nstt_requests_in_flight %d\n", len(queue.uploads))
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		response, err := http.Get(environment(t, "STT_URL") + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		metrics, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(metrics), wanted) {
			return
		}
	}
	t.Fatalf("waited in vain for %q", wanted)
}

// letGo ends the uploads, and waits until the server has noticed: there is room then.
func (queue *fullQueue) letGo(t *testing.T) {
	t.Helper()
	for _, upload := range queue.uploads {
		if err := upload.(*net.TCPConn).CloseWrite(); err != nil {
			t.Error(err)
		}
	}
	for _, upload := range queue.uploads {
		if _, err := io.Copy(io.Discard, upload); err != nil {
			t.Error(err)
		}
		_ = upload.Close()
	}
	queue.uploads = nil
}
