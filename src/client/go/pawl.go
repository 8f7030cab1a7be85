// SPDX-License-Identifier: Apache-2.0

// Package pawl is a client of the lock server pawld, in the shape of etcd's concurrency package:
// sessions, and mutexes that live as long as their session.
//
// Its law: a lock is held only until a moment that this process can tell by its own clock, counted
// from the send of the last request that the server answered (PROTOCOL.md, "Two ways to hold"). At
// that moment, or as soon as the server says that the lock is gone, the context that Lock returned
// is cancelled. Where a process can be stopped between two instructions no client can do more: give
// Token() to the resource that the lock protects, and let it refuse a lesser one.
//
// Who comes from etcd changes the import, and:
//
//	clientv3.New(clientv3.Config{Endpoints: e})   pawl.New(pawl.Config{Endpoints: e})
//	Config{Username: u, Password: p, TLS: t}      Config{User: u, Secret: p, TLS: t}
//	err := mutex.Lock(ctx)                        held, err := mutex.Lock(ctx)
//	err := election.Campaign(ctx, value)          reign, err := election.Campaign(ctx, value)
//	resp := <-election.Observe(ctx)               leader := <-election.Observe(ctx)
//	mutex.IsOwner(), mutex.Header()               mutex.Token()
//
// Mutexes of one session exclude each other here, and so do goroutines that share one Mutex. Every
// Lock that succeeded is followed by one Unlock, whether the lock was lost meanwhile or not.
package pawl

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Error is a refusal: a code of the protocol, or UNREACHABLE, which this client says itself.
type Error struct {
	Code    string
	Message string // for a person
}

func (e *Error) Error() string {
	return strings.TrimSuffix("pawl: "+e.Code+": "+e.Message, ": ")
}

// Is compares codes: errors.Is(err, pawl.ErrDeadlock).
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

var (
	ErrLocked         = &Error{Code: "BUSY"}            // by TryLock: another holds it
	ErrTimeout        = &Error{Code: "TIMEOUT"}         // the wait of WithWait is over
	ErrDeadlock       = &Error{Code: "DEADLOCK"}        // only WithDeadlockDetection
	ErrLost           = &Error{Code: "NOT_HELD"}        // it was held, and is no more
	ErrSessionExpired = &Error{Code: "SESSION_EXPIRED"} // and with it all that it held
	ErrUnreachable    = &Error{Code: "UNREACHABLE"}     // no server answered within DialTimeout
	ErrForbidden      = &Error{Code: "FORBIDDEN"}       // to this user; other locks go on

	// ErrUnauthenticated ends a session: no such user, or not its secret. It is not asked again.
	ErrUnauthenticated = &Error{Code: "UNAUTHENTICATED"}

	errOrphaned = errors.New("pawl: the session was orphaned")
	errClosed   = errors.New("pawl: the session was closed")
)

// State is what a holder knows by itself, without asking anybody.
type State int

const (
	Free   State = iota // this Mutex does not hold
	Held                // and the server that said so is being heard
	Unsure              // still ours by the clock, but no server confirms it at the moment
	Lost                // was held; the context is cancelled
)

func (s State) String() string { return [...]string{"FREE", "HELD", "UNSURE", "LOST"}[s] }

// Config says where the servers are, and who asks them.
type Config struct {
	Endpoints   []string        // host:port of each; whoever is primary is found
	DialTimeout time.Duration   // to reach any of them at all; 5 s
	Context     context.Context // of all sessions; they are no longer renewed when it ends
	User        string          // said first on each connection, with its
	Secret      Secret          // in the clear where there is no TLS
	// TLS, if not nil, of every connection. The certificate must be for the host of the endpoint,
	// where ServerName is empty; RootCAs say who may have signed it, Certificates who we are.
	TLS *tls.Config
}

// Secret is not shown by whatever prints something that has it.
type Secret string

func (Secret) Format(to fmt.State, verb rune) { io.WriteString(to, "(a secret)") }

// Client knows the servers. Sessions have a connection each.
type Client struct {
	config Config // without the secret
	auth   func() string
	cancel context.CancelFunc
	clock  func() time.Duration
}

// New connects to nobody yet.
func New(config Config) (*Client, error) {
	if len(config.Endpoints) == 0 {
		return nil, errors.New("pawl: no endpoints")
	}
	if config.DialTimeout <= 0 {
		config.DialTimeout = 5 * time.Second
	}
	if config.Context == nil {
		config.Context = context.Background()
	}
	auth, err := authWords(config.User, string(config.Secret))
	if err != nil {
		return nil, err
	}
	config.Secret = ""
	client := &Client{clock: bootClock(), auth: func() string { return auth }}
	config.Context, client.cancel = context.WithCancel(config.Context)
	client.config = config
	return client, nil
}

// Close orphans the sessions: close those first whose locks shall be free at once.
func (c *Client) Close() error {
	c.cancel()
	return nil
}

// Ctx ends with Close.
func (c *Client) Ctx() context.Context { return c.config.Context }

// A SessionOption is an argument of NewSession.
type SessionOption func(*Session)

// WithTTL says for how many seconds the session lives on unheard; 60 as in etcd, if not given.
func WithTTL(seconds int) SessionOption { return WithLease(time.Duration(seconds) * time.Second) }

// WithLease is WithTTL, finer.
func WithLease(ttl time.Duration) SessionOption {
	return func(s *Session) {
		if ttl > 0 {
			s.ttl = ttl
		}
	}
}

// WithContext ends the renewal of the session when ctx ends.
func WithContext(ctx context.Context) SessionOption { return func(s *Session) { s.ctx = ctx } }

// WithName is shown to people who look at the server: SESSIONS, SHOW.
func WithName(name string) SessionOption { return func(s *Session) { s.name = name } }

// WithDeadlockDetection makes a wait that could never end fail with ErrDeadlock. It takes a session
// for one line of work: not for goroutines that share one.
func WithDeadlockDetection() SessionOption { return func(s *Session) { s.deadlock = "on" } }

// WithoutWaiting lets NewSession return before a server has answered. If none does within
// DialTimeout the session ends, and each Lock with it.
func WithoutWaiting() SessionOption { return func(s *Session) { s.lazy = true } }

// A MutexOption is an argument of NewMutex.
type MutexOption func(*Mutex)

// WithWait bounds the wait alone, not the work: Lock then fails with ErrTimeout.
func WithWait(wait time.Duration) MutexOption { return func(m *Mutex) { m.wait = wait } }

// Shared admits any number of readers, and no writer beside them.
func Shared() MutexOption { return func(m *Mutex) { m.options += " mode=shared" } }

// Slots admits so many holders; all must name the same number.
func Slots(n int) MutexOption {
	return func(m *Mutex) { m.options += " mode=slot slots=" + strconv.Itoa(n) }
}

// WithNote is shown to people, and to those who follow the lock.
func WithNote(note string) MutexOption {
	return func(m *Mutex) { m.options += " note=" + quote(note) }
}

// WithDelay keeps the lock from everybody for so long after it was lost, not given back: for
// resources that cannot compare tokens.
func WithDelay(delay time.Duration) MutexOption {
	return func(m *Mutex) { m.options += " delay=" + milliseconds(delay) }
}

// WithMaxHold takes the lock back after so long, however long the session lives.
func WithMaxHold(most time.Duration) MutexOption {
	return func(m *Mutex) { m.options += " max_hold=" + milliseconds(most) }
}

// Mutex is a lock that a session contends for, under a name that all contenders use.
type Mutex struct {
	s       *Session
	name    string
	options string
	wait    time.Duration
	turn    chan struct{} // taken by the goroutine that contends or holds

	mu   sync.Mutex
	last *acquisition
}

const forever time.Duration = -1

// NewMutex asks nobody for anything yet.
func NewMutex(s *Session, name string, options ...MutexOption) *Mutex {
	m := &Mutex{s: s, name: name, wait: forever, turn: make(chan struct{}, 1)}
	for _, option := range options {
		option(m)
	}
	return m
}

// Lock waits its turn. The context it returns is ctx until the lock is lost or given back: do the
// work under it. When ctx ends first, Lock returns its error, and what it asked for is withdrawn;
// should the grant have been on its way, it is given back.
func (m *Mutex) Lock(ctx context.Context) (context.Context, error) {
	select {
	case m.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-m.s.Done():
		return nil, m.s.Err()
	}
	return m.acquire(ctx, m.wait)
}

// TryLock is Lock, but fails with ErrLocked where it would have to wait.
func (m *Mutex) TryLock(ctx context.Context) (context.Context, error) {
	select {
	case m.turn <- struct{}{}:
	default:
		return nil, ErrLocked
	}
	return m.acquire(ctx, 0)
}

func (m *Mutex) acquire(ctx context.Context, wait time.Duration) (context.Context, error) {
	a, err := m.s.begin(ctx, m.name, m.options, wait)
	if err == nil {
		err = m.s.take(a, m.s.await(a, ctx, wait))
	}
	if err != nil {
		<-m.turn
		return nil, err
	}
	m.mu.Lock()
	m.last = a
	m.mu.Unlock()
	return holding{a.ctx, a}, nil
}

// Unlock gives the lock back. It returns ErrLost if it was lost before. If ctx ends, the lock is
// given back all the same, only not waited for.
func (m *Mutex) Unlock(ctx context.Context) error {
	m.mu.Lock()
	a := m.last
	locked := a != nil && !a.unlocked
	if locked {
		a.unlocked = true
	}
	m.mu.Unlock()
	if !locked {
		return &Error{ErrLost.Code, "the mutex is not locked"}
	}
	m.s.giveBack(a)
	<-m.turn
	select {
	case <-a.over:
		return m.s.whyOver(a)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Key is the name of the lock.
func (m *Mutex) Key() string { return m.name }

// Token is the fencing token of the present or last hold, 0 if there was none: greater than that of
// every grant before it.
func (m *Mutex) Token() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last == nil {
		return 0
	}
	return m.last.token
}

// State and for how long, without an answer of the server, the lock is ours yet.
func (m *Mutex) State() (State, time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last == nil {
		return Free, 0
	}
	return m.s.stateOf(m.last)
}

// NewLocker is for code that expects a sync.Locker. It panics where Lock fails, and on an Unlock of
// what was lost; nobody tells such code that it lost the lock before.
func NewLocker(s *Session, name string, options ...MutexOption) sync.Locker {
	return locker{NewMutex(s, name, options...)}
}

type locker struct{ m *Mutex }

func (l locker) Lock() {
	if _, err := l.m.Lock(l.m.s.client.Ctx()); err != nil {
		panic(err)
	}
}

func (l locker) Unlock() {
	if err := l.m.Unlock(l.m.s.client.Ctx()); err != nil {
		panic(err)
	}
}
