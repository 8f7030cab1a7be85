// SPDX-License-Identifier: Apache-2.0
//
// Election and commit (src/replication), three voters. Node 0 is primary of epoch 1 and its first
// record is committed; from there every order of elections, appends, flushes, answers and crashes.
// With -DBLANK one disk may be wiped once. README.md says what is left out, and why it may be.

#ifndef EPOCHS
#define EPOCHS 4  // the newest epoch anybody stands for
#endif
#ifndef RECORDS
#define RECORDS 3  // in a log; a record is known by its place and its epoch
#endif

#define STANDBY 0
#define CANDIDATE 1
#define PRIMARY 2

// What is in memory, and what is on the disk (d…). Logs: the epochs of the records, 0 behind the last.
byte epoch[3], voted[3], role[3];
byte depoch[3], dvoted[3];
byte l1[3], l2[3], l3[3];
byte d1[3], d2[3], d3[3];
byte votes[3];  // a candidate's: who has sent it a vote in its epoch, as bits
byte match[9];  // a primary's: how much of its log a voter has said to have on disk

// The history: what is committed, and which epochs had a primary.
byte c1, c2, c3;
byte by1, by2, by3;  // the oldest epoch that committed it
byte won;

#ifdef BLANK
byte wiped;        // one more than the node whose disk was wiped
byte met;          // a blank one's: whom it has met, as bits
bool blank;        // it takes no part yet
bool damaged;      // it takes part and does not vote yet
byte newest;       // of the epochs of those it met
bool told[3];      // a primary's: it knows that what the wiped one said before is void
byte whole_at[3];  // a primary's: … and how long its log was then
#define IS_BLANK(n) (blank && wiped == n + 1)
#define IS_DAMAGED(n) (damaged && wiped == n + 1)
#ifdef MUTANT_DAMAGED_VOTES
#define MAY_VOTE(n) (!IS_BLANK(n))
#else
#define MAY_VOTE(n) (!IS_BLANK(n) && !IS_DAMAGED(n))
#endif
#else
#define IS_BLANK(n) false
#define MAY_VOTE(n) true
#endif

hidden byte a, major, first, survives_next_election;

#define LENGTH(x1, x2, x3, n) (x1[n] == 0 -> 0 : (x2[n] == 0 -> 1 : (x3[n] == 0 -> 2 : 3)))
#define AGREE(x1, x2, x3, n, y1, y2, y3, m)                              \
  (x1[n] == 0 || x1[n] != y1[m] -> 0 : (x2[n] == 0 || x2[n] != y2[m] -> 1 : \
   (x3[n] == 0 || x3[n] != y3[m] -> 2 : 3)))
#define LEN(n) LENGTH(l1, l2, l3, n)
#define FLUSHED(n) AGREE(d1, d2, d3, n, l1, l2, l3, n)
#define VERIFIED(n, p) AGREE(l1, l2, l3, n, l1, l2, l3, p)
#define LAST_EPOCH(x1, x2, x3, n) (x3[n] != 0 -> x3[n] : (x2[n] != 0 -> x2[n] : x1[n]))
#define LAST(n) (LAST_EPOCH(l1, l2, l3, n) * 4 + LEN(n))

// R1: nothing is said before the epoch and the vote are on the disk.
#ifdef MUTANT_VOTE_NOT_DURABLE
#define MAY_SPEAK(n) (!IS_BLANK(n))
#else
#define MAY_SPEAK(n) (depoch[n] == epoch[n] && dvoted[n] == voted[n] && !IS_BLANK(n))
#endif

#define NEXT(n) ((n + 1) % 3)
#define AFTER(n) ((n + 2) % 3)
#define MIN(x, y) (x < y -> x : y)
#define MAX(x, y) (x < y -> y : x)

inline retire(n) {
  role[n] = STANDBY;
  votes[n] = 0;
  match[n * 3] = 0;
  match[n * 3 + 1] = 0;
  match[n * 3 + 2] = 0;
#ifdef BLANK
  told[n] = false;
  whole_at[n] = 0;
#endif
}

inline set_ballot(n, e, whom) {
  if
  :: epoch[n] < e -> retire(n)
  :: else
  fi;
  epoch[n] = e;
  voted[n] = whom
}

inline adopt(n, e) {
  if
  :: epoch[n] < e -> set_ballot(n, e, 0)
  :: else
  fi
}

inline commit_one(done, by, record, e) {
  assert(done == 0 || done == record);  // what is committed never changes
  done = record;
  by = (by == 0 || by > e -> e : by)
}

// One election ahead of the model: whoever lacks what n just committed is elected by nobody.
#define DLAST(n) (LAST_EPOCH(d1, d2, d3, n) * 4 + LENGTH(d1, d2, d3, n))
inline survives(n, lacks, other) {
  survives_next_election =
    AGREE(d1, d2, d3, lacks, l1, l2, l3, n) >= major || !MAY_VOTE(lacks) ||
    ((DLAST(lacks) < DLAST(other) || !MAY_VOTE(other)) &&
     (DLAST(lacks) < DLAST(n) || !MAY_VOTE(n)));
  assert(survives_next_election)
}

// What a majority has on its disks; R6.
#define REACHED(n)                                                                              \
  MAX(MIN(FLUSHED(n), MAX(match[n * 3 + NEXT(n)], match[n * 3 + AFTER(n)])),                    \
      MIN(match[n * 3 + NEXT(n)], match[n * 3 + AFTER(n)]))
#define EPOCH_START(n) (l1[n] == epoch[n] -> 1 : (l2[n] == epoch[n] -> 2 : (l3[n] == epoch[n] -> 3 : 4)))

inline advance_commit(n) {
  major = REACHED(n);
#ifdef MUTANT_OLD_EPOCH_BY_COUNT
  first = 1;
#else
  first = EPOCH_START(n);
#endif
  if
  :: major >= first ->
     if :: major >= 1 -> commit_one(c1, by1, l1[n], epoch[n]) :: else fi;
     if :: major >= 2 -> commit_one(c2, by2, l2[n], epoch[n]) :: else fi;
     if :: major >= 3 -> commit_one(c3, by3, l3[n], epoch[n]) :: else fi;
     survives(n, NEXT(n), AFTER(n));
     survives(n, AFTER(n), NEXT(n))
  :: else
  fi
}

inline append(n) {
  if
  :: l1[n] == 0 -> l1[n] = epoch[n]
  :: l1[n] != 0 && l2[n] == 0 -> l2[n] = epoch[n]
  :: l2[n] != 0 && l3[n] == 0 -> l3[n] = epoch[n]
  fi
}

// One node alone.
#define ALONE(n)                                                                                \
  /* It stands for the next epoch. */                                                           \
  :: d_step {                                                                                   \
       role[n] != PRIMARY && epoch[n] < EPOCHS && MAY_VOTE(n) && MAY_SPEAK(n) ->                \
       printf("%d stands for epoch %d\n", n, epoch[n] + 1);                                     \
       set_ballot(n, epoch[n] + 1, n + 1);                                                      \
       role[n] = CANDIDATE;                                                                     \
       votes[n] = 1 << n                                                                        \
     }                                                                                          \
  :: d_step {                                                                                   \
       !IS_BLANK(n) && (depoch[n] != epoch[n] || dvoted[n] != voted[n]) ->                     \
       printf("%d stores ballot: epoch %d, vote %d\n", n, epoch[n], voted[n] - 1);              \
       depoch[n] = epoch[n];                                                                    \
       dvoted[n] = voted[n]                                                                     \
     }                                                                                          \
  /* A majority voted for it. Its first record comes before anything else (R7). */              \
  :: d_step {                                                                                   \
       role[n] == CANDIDATE && MAY_SPEAK(n) && votes[n] != 1 << n ->                            \
       printf("%d is primary of epoch %d\n", n, epoch[n]);                                      \
       assert((won & (1 << epoch[n])) == 0);    /* one primary in an epoch */                   \
       /* It has all that an older one committed. */                                            \
       assert(c1 == 0 || by1 >= epoch[n] || c1 == l1[n]);                                       \
       assert(c2 == 0 || by2 >= epoch[n] || c2 == l2[n]);                                       \
       assert(c3 == 0 || by3 >= epoch[n] || c3 == l3[n]);                                       \
       won = won | (1 << epoch[n]);                                                             \
       votes[n] = 0;                                                                            \
       /* Without room for its first record the model ends here. */                             \
       if                                                                                       \
       :: LEN(n) < RECORDS -> role[n] = PRIMARY; append(n)                                      \
       :: else -> role[n] = STANDBY                                                             \
       fi                                                                                       \
     }                                                                                          \
  /* A client's record. */                                                                      \
  :: d_step {                                                                                   \
       role[n] == PRIMARY && LEN(n) < RECORDS && REACHED(n) >= EPOCH_START(n) ->                \
       printf("%d appends a client's record\n", n);                                             \
       append(n)                                                                                \
     }                                                                                          \
  :: d_step {                                                                                   \
       d1[n] != l1[n] || d2[n] != l2[n] || d3[n] != l3[n] ->                                    \
       printf("%d flushes %d %d %d\n", n, l1[n], l2[n], l3[n]);                                 \
       d1[n] = l1[n];                                                                           \
       d2[n] = l2[n];                                                                           \
       d3[n] = l3[n];                                                                           \
       if :: role[n] == PRIMARY -> advance_commit(n) :: else fi                                 \
     }                                                                                          \
  /* A crash and the start after it. What lives on though nobody was told is a flush before. */ \
  :: d_step {                                                                                   \
       !IS_BLANK(n) && (role[n] != STANDBY || epoch[n] != depoch[n] || voted[n] != dvoted[n] ||\
       d1[n] != l1[n] || d2[n] != l2[n] || d3[n] != l3[n]) ->                                   \
       printf("%d crashes\n", n);                                                               \
       retire(n);                                                                               \
       epoch[n] = depoch[n];                                                                    \
       voted[n] = dvoted[n];                                                                    \
       l1[n] = d1[n];                                                                           \
       l2[n] = d2[n];                                                                           \
       l3[n] = d3[n];                                                                           \
       /* The log tells of a newer epoch than the ballot: nothing was said in it. */            \
       if                                                                                       \
       :: epoch[n] < LAST_EPOCH(d1, d2, d3, n) ->                                               \
          epoch[n] = LAST_EPOCH(d1, d2, d3, n);                                                 \
          voted[n] = 0;                                                                         \
          depoch[n] = epoch[n];                                                                 \
          dvoted[n] = 0                                                                         \
       :: else                                                                                  \
       fi                                                                                       \
     }

// n hears from p.
#define PAIR(n, p)                                                                              \
  /* Any message of a newer epoch (R3). */                                                      \
  :: d_step {                                                                                   \
       epoch[n] < epoch[p] && MAY_SPEAK(p) && !IS_BLANK(n) -> set_ballot(n, epoch[p], 0)       \
       printf("%d hears of epoch %d from %d\n", n, epoch[p], p);                                \
     }                                                                                          \
  /* RequestVote (R2). */                                                                       \
  :: d_step {                                                                                   \
       role[p] == CANDIDATE && MAY_SPEAK(p) && MAY_VOTE(n) && LAST(p) >= LAST(n) &&             \
       (epoch[n] < epoch[p] || (epoch[n] == epoch[p] && IS_FREE(n, p))) ->                     \
       printf("%d votes in epoch %d for %d\n", n, epoch[p], p);                                 \
       set_ballot(n, epoch[p], p + 1)                                                           \
     }                                                                                          \
  /* Vote: n gets p's. */                                                                       \
  :: d_step {                                                                                   \
       role[n] == CANDIDATE && epoch[n] == epoch[p] && voted[p] == n + 1 && MAY_SPEAK(p) &&     \
       (votes[n] & (1 << p)) == 0 ->                                                            \
       printf("%d gets the vote of %d in epoch %d\n", n, p, epoch[n]);                          \
       votes[n] = votes[n] | (1 << p)                                                           \
     }                                                                                          \
  /* Append with one record, the first in which they differ (R4). */                            \
  :: d_step {                                                                                   \
       role[p] == PRIMARY && MAY_SPEAK(p) && epoch[n] <= epoch[p] && !IS_BLANK(n) &&           \
       VERIFIED(n, p) < LEN(p) ->                                                               \
       printf("%d takes a record from %d in epoch %d\n", n, p, epoch[p]);                       \
       assert(epoch[n] < epoch[p] || role[n] != PRIMARY);                                       \
       adopt(n, epoch[p]);                                                                      \
       role[n] = STANDBY;                                                                       \
       votes[n] = 0;                                                                            \
       a = VERIFIED(n, p);                                                                      \
       /* Only what is not committed is ever taken back. */                                     \
       assert(a >= 1 || l1[n] == 0 || l1[n] != c1);                                             \
       assert(a >= 2 || l2[n] == 0 || l2[n] != c2);                                             \
       assert(a >= 3 || l3[n] == 0 || l3[n] != c3);                                             \
       if                                                                                       \
       :: a == 0 -> l1[n] = l1[p]; l2[n] = 0; l3[n] = 0                                         \
       :: a == 1 -> l2[n] = l2[p]; l3[n] = 0                                                    \
       :: else -> l3[n] = l3[p]                                                                 \
       fi                                                                                       \
     }                                                                                          \
  /* AppendReply: p says what it has on its disk of n's log (R5). */                            \
  :: d_step {                                                                                   \
       role[n] == PRIMARY && epoch[n] == epoch[p] && MAY_SPEAK(p) && !FIRST_ANSWER(n, p) &&     \
       ANSWER(n, p) ->                                                                          \
       printf("%d hears what %d has on disk in epoch %d\n", n, p, epoch[n]);                    \
       match[n * 3 + p] = MAX(match[n * 3 + p], ACKNOWLEDGED(p, n));                            \
       WHOLE(n, p);                                                                             \
       advance_commit(n)                                                                        \
     }

#ifdef MUTANT_ACK_BEFORE_FLUSH
#define ACKNOWLEDGED(p, n) VERIFIED(p, n)
#else
#define ACKNOWLEDGED(p, n) MIN(FLUSHED(p), VERIFIED(p, n))
#endif

#ifdef BLANK
#define FIRST_ANSWER(n, p) (IS_DAMAGED(p) && !told[n])
#define ANSWER(n, p) (match[n * 3 + p] < ACKNOWLEDGED(p, n) || \
                      (IS_DAMAGED(p) && ACKNOWLEDGED(p, n) >= whole_at[n]))
#define WHOLE(n, p)                                                  \
  if                                                                 \
  :: IS_DAMAGED(p) && ACKNOWLEDGED(p, n) >= whole_at[n] -> damaged = false \
  :: else                                                            \
  fi
#define OTHERS(n) (7 - (1 << n))
#ifdef MUTANT_MEETS_ONE
#define HAS_MET_ALL(n) (met != 0)
#else
#define HAS_MET_ALL(n) (met == OTHERS(n))
#endif

// A vote put down for somebody who did not get it.
#define NOT_GIVEN 4
#define IS_FREE(n, p) (voted[n] == 0 || voted[n] == NOT_GIVEN + p)
#define WIPE(n)                                                                                 \
  :: d_step {                                                                                   \
       wiped == 0 ->                                                                            \
       printf("%d is wiped\n", n);                                                              \
       wiped = n + 1;                                                                           \
       retire(n);                                                                               \
       epoch[n] = 0; voted[n] = 0; depoch[n] = 0; dvoted[n] = 0;                                \
       l1[n] = 0; l2[n] = 0; l3[n] = 0; d1[n] = 0; d2[n] = 0; d3[n] = 0;                        \
       blank = TAKES_NO_PART                                                                    \
     }                                                                                          \
  /* It starts once more before it takes part. */                                               \
  :: d_step { IS_BLANK(n) && met != 0 -> met = 0; newest = 0 }                                 \
  /* It takes part, in the newest epoch of those it met. As having voted it puts down one whom */\
  /* it met, so that nobody else gets its vote in that epoch. */                                \
  :: d_step {                                                                                   \
       IS_BLANK(n) && HAS_MET_ALL(n) ->                                                        \
       printf("%d takes part in epoch %d\n", n, newest);                                        \
       blank = false;                                                                           \
       damaged = true;                                                                          \
       met = 0;                                                                                 \
       epoch[n] = newest;                                                                       \
       voted[n] = NOT_GIVEN + (n == 2 -> 1 : 2);                                                \
       depoch[n] = epoch[n];                                                                    \
       dvoted[n] = voted[n];                                                                    \
       newest = 0                                                                               \
     }

#define MEET(n, p)                                                                              \
  :: d_step {                                                                                   \
       IS_BLANK(n) && (met & (1 << p)) == 0 ->                                                 \
       printf("%d meets %d\n", n, p);                                                           \
       met = met | (1 << p);                                                                    \
       newest = MAX(newest, depoch[p])                                                          \
     }                                                                                          \
  /* A primary hears for the first time that p lost what it had. */                             \
  :: d_step {                                                                                   \
       role[n] == PRIMARY && epoch[n] == epoch[p] && MAY_SPEAK(p) && FIRST_ANSWER(n, p) ->      \
       printf("%d hears that %d was wiped\n", n, p);                                            \
       told[n] = true;                                                                          \
       whole_at[n] = LEN(n);                                                                    \
       match[n * 3 + p] = 0                                                                     \
     }
#ifdef MUTANT_BLANK_TAKES_PART
#define TAKES_NO_PART false
#else
#define TAKES_NO_PART true
#endif
#else
#define IS_FREE(n, p) (voted[n] == 0)
#define FIRST_ANSWER(n, p) false
#define ANSWER(n, p) (match[n * 3 + p] < ACKNOWLEDGED(p, n))
#define WHOLE(n, p)
#endif

init {
  d_step {
    epoch[0] = 1; epoch[1] = 1; epoch[2] = 1;
    depoch[0] = 1; depoch[1] = 1; depoch[2] = 1;
    voted[0] = 1; voted[1] = 1; voted[2] = 1;
    dvoted[0] = 1; dvoted[1] = 1; dvoted[2] = 1;
    l1[0] = 1; l1[1] = 1; l1[2] = 1;
    d1[0] = 1; d1[1] = 1; d1[2] = 1;
    role[0] = PRIMARY;
    match[1] = 1; match[2] = 1;
    c1 = 1; by1 = 1;
    won = 2
  };
  do
  ALONE(0)
  ALONE(1)
  ALONE(2)
  PAIR(0, 1)
  PAIR(0, 2)
  PAIR(1, 0)
  PAIR(1, 2)
  PAIR(2, 0)
  PAIR(2, 1)
#ifdef BLANK
  WIPE(0)
  WIPE(1)
  WIPE(2)
  MEET(0, 1)
  MEET(0, 2)
  MEET(1, 0)
  MEET(1, 2)
  MEET(2, 0)
  MEET(2, 1)
#endif
  od
}
