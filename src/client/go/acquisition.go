// SPDX-License-Identifier: Apache-2.0

package pawl

import (
	"context"
	"strconv"
	"time"
)

// An acquisition is one LOCK's stay, first in the queue, then among the holders. Its id makes a
// repeated LOCK the same acquisition, over any connection. Its session's mutex guards it.
type acquisition struct {
	s         *Session
	name      string
	id        string
	options   string
	waits     bool
	waitUntil time.Duration // forever, or on the client's clock
	ctx       context.Context
	cancel    context.CancelFunc
	answered  chan struct{} // closed once it is held, or over
	over      chan struct{}
	unlocked  bool // by its Mutex, which guards this

	phase      phase
	token      uint64
	until      time.Duration // what max_hold leaves is known to last so long
	confirmed  bool          // on this connection: the server says that it is held
	err        error         // why it is over, or will be once it is certain that it is not held
	unwanted   bool          // nobody waits for the grant any more
	unresolved int           // LOCKs sent that may still wait or hold
	cancelled  bool          // the server said CANCELLED once, unasked
	asked      string        // the verb of what is under way on link
	link       *link
	due        time.Duration // nothing is asked before
	unlocks    int
}

type phase int

// Each phase has its one request, asked again until it is answered.
const (
	asking      phase = iota // LOCK
	confirming               // VERIFY: granted after a wait; what does max_hold leave?
	held                     // VERIFY, after each new connection
	withdrawing              // CANCEL
	returning                // UNLOCK
	over
)

const (
	never        = time.Duration(1<<63 - 1)
	answerIn     = time.Second
	fullPause    = 250 * time.Millisecond // where only time can help
	queuedAfter  = 200 * time.Millisecond // a LOCK unanswered for so long stands in the queue
	firstAttempt = 250 * time.Millisecond // to connect; twice as long in each round of the servers
	firstPause   = 10 * time.Millisecond
	longestSleep = 500 * time.Millisecond // timers stand still while the machine sleeps
	longestReply = 1 << 20
	stoodWell    = time.Second // a connection that broke after so long is made anew at once
)

func (s *Session) begin(ctx context.Context, name, options string,
	wait time.Duration) (*acquisition, error) {
	if !isName(name) {
		return nil, notAName(name)
	}
	a := &acquisition{s: s, name: name, id: newID(), options: options, waits: wait != 0,
		waitUntil: forever, until: never, answered: make(chan struct{}), over: make(chan struct{})}
	a.ctx, a.cancel = context.WithCancel(ctx)
	if wait != forever {
		a.waitUntil = s.client.clock() + wait
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || s.closing {
		a.cancel()
		if s.err != nil {
			return nil, s.err
		}
		return nil, errClosed
	}
	s.acquisitions = append(s.acquisitions, a)
	poke(s.wake)
	return a, nil
}

// await returns why the caller does not want the grant any more, if so.
func (s *Session) await(a *acquisition, ctx context.Context, wait time.Duration) error {
	var late <-chan time.Time
	if wait != forever {
		timer := time.NewTimer(max(wait, s.client.config.DialTimeout) + answerIn)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-a.answered:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	case <-late:
		if wait == 0 {
			return ErrUnreachable
		}
		return ErrTimeout
	}
}

// take makes the grant the caller's; or, where the caller does not want it any more, makes sure
// that it is nobody's.
func (s *Session) take(a *acquisition, unwanted error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case a.phase == over:
		return a.err
	case unwanted == nil:
		return nil
	}
	a.unwanted = true
	switch {
	case a.phase == held || a.phase == confirming:
		s.enter(a, returning)
	default:
		s.withdraw(a, unwanted)
	}
	return unwanted
}

func (s *Session) giveBack(a *acquisition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.phase == held {
		s.enter(a, returning)
	}
}

func (s *Session) whyOver(a *acquisition) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return a.err
}

func (s *Session) withdraw(a *acquisition, why error) {
	a.err = why
	if a.unresolved == 0 {
		s.finish(a, why)
	} else {
		s.enter(a, withdrawing)
	}
}

// Nobody works under the lock when the request that gives it up leaves.
func (s *Session) enter(a *acquisition, next phase) {
	if next == returning {
		a.cancel()
	}
	a.phase, a.link, a.due = next, nil, 0
	poke(s.wake)
}

func (s *Session) finish(a *acquisition, err error) {
	a.cancel()
	a.phase, a.err = over, err
	closeOnce(a.answered)
	closeOnce(a.over)
	for i, one := range s.acquisitions {
		if one == a {
			s.acquisitions = append(s.acquisitions[:i:i], s.acquisitions[i+1:]...)
			return
		}
	}
}

// holding is the context of the work. Whoever asks for its Err reads the clock, so that a process
// that was stopped for long does not act before the timer fires.
type holding struct {
	context.Context
	a *acquisition
}

func (h holding) Err() error {
	h.a.s.checkClock()
	return h.Context.Err()
}

func (a *acquisition) verb() string {
	switch a.phase {
	case asking:
		return "LOCK"
	case confirming:
		return "VERIFY"
	case withdrawing:
		return "CANCEL"
	case returning:
		return "UNLOCK"
	case held:
		if !a.confirmed {
			return "VERIFY"
		}
	}
	return ""
}

func (a *acquisition) ask(l *link, verb string, now time.Duration) {
	a.asked, a.link = verb, l
	words := " " + a.name
	switch verb {
	case "LOCK":
		a.unresolved++
		words += " id=" + a.id + " wait="
		if a.waitUntil == forever {
			words += "forever"
		} else {
			words += milliseconds(max(0, a.waitUntil-now))
		}
		words += a.options
	case "CANCEL":
		words += " id=" + a.id
	default:
		words += " token=" + strconv.FormatUint(a.token, 10)
	}
	if verb == "UNLOCK" {
		a.unlocks++
	}
	l.ask(verb, words, now, a)
}
