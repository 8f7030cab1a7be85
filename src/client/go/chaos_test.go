// SPDX-License-Identifier: Apache-2.0

package pawl

import (
	"context"
	"errors"
	"io"
	"math/rand"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A cutter stands between clients and a server, and cuts their connections.
type cutter struct {
	address string
	mu      sync.Mutex
	conns   []net.Conn
}

func newCutter(t *testing.T, server string) *cutter {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{address: listener.Addr().String()}
	t.Cleanup(func() {
		listener.Close()
		c.cut()
	})
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", server)
			if err != nil {
				client.Close()
				continue
			}
			c.mu.Lock()
			c.conns = append(c.conns, client, upstream)
			c.mu.Unlock()
			go io.Copy(client, upstream)
			go io.Copy(upstream, client)
		}
	}()
	return c
}

func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		conn.Close()
	}
	c.conns = nil
}

// A contest is what all contenders for one lock see of each other.
type contest struct {
	t                   *testing.T
	over                time.Time
	holders             int64
	last                uint64
	grants, withdrawals int64
}

// contend locks again and again, with little patience.
func (c *contest) contend(s *Session, random *rand.Rand) {
	upTo := func(n int) time.Duration { return time.Duration(random.Intn(n)) * time.Millisecond }
	for time.Now().Before(c.over) {
		m := NewMutex(s, "jobs/chaos")
		ctx, cancel := context.WithTimeout(context.Background(), upTo(20))
		held, err := m.Lock(ctx)
		if err == nil {
			c.hold(m, held, upTo(3))
		} else if errors.Is(err, context.DeadlineExceeded) {
			atomic.AddInt64(&c.withdrawals, 1)
		} else {
			c.t.Error(err)
		}
		cancel()
	}
}

func (c *contest) hold(m *Mutex, held context.Context, work time.Duration) {
	if atomic.AddInt64(&c.holders, 1) != 1 {
		c.t.Error("two hold")
	}
	if before := atomic.SwapUint64(&c.last, m.Token()); before >= m.Token() {
		c.t.Errorf("token %d after %d", m.Token(), before)
	}
	atomic.AddInt64(&c.grants, 1)
	select {
	case <-time.After(work):
	case <-held.Done():
	}
	atomic.AddInt64(&c.holders, -1)
	if err := m.Unlock(context.Background()); err != nil {
		c.t.Error(err)
	}
}

// Goroutines of several sessions contend for one lock, give up at random, and lose their
// connections all the time: never two hold it, tokens rise, and in the end nobody does, long before
// any TTL.
func TestNobodyOverlapsAndNothingIsLeftBehind(t *testing.T) {
	server := pawld(t)
	cutter := newCutter(t, server)
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	c := &contest{t: t, over: time.Now().Add(3 * time.Second)}
	var contenders sync.WaitGroup
	for i := int64(0); i < 4; i++ {
		s := sixtySeconds(t, cutter.address)
		for j := int64(0); j < 2; j++ {
			random := rand.New(rand.NewSource(seed + 2*i + j))
			contenders.Add(1)
			go func() {
				defer contenders.Done()
				c.contend(s, random)
			}()
		}
	}
	for random := rand.New(rand.NewSource(seed - 1)); time.Now().Before(c.over); cutter.cut() {
		time.Sleep(time.Duration(random.Intn(100)) * time.Millisecond)
	}
	contenders.Wait()

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := NewMutex(sixtySeconds(t, server), "jobs/chaos").Lock(ctx); err != nil {
		t.Errorf("something was left behind: %v", err)
	}
	t.Logf("%d grants, %d withdrawals", c.grants, c.withdrawals)
	if c.grants == 0 || c.withdrawals == 0 {
		t.Error("which proves nothing")
	}
}

func sixtySeconds(t *testing.T, server string) *Session {
	t.Helper()
	cli, err := New(Config{Endpoints: []string{server}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cli.Close() })
	s, err := NewSession(cli, WithTTL(60))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
