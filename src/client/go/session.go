// SPDX-License-Identifier: Apache-2.0

package pawl

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Session holds what its mutexes lock, and renews all of it as one. It follows the primary and
// resumes over new connections; it ends when it is closed, or when no server confirmed it in time.
type Session struct {
	client   *Client
	ctx      context.Context // ends with the session
	cancel   context.CancelFunc
	ttl      time.Duration
	name     string
	deadlock string
	lazy     bool
	secret   string
	opened   chan struct{}
	done     chan struct{}
	wake     chan struct{} // there is something to ask
	sooner   chan struct{} // something ends earlier than was known

	mu           sync.Mutex
	err          error // why it ended
	isOpen       bool
	attached     bool // a connection stands that belongs to it
	closing      bool
	until        time.Duration // on the client's clock: the session is ours before it
	handle       string
	silences     int // connections in a row that were left because a renewal was not answered
	failure      error
	acquisitions []*acquisition // what waits, holds or is being given back, in the order it was asked
}

// NewSession opens a session and renews it until Close, Orphan or the end of its context.
func NewSession(client *Client, options ...SessionOption) (*Session, error) {
	s := &Session{client: client, ctx: client.config.Context, ttl: 60 * time.Second,
		deadlock: "off", secret: newID(), opened: make(chan struct{}), done: make(chan struct{}),
		wake: make(chan struct{}, 1), sooner: make(chan struct{}, 1),
		failure: errors.New("no server answers")}
	for _, option := range options {
		option(s)
	}
	s.ctx, s.cancel = context.WithCancel(s.ctx)
	s.until = client.clock() + client.config.DialTimeout
	go s.converse()
	go s.watchClock()
	if s.lazy {
		return s, nil
	}
	select {
	case <-s.opened:
		return s, nil
	case <-s.done:
		return nil, s.Err()
	}
}

// Client is what NewSession was given.
func (s *Session) Client() *Client { return s.client }

// Done is closed when the session is over: lost, closed or orphaned.
func (s *Session) Done() <-chan struct{} { return s.done }

// Err says why it is over.
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Handle is the public name of the session, s17; empty before a server has answered.
func (s *Session) Handle() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.handle
}

// Orphan ends the renewal: what the session holds is lost to this process at once, and free for
// others when the TTL is over.
func (s *Session) Orphan() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end(errOrphaned)
}

// Close gives back all that the session holds. It returns an error if no server confirmed that,
// which then happens when the TTL is over.
func (s *Session) Close() error {
	s.mu.Lock()
	s.closing = true
	for _, a := range s.acquisitions {
		a.cancel()
	}
	s.mu.Unlock()
	poke(s.wake)
	<-s.done
	if err := s.Err(); err != errClosed {
		return err
	}
	return nil
}

func (s *Session) end(err error) {
	if s.err != nil {
		return
	}
	s.err = err
	for _, a := range s.acquisitions {
		switch {
		case err == errClosed && (a.phase == held || a.phase == returning):
			s.finish(a, nil)
		case a.phase == held:
			s.finish(a, &Error{ErrLost.Code, "with its session: " + err.Error()})
		default:
			s.finish(a, err)
		}
	}
	s.cancel()
	close(s.done)
}

func (s *Session) refuse(refusal *Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end(refusal)
}

// checkClock ends what the clock ends, and says when to look again.
func (s *Session) checkClock() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.client.clock()
	if s.err == nil && now >= s.until {
		if s.isOpen {
			s.end(ErrSessionExpired)
		} else {
			s.end(&Error{ErrUnreachable.Code, fmt.Sprint(s.failure)})
		}
	}
	next := s.until
	for _, a := range s.acquisitions {
		if a.phase != held {
			continue
		}
		if now >= a.until {
			s.finish(a, &Error{ErrLost.Code, "max_hold"})
		}
		next = min(next, a.until)
	}
	return next - now
}

func (s *Session) watchClock() {
	for {
		select {
		case <-time.After(min(s.checkClock(), longestSleep)):
		case <-s.sooner:
		case <-s.client.Ctx().Done():
			s.Orphan()
		case <-s.ctx.Done():
			s.Orphan()
			return
		}
	}
}

func (s *Session) stateOf(a *acquisition) (State, time.Duration) {
	s.checkClock()
	s.mu.Lock()
	defer s.mu.Unlock()
	left := min(s.until, a.until) - s.client.clock()
	switch {
	case a.unlocked:
		return Free, 0
	case a.phase != held || left <= 0 || s.closing:
		return Lost, 0
	case s.attached && a.confirmed:
		return Held, left
	}
	return Unsure, left
}

// converse talks to one server after the other until the session is over.
func (s *Session) converse() {
	route := newRoute(s.client)
	for s.ctx.Err() == nil {
		l, err := route.connect(s.ctx)
		stood := false
		if refusal := (*Error)(nil); errors.As(err, &refusal) {
			s.refuse(refusal)
			return
		}
		if err == nil {
			since := s.client.clock()
			s.use(l)
			stood = s.client.clock()-since >= stoodWell && !l.silent
			err = l.whyLeft()
		}
		s.mu.Lock()
		s.failure = err
		s.mu.Unlock()
		route.leave(l, stood)
		select {
		case <-time.After(route.pause(longestPause(s.ttl))):
		case <-s.ctx.Done():
		}
	}
}

// use asks over one connection what is to be asked, until it is of no use any more.
func (s *Session) use(l *link) {
	defer s.detach(l)
	for !l.left {
		lookAgain := s.perform(l)
		l.flush()
		if l.left {
			return
		}
		timer := time.NewTimer(lookAgain)
		select {
		case r, open := <-l.replies:
			if open {
				s.onReply(l, r)
			} else {
				l.left = true
			}
		case <-s.wake:
		case <-timer.C:
		case <-s.ctx.Done():
			l.left = true
		}
		timer.Stop()
	}
}

func (s *Session) detach(l *link) {
	l.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attached = false
	for _, a := range s.acquisitions {
		a.confirmed = false
	}
}

// perform asks what is due and says when to look again. What is asked in the session stands behind
// its OPEN or RESUME, whose answer it need not await: should that fail, the rest does nothing.
func (s *Session) perform(l *link) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.client.clock()
	if l.tags == 0 {
		l.ask("EVENTS", " on", now, nil)
		l.renewedAt = now
		l.renewing = true
		if s.isOpen {
			l.ask("RESUME", " "+s.secret, now, nil)
		} else {
			l.ask("OPEN", s.openWords(), now, nil)
		}
	}
	next := s.keepAlive(l, now)
	if s.closing && !l.closing {
		l.closing = true
		l.ask("CLOSE", "", now, nil)
	}
	for _, a := range s.acquisitions {
		if verb := a.verb(); verb == "" || a.link == l || s.closing {
			continue
		} else if a.due > now {
			next = min(next, a.due)
		} else {
			a.ask(l, verb, now)
		}
	}
	return next - now
}

func (s *Session) openWords() string {
	words := " ttl=" + milliseconds(s.ttl) + " id=" + s.secret + " deadlock=" + s.deadlock
	if s.name != "" {
		words += " name=" + quote(s.name)
	}
	return words
}

// keepAlive asks for a renewal when one is due, and leaves a server that does not answer it.
func (s *Session) keepAlive(l *link, now time.Duration) time.Duration {
	if l.renewing {
		giveUp := l.renewedAt + s.patience()
		if now < giveUp {
			return giveUp
		}
		s.silences++
		l.left, l.silent = true, true
		return now
	}
	every := renewalAfter(s.ttl)
	for _, a := range s.acquisitions {
		if a.phase != held {
			every = min(every, time.Second) // the server keeps the place of who is gone for 5 s
		}
	}
	if now < l.renewedAt+every {
		return l.renewedAt + every
	}
	l.renewedAt, l.renewing = now, true
	l.ask("KEEPALIVE", "", now, nil)
	for _, a := range s.acquisitions {
		if a.phase == held && a.until != never {
			a.ask(l, "VERIFY", now)
		}
	}
	return now + s.patience()
}

// patience with a renewal that is not answered: short, for there are others to ask; but where the
// way is long, longer each time, or no answer would ever be awaited.
func (s *Session) patience() time.Duration {
	if !s.isOpen {
		return answerIn
	}
	first := max(20*time.Millisecond, min(s.ttl/20, time.Second))
	longest := max(first, min(s.ttl/5, time.Second))
	return min(longest, first<<min(s.silences, 6))
}
