// SPDX-License-Identifier: Apache-2.0

// etcd_load puts the load of our benchmark on etcd as its users would, by Session and Mutex of its
// own Go client; each client has a connection and a session of its own.
//
//	pair      each client locks and unlocks a name of its own
//	handover  all clients contend for one name and unlock it at once
//
// It opens the sessions, warms up, prints "ready", awaits a line (or the end) of its input, runs,
// prints one JSON object, and awaits the end of its input before it closes the sessions: so that
// whoever reads the servers' CPU time around the run reads that of the run only.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// How much longer than asked for everything may take before it counts as failed.
const patience = time.Minute

type options struct {
	endpoints []string
	workload  string
	clients   int
	warmUp    time.Duration
	length    time.Duration
}

func parseOptions() (options, error) {
	endpoints := flag.String("endpoints", "127.0.0.1:2379", "of the servers, with commas between")
	workload := flag.String("workload", "pair", "pair or handover")
	clients := flag.Int("clients", 64, "how many at once")
	warmUp := flag.Float64("warm-up", 2, "seconds of load before the run")
	length := flag.Float64("seconds", 10, "of the run")
	flag.Parse()

	seconds := func(count float64) time.Duration { return time.Duration(count * float64(time.Second)) }
	all := options{strings.Split(*endpoints, ","), *workload, *clients, seconds(*warmUp), seconds(*length)}
	if all.workload != "pair" && all.workload != "handover" {
		return all, fmt.Errorf("no such workload: %s", all.workload)
	}
	if all.clients < 1 || all.length <= 0 || all.warmUp < 0 {
		return all, fmt.Errorf("needs a client and a length")
	}
	return all, nil
}

func measure(all options) error {
	limit := all.warmUp + all.length + patience
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()

	load, err := open(ctx, all)
	if err != nil {
		return err
	}
	defer load.close()
	load.run(ctx, all.warmUp)

	input := bufio.NewReader(os.Stdin)
	fmt.Println("ready")
	if _, err := input.ReadString('\n'); err != nil && err != io.EOF {
		return err
	}
	figures, err := load.runVerified(ctx, all.length)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(figures); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, input)
	return err
}

func main() {
	all, err := parseOptions()
	if err == nil {
		err = measure(all)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "etcd_load:", err)
		os.Exit(1)
	}
}
