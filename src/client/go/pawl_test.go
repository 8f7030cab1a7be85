// SPDX-License-Identifier: Apache-2.0

package pawl

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestAGrantThatRacesTheEndOfItsContextIsGivenBack(t *testing.T) {
	f := newFake(t)
	m := NewMutex(newTestSession(t, nil, f.address), "jobs/a")
	ctx, cancel := context.WithCancel(context.Background())
	out := start(ctx, m)
	lock := f.expect("LOCK")

	cancel()
	withdrawal := f.expect("CANCEL")
	lock.answer("OK token=7 ttl=10000")
	withdrawal.answer("OK cancelled=no token=7 ttl=10000")

	if got := wait(t, out); !errors.Is(got.err, context.Canceled) {
		t.Errorf("Lock returned %v", got.err)
	}
	if withdrawal.id() != lock.id() {
		t.Errorf("LOCK had id %s, CANCEL %s", lock.id(), withdrawal.id())
	}
	if unlock := f.expect("UNLOCK"); unlock.line != "UNLOCK jobs/a token=7" {
		t.Error(unlock.line)
	} else {
		unlock.answer("OK")
	}
	f.expectNothing()
}

func TestAGrantThatOnlyCancelTellsIsGivenBack(t *testing.T) {
	f := newFake(t)
	m := NewMutex(newTestSession(t, nil, f.address), "jobs/a")
	ctx, cancel := context.WithCancel(context.Background())
	start(ctx, m)
	f.expect("LOCK")

	cancel()
	f.expect("CANCEL").answer("OK cancelled=no token=7 ttl=10000")

	if unlock := f.expect("UNLOCK"); unlock.line != "UNLOCK jobs/a token=7" {
		t.Error(unlock.line)
	}
}

func TestAWithdrawalOutlivesItsConnection(t *testing.T) {
	f := newFake(t)
	m := NewMutex(newTestSession(t, nil, f.address), "jobs/a")
	ctx, cancel := context.WithCancel(context.Background())
	out := start(ctx, m)
	lock := f.expect("LOCK")
	cancel()
	wait(t, out)
	f.expect("CANCEL")

	f.drop()

	if again := f.expect("CANCEL"); again.id() != lock.id() {
		t.Errorf("LOCK had id %s, CANCEL %s", lock.id(), again.id())
	}
}

func TestALockThatWasNeverSentNeedsNoWithdrawal(t *testing.T) {
	f := newFake(t)
	m := NewMutex(newTestSession(t, nil, f.address), "jobs/a")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()

	if _, err := m.Lock(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}

	hold(t, f, m, "8")
}

func TestARepeatedLockIsTheSameAcquisition(t *testing.T) {
	f := newFake(t)
	m := NewMutex(newTestSession(t, nil, f.address), "jobs/a")
	out := start(context.Background(), m)
	first := f.expect("LOCK")

	f.drop()
	second := f.expect("LOCK")
	second.answer("OK token=7 ttl=10000")

	if got := wait(t, out); got.err != nil {
		t.Error(got.err)
	}
	if first.id() == "" || first.id() != second.id() {
		t.Errorf("ids %s and %s", first.id(), second.id())
	}
	if m.Token() != 7 {
		t.Error(m.Token())
	}
}

func TestARefusalIsNotBelievedWhileAnEarlierLockMayHold(t *testing.T) {
	f := newFake(t)
	m := NewMutex(newTestSession(t, nil, f.address), "jobs/a")
	out := make(chan outcome, 1)
	go func() {
		held, err := m.TryLock(context.Background())
		out <- outcome{held, err}
	}()
	first := f.expect("LOCK")
	first.answer("ERR NO_QUORUM")
	f.expect("LOCK").answer("ERR BUSY waiters=0")

	f.expect("CANCEL").answer("OK cancelled=no token=9 ttl=10000")

	if got := wait(t, out); got.err != nil || m.Token() != 9 {
		t.Errorf("%v, token %d", got.err, m.Token())
	}
}

func TestTryLockSaysThatAnotherHolds(t *testing.T) {
	f := newFake(t)
	m := NewMutex(newTestSession(t, nil, f.address), "jobs/a")
	out := make(chan error, 1)
	go func() {
		_, err := m.TryLock(context.Background())
		out <- err
	}()

	lock := f.expect("LOCK")
	lock.answer("ERR BUSY waiters=0 expires_in=5")

	if err := wait(t, out); !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
	if !strings.Contains(lock.line, " wait=0") {
		t.Error(lock.line)
	}
	f.expectNothing()
}

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

func TestTheWorkIsOverWhenUnlockLeaves(t *testing.T) {
	f := newFake(t)
	m := NewMutex(newTestSession(t, nil, f.address), "jobs/a")
	held := hold(t, f, m, "7")

	go m.Unlock(context.Background())
	f.expect("UNLOCK")

	if held.Err() == nil {
		t.Error("the context of the work outlives the lock")
	}
}

func TestAnUnlockIsAskedAgainAndNotHeldThenMeansDone(t *testing.T) {
	f := newFake(t)
	m := NewMutex(newTestSession(t, nil, f.address), "jobs/a")
	hold(t, f, m, "7")
	out := make(chan error, 1)
	go func() { out <- m.Unlock(context.Background()) }()

	f.expect("UNLOCK")
	f.drop()
	f.expect("UNLOCK").answer("ERR NOT_HELD")

	if err := wait(t, out); err != nil {
		t.Error(err)
	}
}

func TestAnUnlockOfWhatWasTakenAwaySaysSo(t *testing.T) {
	f := newFake(t)
	m := NewMutex(newTestSession(t, nil, f.address), "jobs/a")
	hold(t, f, m, "7")
	out := make(chan error, 1)
	go func() { out <- m.Unlock(context.Background()) }()

	f.expect("UNLOCK").answer("ERR NOT_HELD")

	if err := wait(t, out); !errors.Is(err, ErrLost) {
		t.Error(err)
	}
}

func TestAnUnlockGoesOutEvenWhereItsContextIsOver(t *testing.T) {
	f := newFake(t)
	m := NewMutex(newTestSession(t, nil, f.address), "jobs/a")
	hold(t, f, m, "7")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()

	if err := m.Unlock(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}

	f.expect("UNLOCK")
}

func TestGoroutinesThatShareAMutexTakeTurns(t *testing.T) {
	f := newFake(t)
	m := NewMutex(newTestSession(t, nil, f.address), "jobs/a")
	hold(t, f, m, "7")

	if _, err := m.TryLock(context.Background()); !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
	out := start(context.Background(), m)
	f.expectNothing()
	go m.Unlock(context.Background())

	f.expect("UNLOCK").answer("OK")
	f.expect("LOCK").answer("OK token=8 ttl=10000")
	if got := wait(t, out); got.err != nil {
		t.Error(got.err)
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

func TestWhatMaxHoldLeavesIsAskedAfterAWait(t *testing.T) {
	f := newFake(t)
	clock := &handClock{}
	m := NewMutex(newTestSession(t, clock, f.address), "jobs/a", WithMaxHold(3*time.Second))
	out := start(context.Background(), m)
	lock := f.expect("LOCK")
	clock.jump(5 * time.Second)
	lock.answer("OK token=7 ttl=3000")

	f.expect("VERIFY").answer("OK ttl=2900")
	got := wait(t, out)
	if _, left := m.State(); got.err != nil || left > 2900*time.Millisecond || left < 2*time.Second {
		t.Error(got.err, left)
	}

	clock.jump(3 * time.Second)
	if got.ctx.Err() == nil {
		t.Error("held for too long")
	}
}

func TestWhatIsNoNameNeverReachesTheWire(t *testing.T) {
	f := newFake(t)
	s := newTestSession(t, nil, f.address)

	for _, name := range []string{"", "a b", "a\nUNLOCK", "a=b", "a,b", `a"b`, "a\x7f", "a\u0085",
		"\xff", strings.Repeat("a", 256)} {
		_, err := NewMutex(s, name).Lock(context.Background())
		if !errors.Is(err, &Error{Code: "BAD_REQUEST"}) {
			t.Errorf("%q: %v", name, err)
		}
	}

	f.expectNothing()
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

func TestObserveTellsEachLeaderOnceOverAnyConnection(t *testing.T) {
	f := newFake(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	leaders := NewElection(newTestSession(t, nil, f.address), "service/leader").Observe(ctx)
	shown := func(token, note string) {
		t.Helper()
		f.expect("SHOW").answer(`OK {"holders":[{"token":` + token + `,"note":"` + note + `"}]}`)
	}

	watch := f.expect("WATCH")
	shown("7", "one")
	if got := wait(t, leaders); got != (Leader{"one", 7}) {
		t.Error(got)
	}
	f.drop()
	watch = f.expect("WATCH")
	watch.answer("OK")
	shown("7", "one")
	watch.conn.Write([]byte("EVENT GRANTED name=service/leader2 token=8\n" +
		"EVENT GRANTED name=service/leader token=9\n"))
	shown("9", "two")

	if got := wait(t, leaders); got != (Leader{"two", 9}) {
		t.Error(got)
	}
	f.expectNothing()
	cancel()
	if _, open := <-leaders; open {
		t.Error("it goes on after its context")
	}
}

func TestAWaitThatTheServerCancelledIsAskedForAgainOnce(t *testing.T) {
	f := newFake(t)
	out := start(context.Background(), NewMutex(newTestSession(t, nil, f.address), "jobs/a"))

	first := f.expect("LOCK")
	first.answer("ERR CANCELLED")
	second := f.expect("LOCK")
	second.answer("ERR CANCELLED")

	if got := wait(t, out); !errors.Is(got.err, &Error{Code: "CANCELLED"}) {
		t.Error(got.err)
	}
	if first.id() != second.id() {
		t.Error(first.id(), second.id())
	}
}

func TestWhereOnlyTimeCanHelpAWaitGoesOnAndATryDoesNot(t *testing.T) {
	f := newFake(t)
	s := newTestSession(t, nil, f.address)
	m := NewMutex(s, "jobs/a")
	out := start(context.Background(), m)
	f.expect("LOCK").answer("ERR LIMIT limit=locks")
	f.expectNothing()
	f.expect("LOCK").answer("OK token=7 ttl=10000")
	if got := wait(t, out); got.err != nil {
		t.Error(got.err)
	}

	go func() { f.expect("LOCK").answer("ERR LIMIT limit=locks") }()
	_, err := NewMutex(s, "jobs/b").TryLock(context.Background())
	if !errors.Is(err, &Error{Code: "LIMIT"}) {
		t.Error(err)
	}
}

func TestAWaitThatIsOverBeforeAServerIsReachedAgainIsATimeout(t *testing.T) {
	f := newFake(t)
	clock := &handClock{}
	m := NewMutex(newTestSession(t, clock, f.address), "jobs/a", WithWait(2*time.Second))
	out := start(context.Background(), m)
	f.expect("LOCK")

	clock.jump(3 * time.Second)
	f.drop()
	again := f.expect("LOCK")
	again.answer("ERR BUSY waiters=0")
	f.expect("CANCEL").answer("OK cancelled=yes") // the first may have been granted

	if !strings.Contains(again.line, " wait=0") {
		t.Error(again.line)
	}
	if got := wait(t, out); !errors.Is(got.err, ErrTimeout) {
		t.Error(got.err)
	}
}

func TestARefusalNamesWhatTheServerSaid(t *testing.T) {
	f := newFake(t)
	out := start(context.Background(), NewMutex(newTestSession(t, nil, f.address), "jobs/a"))

	f.expect("LOCK").answer(`ERR DEADLOCK cycle="s1 jobs/a → s2 jobs/b → s1"`)

	got := wait(t, out)
	if !errors.Is(got.err, ErrDeadlock) || !strings.Contains(got.err.Error(), "s2 jobs/b") {
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
