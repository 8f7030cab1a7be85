// SPDX-License-Identifier: Apache-2.0

package pawl

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
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

func expectAuth(f *fake) asked {
	f.t.Helper()
	a := f.expect("AUTH")
	if a.line != auth {
		f.t.Error(a.line)
	}
	return a
}

func TestWhoItIsIsSaidFirstOnEachConnection(t *testing.T) {
	f := newFake(t)
	f.raw = true
	opened := begin(asCI(f.address))
	expectAuth(f)
	f.expect("EVENTS")
	f.expect("OPEN").answer("OK session=x handle=s1 ttl=10000")
	if err := wait(t, opened); err != nil {
		t.Fatal(err)
	}

	f.drop()

	expectAuth(f)
	f.expect("EVENTS")
	f.expect("RESUME")
}

func TestAWrongSecretIsSaidOnceAndEndsTheSession(t *testing.T) {
	f := newFake(t)
	f.raw = true
	opened := begin(asCI(f.address))
	for _, verb := range []string{"AUTH", "EVENTS", "OPEN"} {
		f.expect(verb).answer(notItsOwn)
	}

	err := wait(t, opened)
	if !errors.Is(err, ErrUnauthenticated) || !strings.Contains(err.Error(), "not its secret") {
		t.Error(err)
	}
	if strings.Contains(fmt.Sprintf("%#v %v", err, err), secret) {
		t.Error("the error tells the secret")
	}
	f.expectNothing()
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
	expectAuth(f).answer("OK user=ci")
	held := hold(t, f, m, "7")

	f.conns[0].Write([]byte(notItsOwn + "\n"))
	f.drop()

	expectAuth(f).answer("OK user=ci")
	f.expect("VERIFY").answer("OK ttl=9000")
	if held.Err() != nil {
		t.Error("the lock is lost")
	}
}

func TestARequestThatMeetsANewConfigurationIsAskedAgain(t *testing.T) {
	f := newFake(t)
	m := NewMutex(newTestSessionOf(t, nil, asCI(f.address)), "jobs/a")
	expectAuth(f).answer("OK user=ci")
	out := start(context.Background(), m)

	f.expect("LOCK").answer(notItsOwn)

	expectAuth(f).answer("OK user=ci")
	f.expect("LOCK").answer("OK token=7 ttl=10000")
	if got := wait(t, out); got.err != nil {
		t.Error(got.err)
	}
}

func TestWhoIsNotKnownAnyMoreHasLostItsLocksAndIsToldWhy(t *testing.T) {
	f := newFake(t)
	s := newTestSessionOf(t, nil, asCI(f.address))
	expectAuth(f).answer("OK user=ci")
	m := NewMutex(s, "jobs/a")
	held := hold(t, f, m, "7")
	waits := start(context.Background(), NewMutex(s, "jobs/b"))
	f.expect("LOCK")

	f.drop()
	expectAuth(f).answer(notItsOwn)

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
