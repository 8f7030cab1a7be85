// SPDX-License-Identifier: Apache-2.0
//
// One lock, two clients, three nodes: grants, renewals confirmed by a round, expiry, re-arming on
// promotion (src/node, rules T2–T6). An election is one step and an append is durable at once: what
// may go wrong there is election.pml's. Time is one tick for all. README.md says why this is enough.

#ifndef EPOCHS
#define EPOCHS 3
#endif
#ifndef RECORDS
#define RECORDS 4  // in a log, beyond the first grant
#endif
#ifndef TTL
#define TTL 2
#endif

// A record: its epoch * 16 + what it is.
#define EPOCH_START 1
#define LOCK 2                                      // + client
#define EXPIRE(tok, decided) (1 + tok * 3 + decided)  // 5…: a token, and the epoch that decided it
#define EPOCH_OF(record) (record / 16)
#define IS_LOCK(record) (record % 16 == LOCK || record % 16 == LOCK + 1)
#define IS_EXPIRE(record) (record % 16 >= 5)
#define TOKEN_OF(record) ((record % 16 - 2) / 3)
#define DECIDED_IN(record) ((record % 16 - 2) % 3 + 1)

// Nodes. The lock table is that of the records up to `commit`; nobody is holder 0.
byte epoch[3];
bool primary[3];
byte r1[3], r2[3], r3[3], r4[3];  // the log, 0 behind the last
byte commit[3];                   // how much of it is known to be committed, and applied
byte holder[3], token[3];         // the one who holds, as 1 + client; the last token given
byte left[3];                     // a primary's: how long until the lease ends by its clock
#ifdef HEARTBEATS
byte beat[3];                     // a primary's round that nobody waits for: none, sent, answered
#endif
#ifdef STRAYS
byte stray_epoch, stray_token;    // an expiry that was decided and came into no log in its epoch
#endif

// Clients. Each has at most one request on its way.
#define NOTHING 0
#define LOCK_IN_LOG 1
#define RENEW_ARRIVED 2   // it waits for a round that is not sent yet
#define ROUND_SENT 3
#define ROUND_ANSWERED 4  // by one other: a majority; the primary may not have heard yet
byte asked[2], at[2];     // … at which node it is
byte age[2];              // since it was sent
byte believes[2];         // how long the client still believes that it holds
bool late[2];             // when the round began, a newer epoch had committed its first record

// The history: the longest log that is committed.
byte done, done_holder, done_token;
byte done_epoch;   // the newest epoch whose first record is committed
byte acked_token;  // the last one a client was told

hidden byte last, rec, rest;

#define LEN(n) (r1[n] == 0 -> 0 : (r2[n] == 0 -> 1 : (r3[n] == 0 -> 2 : (r4[n] == 0 -> 3 : 4))))
#define AT(n, k) (k == 1 -> r1[n] : (k == 2 -> r2[n] : (k == 3 -> r3[n] : r4[n])))
#define LAST_EPOCH(n) (LEN(n) == 0 -> 1 : EPOCH_OF(AT(n, LEN(n))))
#define AGREE(n, m)                                                                             \
  (r1[n] == 0 || r1[n] != r1[m] -> 0 : (r2[n] == 0 || r2[n] != r2[m] -> 1 :                     \
   (r3[n] == 0 || r3[n] != r3[m] -> 2 : (r4[n] == 0 || r4[n] != r4[m] -> 3 : 4))))
// The place of the first record of its epoch; epoch 1 began before this log.
#define STARTS_AT(n)                                                                            \
  (epoch[n] == 1 -> 0 : (EPOCH_OF(r1[n]) == epoch[n] -> 1 : (EPOCH_OF(r2[n]) == epoch[n] -> 2 : \
   (EPOCH_OF(r3[n]) == epoch[n] -> 3 : (EPOCH_OF(r4[n]) == epoch[n] -> 4 : 5)))))

#ifdef MUTANT_SERVE_BEFORE_EPOCH_START
#define SERVES(n) (primary[n] && STARTS_AT(n) <= 4)
#define START_AT_ONCE(n) left[n] = (holder[n] == 0 -> 0 : TTL)
#else
#define SERVES(n) (primary[n] && commit[n] >= STARTS_AT(n))
#define START_AT_ONCE(n) skip
#endif

#ifdef MUTANT_OLD_DECISION_HOLDS
#define HOLDS(record) true
#else
#define HOLDS(record) (DECIDED_IN(record) == EPOCH_OF(record))
#endif

#ifdef MUTANT_NO_REARM
// A standby keeps time from the grant, a new primary goes on with that.
#define STANDBY_CLOCK(n) left[n]
#define FROM_THE_GRANT(n) TTL
#define REARMED(n) left[n]
#else
#define STANDBY_CLOCK(n) 0
#define FROM_THE_GRANT(n) 0
#define REARMED(n) TTL
#endif

#define IS_OF(record, c) (record % 16 == LOCK + c)
#define PENDS(n, c)                                                                \
  ((commit[n] < 1 && IS_OF(r1[n], c)) || (commit[n] < 2 && IS_OF(r2[n], c)) ||     \
   (commit[n] < 3 && IS_OF(r3[n], c)) || (commit[n] < 4 && IS_OF(r4[n], c)))
// Its end stands in the log: a renewal awaits that, and is told NOT_HELD.
#define IS_END(record, n)                                                          \
  (IS_EXPIRE(record) && EPOCH_OF(record) == epoch[n] && HOLDS(record) &&           \
   TOKEN_OF(record) == token[n])
#define IS_ENDING(n)                                                               \
  ((commit[n] < 1 && IS_END(r1[n], n)) || (commit[n] < 2 && IS_END(r2[n], n)) ||   \
   (commit[n] < 3 && IS_END(r3[n], n)) || (commit[n] < 4 && IS_END(r4[n], n)))

#ifdef MUTANT_RENEW_WITHOUT_ROUND
#define IS_CONFIRMED(c) (asked[c] >= RENEW_ARRIVED)
#else
#define IS_CONFIRMED(c) (asked[c] == ROUND_ANSWERED)
#endif

#ifdef HEARTBEATS
// A round nobody waits for. Its answers must confirm nothing that arrived after it was sent (R9).
#define BEAT(n)                                                                                 \
  :: d_step {                                                                                   \
       primary[n] && beat[n] == 0 -> printf("%d sends a heartbeat\n", n); beat[n] = 1           \
     }                                                                                          \
  :: d_step { beat[n] != 0 -> beat[n] = 0 }
#define BEAT_ANSWER(n, p)                                                                       \
  :: d_step {                                                                                   \
       primary[p] && beat[p] == 1 && epoch[n] <= epoch[p] ->                                    \
       adopt(n, epoch[p]);                                                                      \
       printf("%d answers the heartbeat of %d\n", n, p);                                        \
       beat[p] = 2                                                                              \
     }
#else
#define BEAT(n)
#define BEAT_ANSWER(n, p)
#endif

#ifdef MUTANT_ROUND_REUSED
#define JOINS(n) (beat[n] == 0 -> RENEW_ARRIVED : RENEW_ARRIVED + beat[n])
#else
#define JOINS(n) RENEW_ARRIVED
#endif

inline append(n, what) {
  rec = epoch[n] * 16 + what;
  if
  :: r1[n] == 0 -> r1[n] = rec
  :: r1[n] != 0 && r2[n] == 0 -> r2[n] = rec
  :: r2[n] != 0 && r3[n] == 0 -> r3[n] = rec
  :: r3[n] != 0 && r4[n] == 0 -> r4[n] = rec
  :: else -> assert(false)
  fi
}

inline forget_request(c) {
  asked[c] = NOTHING;
  at[c] = 0;
  age[c] = 0;
  late[c] = false
}

// Whoever waits for this node learns nothing, or NOT_PRIMARY.
inline retire(n) {
  primary[n] = false;
  left[n] = STANDBY_CLOCK(n);
#ifdef HEARTBEATS
  beat[n] = 0;
#endif
  if :: asked[0] != NOTHING && at[0] == n -> forget_request(0) :: else fi;
  if :: asked[1] != NOTHING && at[1] == n -> forget_request(1) :: else fi
}

inline adopt(n, e) {
  if
  :: epoch[n] < e -> retire(n); epoch[n] = e
  :: else
  fi
}

// T2, I14, I5: what a client is told is so, and stays so until its TTL after it asked.
inline tell_ok(c) {
  rest = TTL - age[c];
  assert(!late[c]);
  if
  :: rest > 0 ->
     assert(done_holder == c + 1);
     if :: believes[c] < rest -> believes[c] = rest :: else fi
  :: else
  fi;
  assert(believes[0] == 0 || believes[1] == 0)  // I4
}

inline answer_lock(n, c) {
  if
  :: holder[n] == c + 1 ->
     assert(token[n] > acked_token);  // unique, and rising
     acked_token = token[n];
     tell_ok(c)
  :: else  // BUSY
  fi;
  forget_request(c)
}

// The next record applies to the table of n.
inline apply(n) {
  rec = AT(n, commit[n] + 1);
  commit[n] = commit[n] + 1;
  if
  :: IS_LOCK(rec) && holder[n] == 0 ->
     holder[n] = rec % 16 - LOCK + 1;
     token[n] = token[n] + 1;
     left[n] = (SERVES(n) -> TTL : FROM_THE_GRANT(n))
  :: IS_EXPIRE(rec) && holder[n] != 0 && token[n] == TOKEN_OF(rec) && HOLDS(rec) ->
     holder[n] = 0;
     left[n] = 0
  :: else
  fi;
  // T5: with its first record a primary arms every lease anew.
  if
  :: primary[n] && commit[n] == STARTS_AT(n) && holder[n] != 0 -> left[n] = REARMED(n)
  :: else
  fi;
  if
  :: commit[n] > done ->
     done = commit[n];
     // I5: nobody who was told that it holds loses it before its TTL.
     assert(done_holder == 0 || done_holder == holder[n] || believes[done_holder - 1] == 0);
     assert(token[n] >= done_token);
     done_holder = holder[n];
     done_token = token[n];
     if :: rec % 16 == EPOCH_START -> done_epoch = EPOCH_OF(rec) :: else fi
  :: else
  fi;
  if
  :: IS_OF(rec, 0) && primary[n] && asked[0] == LOCK_IN_LOG && at[0] == n -> answer_lock(n, 0)
  :: IS_OF(rec, 1) && primary[n] && asked[1] == LOCK_IN_LOG && at[1] == n -> answer_lock(n, 1)
  :: else
  fi
}

// A majority has the first `upto` records of the primary n.
inline commit_to(n, upto) {
  do
  :: commit[n] < upto && upto >= STARTS_AT(n) -> apply(n)
  :: else -> break
  od;
  skip
}

#ifdef STRAYS
#define STRAY(n)                                                                                \
  :: d_step {                                                                                   \
       SERVES(n) && holder[n] != 0 && left[n] == 0 && stray_epoch == 0 && epoch[n] < EPOCHS ->  \
       printf("%d decides that token %d has expired, and no more\n", n, token[n]);              \
       stray_epoch = epoch[n];                                                                  \
       stray_token = token[n]                                                                   \
     }                                                                                          \
  /* R15: however it comes there, the decision of an older epoch. */                            \
  :: d_step {                                                                                   \
       SERVES(n) && stray_epoch != 0 && stray_epoch < epoch[n] && LEN(n) < RECORDS ->           \
       printf("%d appends a decision of epoch %d in epoch %d\n", n, stray_epoch, epoch[n]);     \
       append(n, EXPIRE(stray_token, stray_epoch));                                             \
       stray_epoch = 0;                                                                         \
       stray_token = 0                                                                          \
     }
#else
#define STRAY(n)
#endif

#define NODE(n)                                                                                 \
  /* T4: by its clock the lease is over. */                                                     \
  :: d_step {                                                                                   \
       SERVES(n) && holder[n] != 0 && left[n] == 0 && !IS_ENDING(n) && LEN(n) < RECORDS ->      \
       printf("%d expires token %d in epoch %d\n", n, token[n], epoch[n]);                      \
       append(n, EXPIRE(token[n], epoch[n]))                                                    \
     }                                                                                          \
  ARRIVE(0, n)                                                                                  \
  ARRIVE(1, n)                                                                                  \
  STRAY(n)                                                                                      \
  BEAT(n)

// n and p talk.
#define PAIR(n, p)                                                                              \
  /* R2: n is elected by p. */                                                                  \
  :: d_step {                                                                                   \
       epoch[n] < EPOCHS && epoch[p] < EPOCHS && LEN(n) < RECORDS &&                            \
       (LAST_EPOCH(n) > LAST_EPOCH(p) ||                                                        \
        (LAST_EPOCH(n) == LAST_EPOCH(p) && LEN(n) >= LEN(p))) ->                                \
       last = (epoch[n] > epoch[p] -> epoch[n] : epoch[p]) + 1;                                 \
       printf("%d is primary of epoch %d by the vote of %d\n", n, last, p);                     \
       adopt(n, last);                                                                          \
       adopt(p, last);                                                                          \
       primary[n] = true;                                                                       \
       append(n, EPOCH_START);                                                                  \
       START_AT_ONCE(n)                                                                         \
     }                                                                                          \
  /* n takes the next record of p, which it acknowledges: with p itself a majority has it. */   \
  :: d_step {                                                                                   \
       primary[p] && epoch[n] <= epoch[p] && AGREE(n, p) < LEN(p) ->                            \
       adopt(n, epoch[p]);                                                                      \
       last = AGREE(n, p) + 1;                                                                  \
       printf("%d takes record %d of %d in epoch %d\n", n, last, p, epoch[p]);                  \
       assert(last > commit[n]);                                                                \
       if                                                                                       \
       :: last == 1 -> r1[n] = r1[p]; r2[n] = 0; r3[n] = 0; r4[n] = 0                           \
       :: last == 2 -> r2[n] = r2[p]; r3[n] = 0; r4[n] = 0                                      \
       :: last == 3 -> r3[n] = r3[p]; r4[n] = 0                                                 \
       :: else -> r4[n] = r4[p]                                                                 \
       fi;                                                                                      \
       commit_to(p, last)                                                                       \
     }                                                                                          \
  /* It has all: it answers, which may commit what another primary had sent it. */              \
  :: d_step {                                                                                   \
       primary[p] && epoch[n] <= epoch[p] && AGREE(n, p) == LEN(p) && commit[p] < LEN(p) ->     \
       adopt(n, epoch[p]);                                                                      \
       printf("%d has all of %d in epoch %d\n", n, p, epoch[p]);                                \
       commit_to(p, LEN(p))                                                                     \
     }                                                                                          \
  /* It learns what is committed. */                                                            \
  :: d_step {                                                                                   \
       primary[p] && epoch[n] <= epoch[p] && commit[n] < commit[p] && AGREE(n, p) > commit[n] ->\
       adopt(n, epoch[p]);                                                                      \
       printf("%d learns from %d that %d is committed\n", n, p, commit[n] + 1);                 \
       apply(n)                                                                                 \
     }                                                                                          \
  /* It answers a round; the answer is on its way from here on. */                              \
  ROUND(n, p, 0)                                                                                \
  ROUND(n, p, 1)                                                                                \
  BEAT_ANSWER(n, p)

#define ROUND(n, p, c)                                                                          \
  :: d_step {                                                                                   \
       asked[c] == ROUND_SENT && at[c] == p && primary[p] && epoch[n] <= epoch[p] ->            \
       adopt(n, epoch[p]);                                                                      \
       printf("%d answers the round for client %d at %d\n", n, c, p);                           \
       asked[c] = ROUND_ANSWERED                                                                \
     }

#define CLIENT(c)                                                                               \
  /* It gives up. */                                                                            \
  :: d_step { asked[c] != NOTHING -> printf("client %d gives up\n", c); forget_request(c) }     \
  :: d_step {                                                                                   \
       IS_CONFIRMED(c) && primary[at[c]] -> printf("client %d is told OK by %d\n", c, at[c]);   \
       tell_ok(c);                                                                              \
       forget_request(c)                                                                        \
     }

#define ARRIVE(c, n)                                                                            \
  :: d_step {                                                                                   \
       asked[c] == NOTHING && believes[c] == 0 && SERVES(n) && LEN(n) < RECORDS &&              \
       !PENDS(n, c) && holder[n] != c + 1 ->                                                    \
       printf("LOCK of client %d in the log of %d, epoch %d\n", c, n, epoch[n]);                \
       append(n, LOCK + c);                                                                     \
       asked[c] = LOCK_IN_LOG;                                                                  \
       at[c] = n                                                                                \
     }                                                                                          \
  /* T2: the deadline is raised at arrival. */                                                  \
  :: d_step {                                                                                   \
       asked[c] == NOTHING && SERVES(n) && holder[n] == c + 1 && !IS_ENDING(n) ->               \
       printf("RENEW of client %d at %d, epoch %d\n", c, n, epoch[n]);                          \
       left[n] = TTL;                                                                           \
       asked[c] = JOINS(n);                                                                     \
       at[c] = n;                                                                               \
       late[c] = done_epoch > epoch[n]                                                          \
     }                                                                                          \
  :: d_step {                                                                                   \
       asked[c] == RENEW_ARRIVED && at[c] == n && primary[n] ->                                 \
       printf("%d sends a round for client %d\n", n, c);                                        \
       asked[c] = ROUND_SENT;                                                                   \
       late[c] = done_epoch > epoch[n]                                                          \
     }

#define COUNT_DOWN(x) x = (x == 0 -> 0 : x - 1)
inline grow_old(c) {
  if
  :: asked[c] != NOTHING && age[c] + 1 >= TTL -> forget_request(c)
  :: asked[c] != NOTHING && age[c] + 1 < TTL -> age[c] = age[c] + 1
  :: else
  fi
}

init {
  d_step {
    epoch[0] = 1; epoch[1] = 1; epoch[2] = 1;
    primary[0] = true;
    holder[0] = 1; holder[1] = 1; holder[2] = 1;
    token[0] = 1; token[1] = 1; token[2] = 1;
    left[0] = TTL;
    left[1] = FROM_THE_GRANT(1); left[2] = FROM_THE_GRANT(2);
    believes[0] = TTL;
    done_epoch = 1; done_holder = 1; done_token = 1; acked_token = 1
  };
  do
  NODE(0) NODE(1) NODE(2)
  PAIR(0, 1) PAIR(0, 2) PAIR(1, 0) PAIR(1, 2) PAIR(2, 0) PAIR(2, 1)
  CLIENT(0) CLIENT(1)
  :: d_step {
       printf("a tick\n");
       COUNT_DOWN(left[0]); COUNT_DOWN(left[1]); COUNT_DOWN(left[2]);
       COUNT_DOWN(believes[0]); COUNT_DOWN(believes[1]);
       grow_old(0);
       grow_old(1)
     }
  od
}
