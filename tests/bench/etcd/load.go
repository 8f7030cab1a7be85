// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/etcd/clientv3"
	"go.etcd.io/etcd/clientv3/concurrency"
)

const prefix = "bench/"

type client struct {
	connection *clientv3.Client
	session    *concurrency.Session
	mutex      *concurrency.Mutex
}

type load struct {
	clients []*client
}

func open(ctx context.Context, all options) (*load, error) {
	one := &load{}
	for i := 0; i < all.clients; i++ {
		client, err := newClient(ctx, all.endpoints)
		if err != nil {
			one.close()
			return nil, err
		}
		one.clients = append(one.clients, client)
		name := fmt.Sprintf("%sjobs/number-%d", prefix, i)
		if all.workload == "handover" {
			name = prefix + "jobs/all"
		}
		client.mutex = concurrency.NewMutex(client.session, name)
	}
	return one, nil
}

func newClient(ctx context.Context, endpoints []string) (*client, error) {
	connection, err := clientv3.New(
		clientv3.Config{Endpoints: endpoints, DialTimeout: 10 * time.Second, Context: ctx})
	if err != nil {
		return nil, err
	}
	session, err := concurrency.NewSession(connection)
	if err != nil {
		connection.Close()
		return nil, err
	}
	return &client{connection: connection, session: session}, nil
}

func (one *load) close() {
	var closing sync.WaitGroup
	for _, each := range one.clients {
		closing.Add(1)
		go func(each *client) {
			defer closing.Done()
			each.session.Close()
			each.connection.Close()
		}(each)
	}
	closing.Wait()
}

// run has each client lock and unlock until the time is over; what is under way then is finished
// and counts, so that no wait is cut short.
func (one *load) run(ctx context.Context, length time.Duration) ([]tally, time.Duration) {
	tallies := make([]tally, len(one.clients))
	start := time.Now()
	var running sync.WaitGroup
	for i, each := range one.clients {
		running.Add(1)
		go func(each *client, result *tally) {
			defer running.Done()
			for time.Since(start) < length {
				each.lockAndUnlock(ctx, result)
			}
		}(each, &tallies[i])
	}
	running.Wait()
	return tallies, time.Since(start)
}

func (each *client) lockAndUnlock(ctx context.Context, result *tally) {
	asked := time.Now()
	if err := each.mutex.Lock(ctx); err != nil {
		result.fail(err)
		return
	}
	wait := time.Since(asked)
	if err := each.mutex.Unlock(ctx); err != nil {
		result.fail(err)
		return
	}
	result.waits = append(result.waits, wait)
}

// runVerified also asks etcd what came of it: each lock and each unlock makes one revision, and
// nothing stays locked.
func (one *load) runVerified(ctx context.Context, length time.Duration) (figures, error) {
	before, err := one.look(ctx)
	if err != nil {
		return figures{}, err
	}
	tallies, took := one.run(ctx, length)
	result := summarise(tallies, took)
	if result.Ops == 0 {
		return result, fmt.Errorf("nothing succeeded: %v", result.FirstError)
	}
	after, err := one.look(ctx)
	if err != nil {
		return result, err
	}
	if result.Errors > 0 { // what failed may have been carried out
		return result, nil
	}
	if revisions := after.Header.Revision - before.Header.Revision; revisions != 2*int64(result.Ops) {
		return result, fmt.Errorf("%d pairs made %d revisions", result.Ops, revisions)
	}
	if after.Count != 0 {
		return result, fmt.Errorf("%d names are locked after all was unlocked", after.Count)
	}
	return result, nil
}

func (one *load) look(ctx context.Context) (*clientv3.GetResponse, error) {
	return one.clients[0].connection.Get(ctx, prefix, clientv3.WithPrefix(), clientv3.WithCountOnly())
}
