// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"testing"
	"time"
)

func tallyOf(waits ...time.Duration) tally {
	return tally{waits: waits}
}

func TestAQuantileIsOneOfTheValues(t *testing.T) {
	var sorted []time.Duration
	for i := 1; i <= 200; i++ {
		sorted = append(sorted, time.Duration(i))
	}
	for share, expected := range map[float64]time.Duration{0: 1, 0.5: 100, 0.99: 198, 1: 200} {
		if found := quantile(sorted, share); found != expected {
			t.Errorf("quantile(%v) is %v, not %v", share, found, expected)
		}
	}
	if found := quantile(sorted[:1], 0.99); found != 1 {
		t.Errorf("the quantile of one value is %v", found)
	}
}

func TestJainIsOneForAllAndOneNthForOne(t *testing.T) {
	for expected, tallies := range map[float64][]tally{
		1:    {tallyOf(1, 1), tallyOf(1, 1)},
		0.25: {tallyOf(1, 1, 1), tallyOf(), tallyOf(), tallyOf()},
		0.9:  {tallyOf(1), tallyOf(1, 1)},
		0:    {tallyOf()},
	} {
		if found := jain(tallies); found != expected {
			t.Errorf("jain is %v, not %v", found, expected)
		}
	}
}

func TestFailuresAreCountedApart(t *testing.T) {
	failing := tallyOf(4 * time.Microsecond)
	failing.fail(errors.New("first"))
	failing.fail(errors.New("second"))
	found := summarise([]tally{failing, tallyOf(2*time.Microsecond, 6*time.Microsecond)}, 2*time.Second)
	expected := figures{
		Ops: 3, Seconds: 2, P50us: 4, P99us: 6, MaxUs: 6, LongestWaitUs: 6, MeanWaitUs: 4,
		Jain: 0.9, Errors: 2, FirstError: "first",
	}
	if found != expected {
		t.Errorf("summarised as %+v, not %+v", found, expected)
	}
}
