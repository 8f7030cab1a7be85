// SPDX-License-Identifier: Apache-2.0

// Does to the Go client what lines on standard input say, and prints what came of it; README.md of
// the folder above says which. A lock outside a session is one in a session of its own.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"pawl"
)

type actor struct {
	name   string
	client *pawl.Client

	mu      sync.Mutex
	session *pawl.Session
	bodies  map[string]*body
	quiet   bool
	all     sync.WaitGroup
}

// A body is the work under one lock, a goroutine.
type body struct {
	mutex  *pawl.Mutex
	cancel context.CancelFunc
	unlock chan struct{}
	once   sync.Once
}

func (b *body) end() { b.once.Do(func() { close(b.unlock) }) }

func newActor(name string, config pawl.Config) *actor {
	client, err := pawl.New(config)
	if err != nil {
		panic(err)
	}
	return &actor{name: name, client: client, bodies: map[string]*body{}}
}

func (a *actor) say(words ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.quiet {
		fmt.Println(a.name + " " + strings.Join(words, " "))
	}
}

func (a *actor) hush(quiet bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.quiet = quiet
}

func (a *actor) do(verb string, words []string) {
	switch verb {
	case "lock":
		a.lock(words[0], words[1:])
	case "unlock":
		a.bodies[words[0]].end()
	case "cancel":
		a.bodies[words[0]].cancel()
	case "state":
		a.state(words[0])
	case "session":
		a.open(options(words))
	case "close":
		a.close()
	}
}

func (a *actor) open(asked map[string]string) {
	session, err := pawl.NewSession(a.client, pawl.WithLease(duration(asked["ttl"])),
		pawl.WithDeadlockDetection())
	if err != nil {
		a.say(code(err))
		return
	}
	a.session = session
	a.say("open")
}

func (a *actor) close() {
	a.hush(true)
	err := a.session.Close()
	a.forgetBodies()
	a.session = nil
	a.hush(false)
	if err != nil {
		a.say(code(err))
		return
	}
	a.say("closed")
}

func (a *actor) forgetBodies() {
	for _, b := range a.bodies {
		b.cancel()
		b.end()
	}
	a.all.Wait()
	a.bodies = map[string]*body{}
}

// forget gives back what is held and says nothing of it.
func (a *actor) forget() {
	a.hush(true)
	a.forgetBodies()
	if a.session != nil {
		a.session.Close()
	}
	a.client.Close()
}

func (a *actor) lock(name string, words []string) {
	asked := options(words)
	session, own := a.session, a.session == nil
	if own {
		session, _ = pawl.NewSession(a.client, pawl.WithLease(duration(asked["ttl"])),
			pawl.WithoutWaiting())
	}
	ctx, cancel := context.WithCancel(context.Background())
	b := &body{pawl.NewMutex(session, name, mutexOptions(asked)...), cancel, make(chan struct{}),
		sync.Once{}}
	a.bodies[name] = b
	a.all.Add(1)
	go func() {
		defer a.all.Done()
		said := a.work(ctx, b, asked["wait"] != "")
		if own {
			session.Close()
		}
		if said != "" {
			a.say(name, said)
		}
	}()
}

// work returns what is to be said when all is over.
func (a *actor) work(ctx context.Context, b *body, waits bool) string {
	lock := b.mutex.TryLock
	if waits {
		lock = b.mutex.Lock
	}
	held, err := lock(ctx)
	if errors.Is(err, context.Canceled) {
		return "cancelled"
	}
	if err != nil {
		return code(err)
	}
	a.say(b.mutex.Key(), "held", token(b.mutex))
	select {
	case <-held.Done():
		a.say(b.mutex.Key(), "lost")
		<-b.unlock
	case <-b.unlock:
	}
	if err := b.mutex.Unlock(context.Background()); err != nil {
		return ""
	}
	a.say(b.mutex.Key(), "released")
	return ""
}

func (a *actor) state(name string) {
	b := a.bodies[name]
	state, _ := b.mutex.State()
	if state == pawl.Lost {
		a.say(name, "is lost")
		return
	}
	a.say(name, "is", strings.ToLower(state.String()), token(b.mutex))
}

func clientConfig(servers string, asked map[string]string) pawl.Config {
	config := pawl.Config{Endpoints: strings.Split(servers, ","), User: asked["user"],
		Secret: pawl.Secret(asked["secret"])}
	if asked["ca"] == "" {
		return config
	}
	config.TLS = &tls.Config{RootCAs: x509.NewCertPool(), ServerName: asked["name"]}
	pem, err := os.ReadFile(asked["ca"])
	if err != nil || !config.TLS.RootCAs.AppendCertsFromPEM(pem) {
		panic(err)
	}
	if asked["cert"] != "" {
		pair, err := tls.LoadX509KeyPair(asked["cert"], asked["key"])
		if err != nil {
			panic(err)
		}
		config.TLS.Certificates = []tls.Certificate{pair}
	}
	return config
}

func mutexOptions(asked map[string]string) (options []pawl.MutexOption) {
	if wait := asked["wait"]; wait != "" && wait != "forever" {
		options = append(options, pawl.WithWait(duration(wait)))
	}
	if asked["mode"] == "shared" {
		options = append(options, pawl.Shared())
	}
	if slots := asked["slots"]; slots != "" {
		n, _ := strconv.Atoi(slots)
		options = append(options, pawl.Slots(n))
	}
	if most := asked["max_hold"]; most != "" {
		options = append(options, pawl.WithMaxHold(duration(most)))
	}
	return options
}

func options(words []string) map[string]string {
	asked := map[string]string{}
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		asked[key] = value
	}
	return asked
}

func duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		panic(err)
	}
	return d
}

func token(m *pawl.Mutex) string { return "token=" + strconv.FormatUint(m.Token(), 10) }

func code(err error) string {
	var refusal *pawl.Error
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return err.Error()
}

func main() {
	actors := map[string]*actor{}
	fmt.Println("ready without lease") // every lock belongs to a session
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if words[0] == "reset" {
			for _, a := range actors {
				a.forget()
			}
			actors = map[string]*actor{}
			fmt.Println("reset done")
			continue
		}
		if actors[words[0]] == nil {
			asked := map[string]string{}
			if words[1] == "is" {
				asked = options(words[2:])
			}
			actors[words[0]] = newActor(words[0], clientConfig(os.Args[1], asked))
		}
		actors[words[0]].do(words[1], words[2:])
	}
}
