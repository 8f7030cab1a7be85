// SPDX-License-Identifier: Apache-2.0

package main

import (
	"sort"
	"time"
)

// tally is what one client did.
type tally struct {
	waits      []time.Duration // of each lock that was granted and given back
	errors     int
	firstError string
}

func (one *tally) fail(err error) {
	one.errors++
	if one.firstError == "" {
		one.firstError = err.Error()
	}
}

// figures is the JSON object. All times are from the call of Lock to its return.
type figures struct {
	Ops           int     `json:"ops"`
	Seconds       float64 `json:"seconds"`
	P50us         float64 `json:"p50_us"`
	P99us         float64 `json:"p99_us"`
	MaxUs         float64 `json:"max_us"`
	LongestWaitUs float64 `json:"longest_wait_us"`
	MeanWaitUs    float64 `json:"mean_wait_us"`
	Jain          float64 `json:"jain"`
	Errors        int     `json:"errors"`
	FirstError    string  `json:"first_error,omitempty"`
}

func summarise(tallies []tally, took time.Duration) figures {
	result := figures{Seconds: took.Seconds(), Jain: jain(tallies)}
	var waits []time.Duration
	for _, each := range tallies {
		waits = append(waits, each.waits...)
		result.Errors += each.errors
		if result.FirstError == "" {
			result.FirstError = each.firstError
		}
	}
	result.Ops = len(waits)
	if len(waits) == 0 {
		return result
	}
	sort.Slice(waits, func(a, b int) bool { return waits[a] < waits[b] })
	result.P50us = microseconds(quantile(waits, 0.50))
	result.P99us = microseconds(quantile(waits, 0.99))
	result.MaxUs = microseconds(waits[len(waits)-1])
	result.LongestWaitUs = result.MaxUs
	result.MeanWaitUs = microseconds(sum(waits)) / float64(len(waits))
	return result
}

// quantile is the smallest of the sorted values that at least this share of them does not exceed.
func quantile(sorted []time.Duration, share float64) time.Duration {
	rank := int(share * float64(len(sorted)))
	if float64(rank) < share*float64(len(sorted)) {
		rank++
	}
	if rank == 0 {
		rank = 1
	}
	return sorted[rank-1]
}

// jain is Jain's index of fairness over the clients' grants: 1 if all had as many, 1/n if one had
// them all.
func jain(tallies []tally) float64 {
	var total, squares float64
	for _, each := range tallies {
		grants := float64(len(each.waits))
		total += grants
		squares += grants * grants
	}
	if squares == 0 {
		return 0
	}
	return total * total / (float64(len(tallies)) * squares)
}

func sum(all []time.Duration) time.Duration {
	var total time.Duration
	for _, each := range all {
		total += each
	}
	return total
}

func microseconds(span time.Duration) float64 {
	return float64(span) / float64(time.Microsecond)
}
