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

// bootClock counts from its making by what went further: the monotonic clock, which stands still
// while the machine sleeps; or the time since boot, which does not, as /proc/uptime tells it to 10 ms
// (the margin is no less); where there is none, the wall clock, which may also jump: then a lock is
// believed lost that is not.
func bootClock() func() time.Duration {
	start := time.Now()
	uptime := func() (time.Duration, bool) { return 0, false }
	if file, err := os.Open("/proc/uptime"); err == nil {
		uptime = func() (time.Duration, bool) { return readUptime(file) }
	}
	booted, known := uptime()
	var mu sync.Mutex
	var latest time.Duration
	return func() time.Duration {
		mu.Lock()
		defer mu.Unlock()
		now := time.Now()
		other := now.Round(0).Sub(start.Round(0))
		if known {
			if up, ok := uptime(); ok {
				other = up - booted
			}
		}
		latest = max(latest, max(now.Sub(start), other))
		return latest
	}
}

func readUptime(file *os.File) (time.Duration, bool) {
	var text [64]byte
	n, _ := file.ReadAt(text[:], 0)
	word, _, _ := strings.Cut(string(text[:n]), " ")
	seconds, err := strconv.ParseFloat(word, 64)
	return time.Duration(seconds * float64(time.Second)), err == nil
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
