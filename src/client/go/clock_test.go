// SPDX-License-Identifier: Apache-2.0

package pawl

import (
	"testing"
	"time"
)

func TestTheClockIsTheLargerOfTwoAndNeverGoesBack(t *testing.T) {
	var a, b time.Duration
	clock := larger(func() time.Duration { return a }, func() time.Duration { return b })

	steps := []struct{ a, b, want time.Duration }{{1, 0, 1}, {2, 9, 9}, {3, -5, 9}, {10, 9, 10}}
	for _, step := range steps {
		a, b = step.a, step.b
		if got := clock(); got != step.want {
			t.Errorf("%v: %v", step, got)
		}
	}
}

func TestTheClockOfThisMachineGoesOn(t *testing.T) {
	clock, start := bootClock(), time.Now()

	time.Sleep(30 * time.Millisecond)

	got, real := clock(), time.Since(start)
	if got < 30*time.Millisecond || got > real+20*time.Millisecond {
		t.Errorf("%v, while %v went by", got, real)
	}
}

func TestMarginAndRenewalAsInTheDaemonsOwnClient(t *testing.T) {
	for ttl, want := range map[time.Duration][2]time.Duration{
		50 * time.Millisecond: {10 * time.Millisecond, 5 * time.Millisecond},
		10 * time.Second:      {100 * time.Millisecond, 2400 * time.Millisecond},
		time.Hour:             {36 * time.Second, time.Minute},
	} {
		if margin(ttl) != want[0] || renewalAfter(ttl) != want[1] {
			t.Errorf("%v: margin %v, renewal after %v", ttl, margin(ttl), renewalAfter(ttl))
		}
	}
}
