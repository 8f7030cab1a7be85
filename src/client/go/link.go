// SPDX-License-Identifier: Apache-2.0

package pawl

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net"
	"strconv"
	"time"
)

// A route says which server to try next: the one that answered last, the one it names, or, where
// that cannot be reached, the next.
type route struct {
	client   *Client
	servers  []string
	at       int
	primary  string // said by another; in place of servers[at]
	attempts int    // since a connection stood well
	random   *rand.Rand
}

func newRoute(client *Client) *route {
	return &route{client: client, servers: client.config.Endpoints,
		random: rand.New(rand.NewSource(time.Now().UnixNano()))}
}

func (r *route) connect(ctx context.Context) (*link, error) {
	address := r.servers[r.at]
	if r.primary != "" {
		address = r.primary
	}
	patience := firstAttempt << r.round()
	r.attempts++
	conn, err := r.dial(ctx, address, patience)
	if err != nil {
		return nil, err
	}
	l := &link{address: address, conn: conn, lines: bufio.NewScanner(conn), replies: make(chan reply),
		asked: map[string]request{}, closed: make(chan struct{}), broke: make(chan error, 1)}
	l.lines.Buffer(nil, longestReply)
	if auth := r.client.auth(); auth != "" {
		if err := l.sayWho(auth, patience); err != nil {
			conn.Close()
			return nil, err
		}
	}
	go l.read()
	return l, nil
}

func (r *route) dial(ctx context.Context, address string,
	patience time.Duration) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: patience} // the handshake in it
	if r.client.config.TLS == nil {
		return dialer.DialContext(ctx, "tcp", address)
	}
	secured := tls.Dialer{NetDialer: dialer, Config: r.client.config.TLS}
	conn, err := secured.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	return conn, nil
}

// leave is told of the connection that was, if there was one.
func (r *route) leave(l *link, stood bool) {
	r.primary = ""
	if stood {
		r.attempts = 0
	}
	if l != nil {
		r.primary = l.primary
	}
	if r.primary == "" && !stood {
		r.at = (r.at + 1) % len(r.servers)
	}
}

// pause after each round of the servers, so that many who lost the same primary do not come as one.
func (r *route) pause(longest time.Duration) time.Duration {
	if r.attempts%len(r.servers) != 0 || r.attempts == 0 {
		return 0
	}
	pause := min(longest, firstPause<<r.round())
	return pause/2 + time.Duration(r.random.Int63n(int64(pause)))/2
}

func (r *route) round() int { return min(r.attempts/len(r.servers), 4) }

// A link is one connection. A goroutine reads it; what is asked waits for flush.
type link struct {
	address   string
	conn      net.Conn
	lines     *bufio.Scanner
	replies   chan reply
	closed    chan struct{}
	out       []byte
	tags      int
	asked     map[string]request
	renewing  bool // OPEN, RESUME or KEEPALIVE is unanswered
	renewedAt time.Duration
	closing   bool
	left      bool   // it is of no use any more
	silent    bool   // because nothing was answered
	said      string // by the server, with the code of an error
	primary   string // where to go instead, if said
	broke     chan error
}

type request struct {
	verb string
	sent time.Duration
	a    *acquisition
}

func (l *link) ask(verb, words string, now time.Duration, a *acquisition) {
	l.tags++
	tag := strconv.Itoa(l.tags)
	l.asked[tag] = request{verb, now, a}
	l.out = append(l.out, "#"+tag+" "+verb+words+"\n"...)
}

func (l *link) flush() {
	if len(l.out) == 0 {
		return
	}
	l.conn.SetWriteDeadline(time.Now().Add(answerIn))
	if _, err := l.conn.Write(l.out); err != nil {
		l.left = true
	}
	l.out = nil
}

// sayWho asks nothing of a server before it agrees to who asks. An *Error is final.
func (l *link) sayWho(words string, patience time.Duration) error {
	l.conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(l.conn, "#auth AUTH"+words+"\n"); err != nil {
		return fmt.Errorf("%s: %w", l.address, err)
	}
	for l.lines.Scan() {
		r, ok := parseReply(l.lines.Text())
		switch {
		case !ok || r.tag != "auth":
		case r.kind == "OK":
			return l.conn.SetDeadline(time.Time{})
		case isOfTheNode(r.word):
			return fmt.Errorf("%s answers %s", l.address, r.word)
		default:
			return r.refusal()
		}
	}
	if err := l.lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", l.address, err)
	}
	return fmt.Errorf("%s hangs up", l.address)
}

// isOfTheNode: another, or the same later, may say otherwise.
func isOfTheNode(code string) bool {
	switch code {
	case "NOT_PRIMARY", "SHUTTING_DOWN", "NO_QUORUM", "INTERNAL", "NO_SESSION", "LIMIT", "DISK_FULL":
		return true
	}
	return false
}

func (l *link) read() {
	defer close(l.replies)
	for l.lines.Scan() {
		if r, ok := parseReply(l.lines.Text()); ok {
			select {
			case l.replies <- r:
			case <-l.closed:
				return
			}
		}
	}
	if err := l.lines.Err(); err != nil && !errors.Is(err, net.ErrClosed) {
		l.broke <- err
	}
}

func (l *link) whyLeft() error {
	if l.said != "" {
		return fmt.Errorf("%s answers %s", l.address, l.said)
	}
	select {
	case err := <-l.broke:
		return fmt.Errorf("%s: %w", l.address, err)
	default:
		return fmt.Errorf("%s does not answer", l.address)
	}
}

func (l *link) close() {
	close(l.closed)
	l.conn.Close()
}
