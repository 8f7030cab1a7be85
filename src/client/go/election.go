// SPDX-License-Identifier: Apache-2.0

package pawl

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"
)

// ErrNoLeader is what Leader returns where nobody leads.
var ErrNoLeader = errors.New("pawl: no leader")

// Election is a lock of which the holder leads, and says in its note who it is. As in etcd, but
// Campaign returns the context of the reign, and what a leader proclaims stays as it is.
type Election struct {
	s    *Session
	name string

	mu sync.Mutex
	m  *Mutex
}

// Leader is who leads: what it proclaimed, and its fencing token.
type Leader struct {
	Value string
	Token uint64
}

// NewElection asks nobody for anything yet.
func NewElection(s *Session, name string) *Election { return &Election{s: s, name: name} }

// Campaign waits until it leads. The context it returns ends when it does not any more: then
// Resign, and campaign again.
func (e *Election) Campaign(ctx context.Context, value string) (context.Context, error) {
	m := NewMutex(e.s, e.name, WithNote(value))
	if !e.replace(nil, m) {
		return nil, errors.New("pawl: this Election campaigns or leads already")
	}
	reign, err := m.Lock(ctx)
	if err != nil {
		e.replace(m, nil)
	}
	return reign, err
}

// Resign gives the lead to whoever waits first. It returns ErrLost if it was lost before.
func (e *Election) Resign(ctx context.Context) error {
	e.mu.Lock()
	m := e.m
	e.mu.Unlock()
	if m == nil {
		return nil
	}
	if state, _ := m.State(); state == Free {
		return nil // campaigns yet: the context of Campaign ends that
	}
	err := m.Unlock(ctx)
	e.replace(m, nil)
	return err
}

// Token is the fencing token of the reign, 0 while there is none.
func (e *Election) Token() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.m == nil {
		return 0
	}
	return e.m.Token()
}

func (e *Election) replace(old, m *Mutex) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.m != old {
		return false
	}
	e.m = m
	return true
}

// Leader asks who leads, until ctx ends.
func (e *Election) Leader(ctx context.Context) (Leader, error) {
	if !isName(e.name) {
		return Leader{}, notAName(e.name)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	shown, over := make(chan Leader), make(chan error, 1)
	go func() { over <- e.observe(ctx, shown, func(Leader) bool { return true }) }()
	select {
	case leader := <-shown:
		if leader.Token == 0 {
			return Leader{}, ErrNoLeader
		}
		return leader, nil
	case err := <-over:
		return Leader{}, err
	case <-ctx.Done():
		return Leader{}, ctx.Err()
	}
}

// Observe tells each leader, the present one first, until ctx ends, or a server refuses to tell:
// then the channel is closed, and Leader says why. Who led only while no server could be reached,
// or while nobody read the channel, may be left out.
func (e *Election) Observe(ctx context.Context) <-chan Leader {
	leaders := make(chan Leader)
	var last uint64
	go func() {
		defer close(leaders)
		e.observe(ctx, leaders, func(leader Leader) bool {
			isNew := leader.Token > last // tokens rise
			last = max(last, leader.Token)
			return isNew
		})
	}()
	return leaders
}

// observe goes on until ctx ends, or a server refuses to tell.
func (e *Election) observe(ctx context.Context, leaders chan<- Leader,
	isWanted func(Leader) bool) error {
	route := newRoute(e.s.client)
	for ctx.Err() == nil && isName(e.name) {
		l, err := route.connect(ctx)
		stood := false
		if refusal := (*Error)(nil); errors.As(err, &refusal) {
			return refusal
		}
		if err == nil {
			since := time.Now()
			refusal := e.follow(ctx, l, leaders, isWanted)
			stood = time.Since(since) >= stoodWell && !l.silent
			l.close()
			if refusal != nil {
				return refusal
			}
		}
		route.leave(l, stood)
		select {
		case <-time.After(route.pause(fullPause)):
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

// follow reads one connection: WATCH, then SHOW, and SHOW again when there is a new holder.
func (e *Election) follow(ctx context.Context, l *link, leaders chan<- Leader,
	isWanted func(Leader) bool) error {
	l.ask("WATCH", " "+e.name, 0, nil)
	l.ask("SHOW", " "+e.name+" limit=1", 0, nil)
	pings := time.NewTicker(time.Second)
	defer pings.Stop()
	for unheard := 0; !l.left; {
		l.flush()
		select {
		case <-ctx.Done():
			return nil
		case <-pings.C:
			unheard++
			l.left, l.silent = unheard > 2, unheard > 2
			l.ask("PING", "", 0, nil)
		case r, open := <-l.replies:
			unheard = 0
			_, isAnswer := l.asked[r.tag]
			delete(l.asked, r.tag)
			switch {
			case isAnswer && r.isDenial():
				return r.refusal()
			case !open || r.kind == "ERR":
				l.left, l.primary = true, r.fields["primary"]
			case r.json != "":
				if leader := leaderIn(r.json); isWanted(leader) {
					select {
					case leaders <- leader:
					case <-ctx.Done():
					}
				}
			case r.word == "GRANTED" && r.fields["name"] == e.name:
				l.ask("SHOW", " "+e.name+" limit=1", 0, nil)
			}
		}
	}
	return nil
}

func leaderIn(show string) (leader Leader) {
	var lock struct {
		Holders []struct {
			Token uint64
			Note  string
		}
	}
	if json.Unmarshal([]byte(show), &lock) == nil && len(lock.Holders) > 0 {
		leader = Leader{lock.Holders[0].Note, lock.Holders[0].Token}
	}
	return leader
}
