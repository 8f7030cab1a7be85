// SPDX-License-Identifier: Apache-2.0

package pawl

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestALossByTheClockEndsTheWorkWithoutAnyAnswer(t *testing.T) {
	f := newFake(t)
	clock := &handClock{}
	s := newTestSession(t, clock, f.address)
	m := NewMutex(s, "jobs/a")
	held := hold(t, f, m, "7")
	f.set(func() { f.deaf = true })

	clock.jump(10 * time.Second)

	if held.Err() == nil {
		t.Error("the work goes on")
	}
	wait(t, held.Done())
	wait(t, s.Done())
	if state, _ := m.State(); state != Lost {
		t.Error(state)
	}
	if err := m.Unlock(context.Background()); !errors.Is(err, ErrLost) {
		t.Error(err)
	}
	if _, err := m.Lock(context.Background()); !errors.Is(err, ErrSessionExpired) {
		t.Error(err)
	}
}

func TestTheClockIsWatchedWhereNobodyAsks(t *testing.T) {
	f := newFake(t)
	clock := &handClock{}
	m := NewMutex(newTestSession(t, clock, f.address), "jobs/a")
	held := hold(t, f, m, "7")
	f.set(func() { f.deaf = true })

	clock.jump(10 * time.Second)

	wait(t, held.Done())
}

func TestTimeCountsFromTheSendNotFromTheAnswer(t *testing.T) {
	f := newFake(t)
	clock := &handClock{}
	s := newTestSession(t, clock, f.address)
	m := NewMutex(s, "jobs/a")
	out := start(context.Background(), m)
	lock := f.expect("LOCK")
	f.set(func() { f.deaf = true })

	clock.jump(6 * time.Second)
	lock.answer("OK token=7 ttl=10000")
	wait(t, out)

	if _, left := m.State(); left > 3900*time.Millisecond {
		t.Error(left)
	}
}

func TestASessionIsResumedByItsSecretAndCountsFromTheSend(t *testing.T) {
	f := newFake(t)
	clock := &handClock{}
	s := newTestSession(t, clock, f.address)
	m := NewMutex(s, "jobs/a")
	hold(t, f, m, "7")
	f.set(func() { f.raw = true })

	f.drop()
	f.expect("EVENTS")
	resume := f.expect("RESUME")
	f.expect("VERIFY").answer("OK ttl=9000")
	clock.jump(400 * time.Millisecond)
	resume.answer("OK session=x handle=s1 ttl=10000")

	if resume.line != "RESUME "+s.secret {
		t.Error(resume.line)
	}
	for state, left := m.State(); state != Held; state, left = m.State() {
		if left > 9550*time.Millisecond {
			t.Fatal(state, left)
		}
		time.Sleep(time.Millisecond)
	}
	if _, left := m.State(); left > 9550*time.Millisecond {
		t.Error(left)
	}
}

func TestSessionExpiredEndsWaitsAndHolds(t *testing.T) {
	f := newFake(t)
	s := newTestSession(t, nil, f.address)
	a, b := NewMutex(s, "jobs/a"), NewMutex(s, "jobs/b")
	held := hold(t, f, a, "7")
	out := start(context.Background(), b)
	f.expect("LOCK")

	f.set(func() { f.gone = true })
	f.drop()

	wait(t, held.Done())
	if got := wait(t, out); !errors.Is(got.err, ErrSessionExpired) {
		t.Error(got.err)
	}
	wait(t, s.Done())
	if err := a.Unlock(context.Background()); !errors.Is(err, ErrLost) {
		t.Error(err)
	}
}

func TestALostEventEndsTheWorkUnderThatLockAlone(t *testing.T) {
	f := newFake(t)
	s := newTestSession(t, nil, f.address)
	a, b := NewMutex(s, "jobs/a"), NewMutex(s, "jobs/b")
	heldA, heldB := hold(t, f, a, "7"), hold(t, f, b, "8")

	f.conns[0].Write([]byte("EVENT LOST name=jobs/b token=6 reason=broken\n" +
		"EVENT LOST name=jobs/a token=7 reason=broken\n"))

	wait(t, heldA.Done())
	if heldB.Err() != nil {
		t.Error("the loss of an earlier token was taken for that of the present one")
	}
	if err := a.Unlock(context.Background()); !errors.Is(err, ErrLost) ||
		!strings.Contains(err.Error(), "broken") {
		t.Error(err)
	}
}

func TestAfterAReconnectEachHoldIsVerified(t *testing.T) {
	f := newFake(t)
	s := newTestSession(t, nil, f.address)
	a, b := NewMutex(s, "jobs/a"), NewMutex(s, "jobs/b")
	heldA, heldB := hold(t, f, a, "7"), hold(t, f, b, "8")

	f.drop()
	verifyA, verifyB := f.expect("VERIFY"), f.expect("VERIFY")
	if state, _ := a.State(); state != Unsure {
		t.Error(state)
	}
	verifyA.answer("ERR NOT_HELD")
	verifyB.answer("OK ttl=9000")

	wait(t, heldA.Done())
	for state, _ := b.State(); state != Held; state, _ = b.State() {
		if heldB.Err() != nil {
			t.Fatal("the other is lost, too")
		}
		time.Sleep(time.Millisecond)
	}
}

func TestThePrimaryIsFollowed(t *testing.T) {
	standby, primary := newFake(t), newFake(t)
	m := NewMutex(newTestSession(t, nil, standby.address), "jobs/a")
	out := start(context.Background(), m)

	first := standby.expect("LOCK")
	first.answer("ERR NOT_PRIMARY primary=" + primary.address)
	second := primary.expect("LOCK")
	second.answer("OK token=7 ttl=10000")

	if got := wait(t, out); got.err != nil || first.id() != second.id() {
		t.Error(got.err, first.id(), second.id())
	}
}

func TestAServerThatStaysSilentIsLeftForTheNext(t *testing.T) {
	silent, other := newFake(t), newFake(t)
	silent.deaf = true

	s := newTestSession(t, nil, silent.address, other.address)

	if state := s.Handle(); state != "s1" {
		t.Error(state)
	}
}

func TestWhereNobodyAnswersNewSessionSaysSo(t *testing.T) {
	f := newFake(t)
	f.deaf = true
	client, _ := New(Config{Endpoints: []string{f.address}, DialTimeout: 100 * time.Millisecond})

	_, err := NewSession(client)

	if !errors.Is(err, ErrUnreachable) {
		t.Error(err)
	}
}

func TestWhoIsReachedAndCannotServeIsNamed(t *testing.T) {
	f := newFake(t)
	f.raw = true
	client, _ := New(Config{Endpoints: []string{f.address}, DialTimeout: 200 * time.Millisecond})
	out := make(chan error, 1)
	go func() {
		_, err := NewSession(client)
		out <- err
	}()

	f.expect("EVENTS")
	f.expect("OPEN").answer("ERR NO_QUORUM")
	f.set(func() { f.deaf, f.raw = true, false })
	f.drop()

	if err := wait(t, out); !errors.Is(err, ErrUnreachable) ||
		!strings.Contains(err.Error(), f.address) {
		t.Error(err)
	}
}

func TestCloseIsAskedAgainAndAnExpiredSessionThenMeansDone(t *testing.T) {
	f := newFake(t)
	s := newTestSession(t, nil, f.address)
	m := NewMutex(s, "jobs/a")
	held := hold(t, f, m, "7")
	out := make(chan error, 1)
	go func() { out <- s.Close() }()

	f.expect("CLOSE")
	if held.Err() == nil {
		t.Error("the context of the work outlives the lock")
	}
	f.set(func() { f.gone = true })
	f.drop()

	if err := wait(t, out); err != nil {
		t.Error(err)
	}
	if err := m.Unlock(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestTheEndOfTheClientOrphansItsSessions(t *testing.T) {
	f := newFake(t)
	s := newTestSession(t, nil, f.address)
	other, err := NewSession(s.Client(), WithContext(context.Background()))
	if err != nil {
		t.Fatal(err)
	}
	held := hold(t, f, NewMutex(s, "jobs/a"), "7")

	s.Client().Close()

	wait(t, held.Done())
	wait(t, s.Done())
	wait(t, other.Done())
}

func TestAShortLeaseIsNotBelievedLongerForALongDialTimeout(t *testing.T) {
	f := newFake(t)
	f.ttl = "100"
	s := newTestSession(t, nil, f.address)
	f.set(func() { f.deaf = true })
	started := time.Now()

	wait(t, s.Done())

	if took := time.Since(started); took > 400*time.Millisecond {
		t.Error(took)
	}
}

func TestAnAnswerThatComesTooLateRevivesNothing(t *testing.T) {
	f := newFake(t)
	clock := &handClock{}
	s := newTestSession(t, clock, f.address)
	m := NewMutex(s, "jobs/a")
	out := start(context.Background(), m)
	lock := f.expect("LOCK")
	f.set(func() { f.deaf = true })

	clock.jump(11 * time.Second)
	lock.answer("OK token=7 ttl=30000")

	if got := wait(t, out); !errors.Is(got.err, ErrSessionExpired) {
		t.Error(got.err)
	}
}

func TestWhatIsOrphanedIsLostHereAndNotGivenBack(t *testing.T) {
	f := newFake(t)
	s := newTestSession(t, nil, f.address)
	held := hold(t, f, NewMutex(s, "jobs/a"), "7")

	s.Orphan()

	wait(t, held.Done())
	wait(t, s.Done())
	f.expectNothing()
}
