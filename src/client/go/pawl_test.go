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
