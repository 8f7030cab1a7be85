// SPDX-License-Identifier: Apache-2.0

package pawl

import (
	"strings"
	"time"
)

func (s *Session) onReply(l *link, r reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.client.clock()
	if s.err != nil || now >= s.until {
		return // too late, whatever it says
	}
	if r.kind == "EVENT" {
		s.onEvent(r)
		return
	}
	q, found := l.asked[r.tag]
	if !found {
		if r.tag == "" && r.kind == "ERR" { // why it is about to be closed
			l.said = strings.TrimPrefix(r.refusal().Error(), "pawl: ")
		}
		return
	}
	delete(l.asked, r.tag)
	if q.a != nil && q.a.link == l && q.a.asked == q.verb {
		q.a.link = nil
	}
	if q.verb == "LOCK" && r.kind == "ERR" && r.word != "NO_QUORUM" && r.word != "INTERNAL" {
		q.a.unresolved--
	}
	if r.word == ErrUnauthenticated.Code && s.client.auth() != "" {
		// On a connection that was accepted: the next one tells what has changed.
		l.left, l.said = true, r.word
		return
	}
	switch r.word {
	case "NOT_PRIMARY", "SHUTTING_DOWN", "NO_QUORUM", "INTERNAL", "NO_SESSION":
		l.left, l.said, l.primary = true, r.word, r.fields["primary"]
		return
	case "SESSION_EXPIRED":
		if s.closing {
			s.end(errClosed)
		} else {
			s.end(ErrSessionExpired)
		}
		return
	}
	s.onAnswer(l, q, r, now)
}

func (s *Session) onAnswer(l *link, q request, r reply, now time.Duration) {
	switch q.verb {
	case "OPEN", "RESUME", "KEEPALIVE":
		s.onRenewal(l, q, r)
	case "CLOSE":
		s.end(errClosed)
	case "LOCK":
		s.onLock(q, r, now)
	case "VERIFY":
		s.onVerify(q, r, now)
	case "CANCEL":
		s.onCancel(q, r, now)
	case "UNLOCK":
		s.onUnlock(q, r, now)
	}
}

func (s *Session) onRenewal(l *link, q request, r reply) {
	ttl := r.ttl()
	if ttl == 0 {
		l.left = true
		if q.verb == "OPEN" || q.verb == "RESUME" && r.isDenial() {
			s.end(r.refusal())
		}
		return
	}
	s.renewed(q.sent, ttl)
	l.renewing = false
	s.silences = 0
	if q.verb != "KEEPALIVE" {
		s.attached = true
		s.handle = r.fields["handle"]
	}
}

// renewed counts from the send of what was answered.
func (s *Session) renewed(sent, ttl time.Duration) {
	until := sent + ttl - margin(ttl)
	if s.isOpen {
		s.until = max(s.until, until)
		return
	}
	s.isOpen = true
	s.until = until
	close(s.opened)
	poke(s.sooner)
}

func (s *Session) onLock(q request, r reply, now time.Duration) {
	a := q.a
	if ttl, token := r.ttl(), r.token(); ttl > 0 && token > 0 {
		s.renewed(q.sent, ttl)
		s.onGrant(a, q.sent, ttl, now, token)
		return
	}
	if a.phase != asking {
		return // the answer to CANCEL decides
	}
	a.cancelled = a.cancelled && now-q.sent < queuedAfter
	switch {
	case (r.word == "LIMIT" || r.word == "DISK_FULL") && a.waits:
		a.due = now + fullPause
	case r.word == "CANCELLED" && !a.cancelled:
		a.cancelled = true // a server that closes cancels the waits of those it leaves
	case r.word == "BUSY" && a.waits:
		s.withdraw(a, ErrTimeout) // its time was over before it reached a primary again
	default:
		s.withdraw(a, r.refusal())
	}
}

func (s *Session) onGrant(a *acquisition, sent, ttl, now time.Duration, token uint64) {
	a.token, a.unresolved, a.confirmed = token, 0, true
	isBounded := strings.Contains(a.options, " max_hold=")
	if isBounded {
		a.until = sent + ttl - margin(ttl)
		poke(s.sooner)
	}
	switch {
	case a.phase != asking && a.phase != withdrawing:
	case a.unwanted:
		s.enter(a, returning)
	case isBounded && now-sent > ttl/3:
		s.enter(a, confirming)
	default:
		a.err = nil
		a.phase = held
		closeOnce(a.answered)
	}
}

func (s *Session) onVerify(q request, r reply, now time.Duration) {
	a := q.a
	ttl := r.ttl()
	switch {
	case a.phase != held && a.phase != confirming:
	case r.word == "NOT_HELD" && a.phase == held:
		s.finish(a, ErrLost)
	case r.word == "NOT_HELD":
		s.enter(a, asking) // the wait goes on
	case r.isDenial() && a.phase == confirming:
		s.withdraw(a, r.refusal())
	case r.isDenial():
		a.confirmed = true // that it may not ask does not mean that it is lost
	case ttl == 0:
		a.due = now + fullPause
	default:
		a.confirmed = true
		if a.until != never {
			a.until = max(a.until, q.sent+ttl-margin(ttl))
		}
		if now < a.until {
			a.phase = held
			closeOnce(a.answered)
		}
	}
}

func (s *Session) onCancel(q request, r reply, now time.Duration) {
	a := q.a
	switch {
	case a.phase != withdrawing:
	case r.token() > 0:
		s.onGrant(a, q.sent, r.ttl(), now, r.token())
	case r.fields["cancelled"] == "yes" || r.isDenial():
		s.finish(a, a.err)
	default:
		a.due = now + fullPause
	}
}

func (s *Session) onUnlock(q request, r reply, now time.Duration) {
	a := q.a
	switch {
	case a.phase != returning:
	case r.kind == "OK" || r.word == "NOT_HELD" && a.unlocks > 1:
		s.finish(a, a.err)
	case r.word == "NOT_HELD":
		s.finish(a, ErrLost)
	case r.isDenial():
		s.finish(a, r.refusal())
	default:
		a.due = now + fullPause
	}
}

func (s *Session) onEvent(r reply) {
	if r.word != "LOST" {
		return
	}
	if s.handle != "" && r.fields["session"] == s.handle {
		s.end(ErrSessionExpired)
		return
	}
	for _, a := range s.acquisitions {
		if a.name == r.fields["name"] && a.token == r.token() && a.phase == held {
			s.finish(a, &Error{ErrLost.Code, r.fields["reason"]})
			return
		}
	}
}
