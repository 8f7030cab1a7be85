// SPDX-License-Identifier: Apache-2.0

package pawl

import (
	"strings"
	"testing"
	"time"
)

func TestReplyLinesAreTakenApart(t *testing.T) {
	for line, want := range map[string]reply{
		"OK":                                    {kind: "OK"},
		"#7 OK token=42 ttl=30000\r":            {tag: "7", kind: "OK", fields: map[string]string{"token": "42", "ttl": "30000"}},
		`ERR BAD_REQUEST msg="unknown \"x\"\n"`: {kind: "ERR", word: "BAD_REQUEST", fields: map[string]string{"msg": "unknown \"x\"\n"}},
		`EVENT BROKEN name=jobs/a token=7 reason="a \xc3\xa4"`: {kind: "EVENT", word: "BROKEN", fields: map[string]string{"name": "jobs/a", "token": "7", "reason": "a ä"}},
		`#a OK {"name":"x y"}`:                                 {tag: "a", kind: "OK", json: `{"name":"x y"}`},
	} {
		got, ok := parseReply(line)
		if !ok || got.tag != want.tag || got.kind != want.kind || got.word != want.word || got.json != want.json {
			t.Errorf("%q: %v", line, got)
		}
		for key, value := range want.fields {
			if got.fields[key] != value {
				t.Errorf("%q: %s is %q", line, key, got.fields[key])
			}
		}
	}
	for _, line := range []string{"", "hello", "#7", "ok"} {
		if got, ok := parseReply(line); ok {
			t.Errorf("%q: %v", line, got)
		}
	}
}

func TestANumberThatIsNoneCountsAsNothing(t *testing.T) {
	for _, line := range []string{"OK", "OK token=-1 ttl=-1", "OK token=9007199254740993000 ttl=x", "ERR BUSY"} {
		r, _ := parseReply(line)
		if r.token() != 0 || r.ttl() != 0 {
			t.Errorf("%q: token %d, ttl %v", line, r.token(), r.ttl())
		}
	}
}

func TestNoTTLOverflows(t *testing.T) {
	r, _ := parseReply("OK ttl=9007199254740991")
	if r.ttl() != 1_000_000*time.Hour {
		t.Error(r.ttl())
	}
}

func TestAQuotedValueComesBackAsItWas(t *testing.T) {
	for _, text := range []string{"", "two words", `"\`, "line\nline\ttab\x00", "ä"} {
		r, ok := parseReply("OK note=" + quote(text))
		if !ok || r.fields["note"] != text {
			t.Errorf("%q became %q", text, r.fields["note"])
		}
		if strings.ContainsAny(quote(text), "\n\x00") {
			t.Errorf("%q would end the line", text)
		}
	}
}

func TestALongNoteIsRefusedByTheServerNotByItsLine(t *testing.T) {
	if got := len(quote(strings.Repeat("\x01", 100_000))); got > 8000 || got < longestNote {
		t.Error(got)
	}
}
