// SPDX-License-Identifier: Apache-2.0

package pawl

import (
	"context"
	"testing"
)

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
