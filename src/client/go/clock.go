// SPDX-License-Identifier: Apache-2.0

package pawl

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

func margin(ttl time.Duration) time.Duration {
	return max(min(50*time.Millisecond, ttl/5), ttl/100)
}

func renewalAfter(ttl time.Duration) time.Duration {
	return min(time.Minute, max(ttl/4-margin(ttl), ttl/10))
}

func longestPause(ttl time.Duration) time.Duration {
	return min(max(ttl/50, 2*time.Millisecond), 250*time.Millisecond)
}

// bootClock counts from now on by what went further: the monotonic clock, which stands still while
// the machine sleeps; or the time since boot, which does not, as /proc/uptime tells it to 10 ms
// (the margin is no less). Where there is no such file the wall clock takes its place, which may
// also be set: then a lock is believed lost that is not.
func bootClock() func() time.Duration {
	start := time.Now()
	monotonic := func() time.Duration { return time.Since(start) }
	wall := func() time.Duration { return time.Now().Round(0).Sub(start.Round(0)) }
	file, err := os.Open("/proc/uptime")
	if err != nil {
		return larger(monotonic, wall)
	}
	booted := readUptime(file)
	return larger(monotonic, func() time.Duration { return readUptime(file) - booted })
}

// readUptime is 0 where it cannot be read, which moves no clock.
func readUptime(file *os.File) time.Duration {
	var text [64]byte
	n, _ := file.ReadAt(text[:], 0)
	word, _, _ := strings.Cut(string(text[:n]), " ")
	seconds, _ := strconv.ParseFloat(word, 64)
	return time.Duration(seconds * float64(time.Second))
}

// larger of what several clocks say went by, and never less than before.
func larger(clocks ...func() time.Duration) func() time.Duration {
	var mu sync.Mutex
	var latest time.Duration
	return func() time.Duration {
		mu.Lock()
		defer mu.Unlock()
		for _, clock := range clocks {
			latest = max(latest, clock())
		}
		return latest
	}
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func closeOnce(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}

func min[T int | uint64 | time.Duration](a, b T) T {
	if a < b {
		return a
	}
	return b
}

func max[T int | uint64 | time.Duration](a, b T) T {
	if a > b {
		return a
	}
	return b
}
