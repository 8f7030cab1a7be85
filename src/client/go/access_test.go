// SPDX-License-Identifier: Apache-2.0

package pawl

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

const (
	secret    = "s3cr3t-of-ci"
	auth      = "AUTH ci " + secret
	notItsOwn = `ERR UNAUTHENTICATED msg="no such user, or not its secret"`
)

func asCI(servers ...string) Config {
	return Config{Endpoints: servers, User: "ci", Secret: secret}
}

// begin opens a session, on a goroutine of its own.
func begin(config Config) <-chan error {
	out := make(chan error, 1)
	client, err := New(config)
	if err != nil {
		panic(err)
	}
	go func() {
		_, err := NewSession(client)
		out <- err
	}()
	return out
}

// expectAuths: so many, and nothing else was said instead.
func expectAuths(f *fake, count int) {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.auths) != count {
		f.t.Errorf("%d connections said who it is, not %d", len(f.auths), count)
	}
	for _, line := range f.auths {
		if line != auth {
			f.t.Error(line)
		}
	}
}

func TestWhoItIsIsSaidFirstOnEachConnection(t *testing.T) {
	f := newFake(t)
	f.raw = true
	opened := begin(asCI(f.address))
	f.expect("EVENTS")
	expectAuths(f, 1)
	f.expect("OPEN").answer("OK session=x handle=s1 ttl=10000")
	if err := wait(t, opened); err != nil {
		t.Fatal(err)
	}

	f.drop()

	f.expect("EVENTS")
	expectAuths(f, 2)
	f.expect("RESUME")
}

func TestAWrongSecretIsSaidOnceAndEndsTheSession(t *testing.T) {
	f := newFake(t)
	f.raw, f.knows = true, false

	err := wait(t, begin(asCI(f.address)))

	if !errors.Is(err, ErrUnauthenticated) || !strings.Contains(err.Error(), "not its secret") {
		t.Error(err)
	}
	if strings.Contains(fmt.Sprintf("%#v %v", err, err), secret) {
		t.Error("the error tells the secret")
	}
	expectAuths(f, 1)
	f.expectNothing()
}

func TestAServerThatDoesNotAnswerWhoItIsIsLeft(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	other := newFake(t)

	newTestSessionOf(t, nil, asCI(silent.Addr().String(), other.address))

	expectAuths(other, 1)
}

func TestWhoSaysNoUserToAServerThatWantsOneIsTold(t *testing.T) {
	f := newFake(t)
	f.raw = true
	opened := begin(Config{Endpoints: []string{f.address}})
	f.expect("EVENTS").answer(notItsOwn)
	f.expect("OPEN").answer(notItsOwn)

	if err := wait(t, opened); !errors.Is(err, ErrUnauthenticated) {
		t.Error(err)
	}
	f.expectNothing()
}

func TestWhoIsSentAwayForANewConfigurationComesBack(t *testing.T) {
	f := newFake(t)
	m := NewMutex(newTestSessionOf(t, nil, asCI(f.address)), "jobs/a")
	held := hold(t, f, m, "7")

	f.conns[0].Write([]byte(notItsOwn + "\n"))
	f.drop()

	f.expect("VERIFY").answer("OK ttl=9000")
	expectAuths(f, 2)
	if held.Err() != nil {
		t.Error("the lock is lost")
	}
}

func TestARequestThatMeetsANewConfigurationIsAskedAgain(t *testing.T) {
	f := newFake(t)
	m := NewMutex(newTestSessionOf(t, nil, asCI(f.address)), "jobs/a")
	out := start(context.Background(), m)

	f.expect("LOCK").answer(notItsOwn)

	f.expect("LOCK").answer("OK token=7 ttl=10000")
	expectAuths(f, 2)
	if got := wait(t, out); got.err != nil {
		t.Error(got.err)
	}
}

func TestWhoIsNotKnownAnyMoreHasLostItsLocksAndIsToldWhy(t *testing.T) {
	f := newFake(t)
	s := newTestSessionOf(t, nil, asCI(f.address))
	m := NewMutex(s, "jobs/a")
	held := hold(t, f, m, "7")
	waits := start(context.Background(), NewMutex(s, "jobs/b"))
	f.expect("LOCK")

	f.set(func() { f.knows = false })
	f.drop()

	wait(t, held.Done())
	if got := wait(t, waits); !errors.Is(got.err, ErrUnauthenticated) {
		t.Error(got.err)
	}
	if err := m.Unlock(context.Background()); !errors.Is(err, ErrLost) ||
		!strings.Contains(err.Error(), "UNAUTHENTICATED") {
		t.Error(err)
	}
}

func TestWhatIsForbiddenEndsAlone(t *testing.T) {
	f := newFake(t)
	s := newTestSession(t, nil, f.address)
	held := hold(t, f, NewMutex(s, "jobs/a"), "7")
	out := start(context.Background(), NewMutex(s, "secret/a"))

	f.expect("LOCK").answer(`ERR FORBIDDEN msg="not for ci"`)

	got := wait(t, out)
	if !errors.Is(got.err, ErrForbidden) || !strings.Contains(got.err.Error(), "not for ci") {
		t.Error(got.err)
	}
	if held.Err() != nil {
		t.Error("the other lock is lost")
	}
	f.expectNothing()
}

func TestWhoSaysNoUserMayDoLess(t *testing.T) {
	f := newFake(t)
	s := newTestSession(t, nil, f.address)
	held := hold(t, f, NewMutex(s, "jobs/a"), "7")
	out := start(context.Background(), NewMutex(s, "secret/a"))

	f.expect("LOCK").answer(notItsOwn)

	if got := wait(t, out); !errors.Is(got.err, ErrUnauthenticated) {
		t.Error(got.err)
	}
	if held.Err() != nil {
		t.Error("the other lock is lost")
	}
	f.expectNothing()
}

func TestALockThatMayNotBeLookedAtIsNotLost(t *testing.T) {
	f := newFake(t)
	m := NewMutex(newTestSession(t, nil, f.address), "jobs/a")
	held := hold(t, f, m, "7")

	f.drop()
	f.expect("VERIFY").answer("ERR FORBIDDEN")

	for state, _ := m.State(); state != Held; state, _ = m.State() {
		if held.Err() != nil {
			t.Fatal("it is lost")
		}
		time.Sleep(time.Millisecond)
	}
	f.expectNothing()
}

func TestAWithdrawalThatIsForbiddenEnds(t *testing.T) {
	f := newFake(t)
	out := start(context.Background(), NewMutex(newTestSession(t, nil, f.address), "jobs/a"))
	f.expect("LOCK")
	f.drop() // the LOCK may stand

	f.expect("LOCK").answer("ERR FORBIDDEN")
	f.expect("CANCEL").answer("ERR FORBIDDEN")

	if got := wait(t, out); !errors.Is(got.err, ErrForbidden) {
		t.Error(got.err)
	}
}

func TestWhoMayNotLookIsToldOfNoLeader(t *testing.T) {
	f := newFake(t)
	e := NewElection(newTestSession(t, nil, f.address), "service/leader")
	out := make(chan error, 1)
	go func() {
		_, err := e.Leader(context.Background())
		out <- err
	}()
	f.expect("WATCH").answer("ERR FORBIDDEN")
	f.expect("SHOW").answer("ERR FORBIDDEN")
	if err := wait(t, out); !errors.Is(err, ErrForbidden) {
		t.Error(err)
	}

	leaders := e.Observe(context.Background())
	f.expect("WATCH").answer("ERR FORBIDDEN")
	if leader := wait(t, leaders); leader != (Leader{}) {
		t.Error(leader)
	}
}

func TestASecretIsNotPrinted(t *testing.T) {
	config := asCI("localhost:1")
	client, err := New(config)
	if err != nil {
		t.Fatal(err)
	}

	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		for _, one := range []any{config, &config, config.Secret, *client, client} {
			text := fmt.Sprintf(format, one)
			if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
				t.Errorf("%s of %T shows it", format, one)
			}
		}
	}
}

func TestWhatIsNoSecretNeverReachesTheWire(t *testing.T) {
	for _, word := range []string{"", "two words", "a\nQUIT", `a"b`, "a=b"} {
		_, err := New(Config{Endpoints: []string{"localhost:1"}, User: "ci", Secret: Secret(word)})
		if err == nil || word != "" && strings.Contains(err.Error(), word) {
			t.Errorf("%q: %v", word, err)
		}
	}
}
