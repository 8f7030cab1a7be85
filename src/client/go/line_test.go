// SPDX-License-Identifier: Apache-2.0

package pawl

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestReplyLinesAreTakenApart(t *testing.T) {
	type fields = map[string]string
	for line, want := range map[string]reply{
		"OK":                     {kind: "OK"},
		"#7 OK token=42 ttl=1\r": {tag: "7", kind: "OK", fields: fields{"token": "42", "ttl": "1"}},
		`#a OK {"name":"x y"}`:   {tag: "a", kind: "OK", json: `{"name":"x y"}`},
		`ERR BUSY msg="\"x\"\n"`: {kind: "ERR", word: "BUSY", fields: fields{"msg": "\"x\"\n"}},
		"EVENT LOST name=`a`":    {kind: "EVENT", word: "LOST", fields: fields{"name": "`a`"}},
		`EVENT LOST reason="a \xc3\xa4" token=7`: {kind: "EVENT", word: "LOST",
			fields: fields{"token": "7", "reason": "a ä"}},
	} {
		if want.fields == nil {
			want.fields = fields{}
		}
		got, ok := parseReply(line)
		if !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v", line, got)
		}
	}
	for _, line := range []string{"", "hello", "#7", "ok"} {
		if got, ok := parseReply(line); ok {
			t.Errorf("%q: %v", line, got)
		}
	}
}

func TestANumberThatIsNoneCountsAsNothing(t *testing.T) {
	for _, line := range []string{"OK", "OK token=-1 ttl=-1", "OK token=9007199254740993000 ttl=x",
		"ERR BUSY ttl=1"} {
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
