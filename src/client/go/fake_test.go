// SPDX-License-Identifier: Apache-2.0

package pawl

import (
	"bufio"
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// A fake is a server whose answers the test writes. What clients send, on whichever connection, is
// in `requests`; but for AUTH, OPEN, RESUME, EVENTS and KEEPALIVE, which are answered.
type fake struct {
	t        *testing.T
	address  string
	requests chan asked

	mu    sync.Mutex
	ttl   string
	deaf  bool // those are not answered
	raw   bool // all requests come to the test
	gone  bool // RESUME and KEEPALIVE: SESSION_EXPIRED
	knows bool // AUTH: OK
	auths []string
	conns []net.Conn
}

type asked struct {
	verb string
	line string // without its tag
	tag  string
	conn net.Conn
}

func newFake(t *testing.T) *fake {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return newFakeAt(t, listener)
}

func newFakeAt(t *testing.T, listener net.Listener) *fake {
	f := &fake{t: t, address: listener.Addr().String(), ttl: "10000", knows: true,
		requests: make(chan asked, 64)}
	t.Cleanup(func() {
		listener.Close()
		f.drop()
	})
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			f.mu.Lock()
			f.conns = append(f.conns, conn)
			f.mu.Unlock()
			go f.serve(conn)
		}
	}()
	return f
}

func (f *fake) serve(conn net.Conn) {
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		tag, line, _ := strings.Cut(lines.Text(), " ")
		verb, _, _ := strings.Cut(line, " ")
		a := asked{verb, line, tag, conn}
		f.mu.Lock()
		deaf, gone, raw, ttl := f.deaf, f.gone, f.raw, f.ttl
		f.mu.Unlock()
		switch verb {
		case "AUTH":
			f.onAuth(a)
		case "EVENTS", "OPEN", "RESUME", "KEEPALIVE":
			switch {
			case raw:
				f.requests <- a
			case deaf:
			case gone && verb != "EVENTS":
				a.answer("ERR SESSION_EXPIRED")
			default:
				a.answer("OK session=x handle=s1 ttl=" + ttl)
			}
		default:
			f.requests <- a
		}
	}
}

func (f *fake) onAuth(a asked) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.auths = append(f.auths, a.line)
	if f.knows {
		a.answer("OK user=ci")
	} else {
		a.answer(notItsOwn)
	}
}

func (a asked) answer(text string) { a.conn.Write([]byte(a.tag + " " + text + "\n")) }

// id is the value of id= in the request.
func (a asked) id() string {
	_, rest, _ := strings.Cut(a.line, " id=")
	id, _, _ := strings.Cut(rest, " ")
	return id
}

// expect takes the next request, which must be this.
func (f *fake) expect(verb string) asked {
	f.t.Helper()
	select {
	case a := <-f.requests:
		if a.verb != verb {
			f.t.Fatalf("asked %q, where %s was expected", a.line, verb)
		}
		return a
	case <-time.After(5 * time.Second):
		f.t.Fatalf("nobody asked %s", verb)
	}
	return asked{}
}

func (f *fake) expectNothing() {
	f.t.Helper()
	select {
	case a := <-f.requests:
		f.t.Fatalf("asked %q, where nothing was expected", a.line)
	case <-time.After(50 * time.Millisecond):
	}
}

// drop breaks every connection.
func (f *fake) drop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, conn := range f.conns {
		conn.Close()
	}
	f.conns = nil
}

func (f *fake) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// A handClock goes on as real time does, and further when it is told to.
type handClock struct {
	mu    sync.Mutex
	start time.Time
	extra time.Duration
}

func (c *handClock) read() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Since(c.start) + c.extra
}

func (c *handClock) jump(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.extra += by
}

func newTestSession(t *testing.T, clock *handClock, servers ...string) *Session {
	t.Helper()
	return newTestSessionOf(t, clock, Config{Endpoints: servers})
}

func newTestSessionOf(t *testing.T, clock *handClock, config Config) *Session {
	t.Helper()
	client, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	if clock != nil {
		clock.start = time.Now()
		client.clock = clock.read
	}
	s, err := NewSession(client, WithLease(10*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return s
}

type outcome struct {
	ctx context.Context
	err error
}

// start locks on a goroutine of its own.
func start(ctx context.Context, m *Mutex) <-chan outcome {
	out := make(chan outcome, 1)
	go func() {
		held, err := m.Lock(ctx)
		out <- outcome{held, err}
	}()
	return out
}

func wait[T any](t *testing.T, c <-chan T) (value T) {
	t.Helper()
	select {
	case value = <-c:
	case <-time.After(5 * time.Second):
		t.Fatal("nothing came")
	}
	return value
}

// hold locks and is granted.
func hold(t *testing.T, f *fake, m *Mutex, token string) context.Context {
	t.Helper()
	out := start(context.Background(), m)
	f.expect("LOCK").answer("OK ttl=10000 token=" + token)
	got := wait(t, out)
	if got.err != nil {
		t.Fatal(got.err)
	}
	return got.ctx
}
