// SPDX-License-Identifier: Apache-2.0

package pawl_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log"
	"os"
	"time"

	"pawl"
)

func work(ctx context.Context, token uint64) error { return nil }

// The work is done under the context that Lock returned, and carries the fencing token.
func ExampleMutex_Lock() {
	client, err := pawl.New(pawl.Config{Endpoints: []string{"n1:7295", "n2:7295", "n3:7295"}})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	session, err := pawl.NewSession(client, pawl.WithTTL(10))
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()

	mutex := pawl.NewMutex(session, "jobs/nightly", pawl.WithWait(time.Minute))
	held, err := mutex.Lock(context.Background())
	if errors.Is(err, pawl.ErrTimeout) {
		log.Fatal("another machine is at it")
	} else if err != nil {
		log.Fatal(err)
	}
	if err := work(held, mutex.Token()); err != nil {
		log.Print(err)
	}
	if err := mutex.Unlock(context.Background()); errors.Is(err, pawl.ErrLost) {
		log.Print("the lock was lost before the work was done")
	}
}

// Servers that ask who somebody is, over TLS with a CA of their own.
func ExampleNew() {
	pem, err := os.ReadFile("ca.pem")
	if err != nil {
		log.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(pem)
	client, err := pawl.New(pawl.Config{
		Endpoints: []string{"n1:7295", "n2:7295", "n3:7295"},
		User:      "ci",
		Secret:    pawl.Secret(os.Getenv("PAWL_SECRET")),
		TLS:       &tls.Config{RootCAs: trusted},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	if _, err := pawl.NewSession(client); errors.Is(err, pawl.ErrUnauthenticated) {
		log.Fatal("the servers do not know ci, or not by this secret")
	}
}

// A candidate stands again whenever it does not lead any more.
func ExampleElection_Campaign() {
	client, err := pawl.New(pawl.Config{Endpoints: []string{"n1:7295", "n2:7295", "n3:7295"}})
	if err != nil {
		log.Fatal(err)
	}
	for {
		session, err := pawl.NewSession(client, pawl.WithTTL(10))
		if err != nil {
			log.Print(err)
			continue
		}
		election := pawl.NewElection(session, "service/leader")
		for {
			reign, err := election.Campaign(client.Ctx(), "10.0.0.7:8080")
			if err != nil {
				break // the session is over: stand with another
			}
			work(reign, election.Token())
			election.Resign(client.Ctx())
		}
		session.Close()
	}
}
