// SPDX-License-Identifier: Apache-2.0

package pawl

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

type reply struct {
	tag    string
	kind   string // OK, ERR, EVENT
	word   string // BUSY, LOST
	fields map[string]string
	json   string
}

// parseReply passes over what it does not know; false: it is no reply at all.
func parseReply(line string) (r reply, ok bool) {
	r.fields = map[string]string{}
	if strings.HasPrefix(line, "#") {
		r.tag, line, _ = strings.Cut(line[1:], " ")
	}
	r.kind, line, _ = strings.Cut(line, " ")
	if r.kind != "OK" && r.kind != "ERR" && r.kind != "EVENT" {
		return r, false
	}
	if strings.HasPrefix(line, "{") {
		r.json = line
		return r, true
	}
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		end := strings.IndexAny(line, " =")
		if end < 0 || line[end] == ' ' {
			r.word, line, _ = strings.Cut(line, " ")
			continue
		}
		key, value := line[:end], ""
		line = line[end+1:]
		quoted, err := strconv.QuotedPrefix(line)
		if err == nil && line[0] == '"' {
			line = line[len(quoted):]
			value, _ = strconv.Unquote(quoted)
		} else {
			value, line, _ = strings.Cut(line, " ")
		}
		r.fields[key] = value
	}
	return r, true
}

func (r reply) number(key string) uint64 {
	number, err := strconv.ParseUint(r.fields[key], 10, 53)
	if err != nil {
		return 0
	}
	return number
}

func (r reply) token() uint64 { return r.number("token") }

// ttl is 0 where there is none.
func (r reply) ttl() time.Duration {
	const most = 1_000_000 * time.Hour // as in the protocol
	if r.kind != "OK" {
		return 0
	}
	return time.Duration(min(r.number("ttl"), uint64(most/time.Millisecond))) * time.Millisecond
}

// isDenial: to this user, or to whoever does not say who it is.
func (r reply) isDenial() bool {
	return r.word == ErrUnauthenticated.Code || r.word == ErrForbidden.Code
}

func (r reply) refusal() *Error {
	message := r.fields["msg"]
	if cycle := r.fields["cycle"]; cycle != "" {
		message = cycle
	}
	return &Error{r.word, message}
}

const longestNote = 1024

func quote(text string) string {
	var out strings.Builder
	// Cut where the server refuses it: not where it leaves, for the line is too long.
	text = strings.ToValidUTF8(text[:min(len(text), longestNote+1)], "?")
	for _, c := range []byte(text) {
		switch {
		case c == '"' || c == '\\':
			out.WriteString("\\" + string(rune(c)))
		case c < ' ' || c == 0x7F:
			fmt.Fprintf(&out, "\\x%02x", c)
		default:
			out.WriteByte(c)
		}
	}
	return `"` + out.String() + `"`
}

func milliseconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Millisecond-1)/time.Millisecond), 10)
}

func newID() string {
	var bits [16]byte
	if _, err := rand.Read(bits[:]); err != nil {
		panic(err) // no id is unique without it
	}
	return hex.EncodeToString(bits[:])
}

func isName(name string) bool {
	return name != "" && len(name) <= 255 && utf8.ValidString(name) &&
		strings.IndexFunc(name, func(r rune) bool {
			return r <= ' ' || (r >= 0x7F && r < 0xA0) || strings.ContainsRune(`"=,`, r)
		}) < 0
}

// authWords is what follows AUTH; empty where there is nobody to name.
func authWords(user, secret string) (string, error) {
	if user == "" && secret == "" {
		return "", nil
	}
	if !isWord(user) || !isWord(secret) {
		return "", errors.New("pawl: User and Secret are one word each, without blanks, quotes and =")
	}
	return " " + user + " " + secret, nil
}

func isWord(text string) bool {
	return text != "" && utf8.ValidString(text) &&
		strings.IndexFunc(text, func(r rune) bool {
			return r <= ' ' || (r >= 0x7F && r < 0xA0) || r == '"' || r == '='
		}) < 0
}

func notAName(name string) *Error {
	return &Error{"BAD_REQUEST", "not a lock name: " + strconv.Quote(name)}
}
