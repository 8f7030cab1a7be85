// SPDX-License-Identifier: Apache-2.0

// With a real server: PAWLD=build/release/pawld go test. What needs several servers, and breaks
// them, is in tests/clients.
package pawl

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"
)

// pawld starts one and returns where it listens.
func pawld(t *testing.T) string {
	program := os.Getenv("PAWLD")
	if program == "" {
		t.Skip("PAWLD does not name a server to test with")
	}
	server := exec.Command(program, "--set=data_dir="+t.TempDir(),
		"--set=listen.client=127.0.0.1:0", "--set=listen.http=127.0.0.1:0")
	log, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	server.Stderr = server.Stdout
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
	})
	addresses := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(log); lines.Scan(); {
			var entry struct{ Msg, Client string }
			if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Msg == "listening" {
				addresses <- entry.Client
			}
		}
	}()
	return wait(t, addresses)
}

// The example of etcd's Mutex, with another import.
func TestTwoSessionsCompeteForALock(t *testing.T) {
	cli, err := New(Config{Endpoints: []string{pawld(t)}})
	if err != nil {
		t.Fatal(err)
	}
	defer cli.Close()
	s1, err := NewSession(cli)
	if err != nil {
		t.Fatal(err)
	}
	defer s1.Close()
	m1 := NewMutex(s1, "/my-lock/")
	s2, err := NewSession(cli)
	if err != nil {
		t.Fatal(err)
	}
	defer s2.Close()
	m2 := NewMutex(s2, "/my-lock/")

	if _, err := m1.Lock(context.Background()); err != nil {
		t.Fatal(err)
	}
	m2Locked := start(context.Background(), m2)
	if _, err := m2.TryLock(context.Background()); !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
	if err := m1.Unlock(context.Background()); err != nil {
		t.Fatal(err)
	}

	if got := wait(t, m2Locked); got.err != nil || m2.Token() <= m1.Token() {
		t.Error(got.err, m1.Token(), m2.Token())
	}
}

func TestAWaitEndsAfterItsOwnTime(t *testing.T) {
	cli, _ := New(Config{Endpoints: []string{pawld(t)}})
	defer cli.Close()
	s, err := NewSession(cli, WithName("a \"test\""))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	held := NewMutex(s, "jobs/a", WithNote("first\nsecond"))
	if _, err := held.Lock(context.Background()); err != nil {
		t.Fatal(err)
	}

	_, err = NewMutex(s, "jobs/a", WithWait(50*time.Millisecond)).Lock(context.Background())

	if !errors.Is(err, ErrTimeout) {
		t.Error(err)
	}
}

func TestALeaderIsFollowedByTheNext(t *testing.T) {
	cli, _ := New(Config{Endpoints: []string{pawld(t)}})
	defer cli.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	elections := [2]*Election{}
	for i := range elections {
		s, err := NewSession(cli)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		elections[i] = NewElection(s, "service/leader")
	}
	leaders := elections[0].Observe(ctx)
	if _, err := elections[0].Leader(ctx); err != ErrNoLeader {
		t.Error(err)
	}

	reign, err := elections[0].Campaign(ctx, "one:80")
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan error, 1)
	go func() {
		_, err := elections[1].Campaign(ctx, "two:80")
		second <- err
	}()
	if leader := wait(t, leaders); leader.Value != "one:80" {
		t.Error(leader)
	}
	if err := elections[0].Resign(ctx); err != nil {
		t.Error(err)
	}

	if reign.Err() == nil {
		t.Error("it reigns on")
	}
	if err := wait(t, second); err != nil {
		t.Error(err)
	}
	if leader := wait(t, leaders); leader.Value != "two:80" {
		t.Error(leader)
	}
	if leader, err := elections[0].Leader(ctx); err != nil || leader.Value != "two:80" {
		t.Error(leader, err)
	}
}
