/* resume.pml — one session, many connections (doc/PROTOCOL 7.5 to 7.11).
 *
 * The session is up on connection 0 when it begins. LOSSES times an end may lose
 * the connection that it uses, whatever the reason; the other end notices now,
 * later, or when it is told. What was sent and not read by then is read up to any
 * point. Whoever keeps quiet and whoever has left for a better path (MBB) look
 * the same from here, so they are not told apart.
 *
 * Frames have a size of 1 and carry their number, which only assertions read.
 * Keys are what they are made of: the connections that they came over.
 *
 * MUTANT removes one rule; resume.test says which.                           */
#ifndef MUTANT
#define MUTANT 0
#endif
#ifndef LOSSES
#define LOSSES 4
#endif
#ifndef FRAMES
#define FRAMES 3		/* each way */
#endif
#define RING 2			/* frames kept */
#define CONNS (LOSSES + 1)
#define THIEF CONNS		/* somebody else's connection */
#define NOBODY 255

#define derive(key, conn) (key * CONNS + conn)
#define is_first(c, type) (c ? [type, _, _, _])

mtype = { HELLO, HELLO_OK, HELLO_ERR, DATA, ACK };

/* type, seq (how much arrived, or the frame's number), epoch, key of the mac */
chan up[CONNS] = [2] of { mtype, byte, byte, short };
chan down[CONNS] = [2] of { mtype, byte, byte, short };

byte losses = LOSSES;
bool over;

/* The agent uses its last connection. */
byte a_conn;
bool a_up = true;		/* else it waits for HELLO_OK */
byte a_left = NOBODY;		/* a mutant's old connection */
byte a_epoch, a_good;		/* of the last attempt; of the last that worked */
byte a_sent, a_acked, a_received, a_told;
short a_key = 1;
bool a_open[CONNS];

bool r_open[CONNS], r_on[CONNS + 1];
byte r_epoch;
byte r_sent, r_acked, r_received, r_told;
short r_key = 1, r_old_key;
bool r_unconfirmed;

/* The newest HELLO, for who has a certificate of the agent and has seen it. */
byte seen_seq, seen_epoch, seen_conn = NOBODY;
short seen_key;

byte c, seq, epoch, n;
short key;

inline forget(q)
{
	do
	:: nempty(q) -> q ? _, _, _, _
	:: empty(q) -> break
	od
}

/* What is sent to an end that has left arrives nowhere. */
inline say(q, there, type, seq_, epoch_, key_)
{
	if
	:: there -> q ! type, seq_, epoch_, key_
	:: else
	fi
}

/* --- the rules that hold at any time ---------------------------------------- */

#define AGREED(conn) (!(a_up && r_on[conn]) || conn == a_conn)

inline check()
{
	n = 0;
	for (c : 0 .. CONNS) {
		assert(AGREED(c));
		n = n + (r_on[c] -> 1 : 0)
	}
	assert(n <= 1);
	assert(!r_on[THIEF]);
	c = 0; n = 0
}

/* --- the agent -------------------------------------------------------------- */

inline agent_leaves(conn)
{
	forget(down[conn]);
	a_open[conn] = false
}

/* 7.6: leaves the connection, and asks over another one. */
inline agent_asks()
{
#if MUTANT == 5
	if
	:: a_up -> a_left = a_conn
	:: else -> agent_leaves(a_conn)
	fi;
#else
	agent_leaves(a_conn);
#endif
	a_conn++;
	a_open[a_conn] = true;
	r_open[a_conn] = true;
	a_up = false;
#if MUTANT == 3
	a_epoch = a_good + 1;
#else
	a_epoch++;
#endif
	a_told = a_received;
	up[a_conn] ! HELLO, a_received, a_epoch, a_key;
	seen_seq = a_received; seen_epoch = a_epoch; seen_key = a_key;
	seen_conn = a_conn;
#if MUTANT == 7
	a_key = derive(a_key, a_conn)
#endif
}

inline agent_reads(conn)
{
	if
	:: down[conn] ? DATA, seq, _, _ ->
		assert(seq == a_received);
		a_received++
	:: down[conn] ? ACK, seq, _, _ ->
		assert(a_acked <= seq && seq <= a_sent);
		a_acked = seq
	fi;
	seq = 0
}

inline agent_goes_on()
{
	down[a_conn] ? HELLO_OK, seq, epoch, key;
	assert(epoch == a_epoch);
#if MUTANT != 7
	assert(key == a_key);
	a_key = derive(a_key, a_conn);
#endif
	assert(a_acked <= seq && seq <= a_sent);
#if MUTANT == 8
	a_sent = a_acked;
#else
	a_acked = seq;
	a_sent = seq;
#endif
	a_good = a_epoch;
	a_up = true;
#if MUTANT == 5
	if
	:: a_left != NOBODY -> agent_leaves(a_left); a_left = NOBODY
	:: else
	fi;
#endif
	seq = 0; epoch = 0; key = 0
}

#define ALL_ARRIVED \
	(a_up && r_on[a_conn] && a_received == FRAMES && r_received == FRAMES && \
	    a_acked == FRAMES && r_acked == FRAMES)

proctype agent()
{
	do
	:: d_step { a_up && a_sent < FRAMES && a_sent - a_acked < RING &&
	    nfull(up[a_conn]) ->
		say(up[a_conn], r_open[a_conn], DATA, a_sent, 0, 0);
		a_sent++
	    }
	:: d_step { a_up && a_told < a_received && nfull(up[a_conn]) ->
		a_told = a_received;
		say(up[a_conn], r_open[a_conn], ACK, a_told, 0, 0)
	    }
	:: d_step { a_up && nempty(down[a_conn]) -> agent_reads(a_conn) }
#if MUTANT == 5
	:: d_step { a_left != NOBODY && nempty(down[a_left]) ->
		agent_reads(a_left) }
#endif
	:: d_step { !a_up && is_first(down[a_conn], HELLO_OK) ->
		agent_goes_on();
		check()
	    }
	:: d_step { is_first(down[a_conn], HELLO_ERR) ->
		assert(false) /* the session is lost, and nobody was at fault */
	    }
	:: d_step { losses > 0 && !over -> losses--; agent_asks() }
	:: d_step { !r_open[a_conn] && !is_first(down[a_conn], HELLO_ERR) ->
		agent_asks()
	    }
	:: atomic { ALL_ARRIVED -> over = true; break }
	od
}

/* --- the relay -------------------------------------------------------------- */

inline relay_leaves(conn)
{
	forget(up[conn]);
	r_on[conn] = false;
	r_open[conn] = false
}

inline relay_leaves_all()
{
	for (c : 0 .. LOSSES) {
		if
		:: r_on[c] -> relay_leaves(c)
		:: else
		fi
	}
	c = 0
}

inline relay_takes(conn)
{
#if MUTANT == 6
	skip;
#else
	relay_leaves_all();
#endif
	r_on[conn] = true;
	r_sent = seq;
	r_acked = seq;
	r_epoch = epoch;
	r_told = r_received;
	r_old_key = key;
	r_key = derive(key, conn);
	r_unconfirmed = true;
	if
	:: conn < CONNS ->
		say(down[conn], a_open[conn], HELLO_OK, r_received, epoch, key)
	:: else
	fi;
	check()
}

#if MUTANT == 1
#define IS_PROVEN (key == r_key)
#else
#define IS_PROVEN (key == r_key || (r_unconfirmed && key == r_old_key))
#endif
#if MUTANT == 2
#define IS_NEW true
#else
#define IS_NEW (epoch > r_epoch)
#endif
#if MUTANT == 4
#define IS_BOUND(conn, binder) true
#else
#define IS_BOUND(conn, binder) (conn == binder)
#endif

/* 7.7, of HELLO seq, epoch, key. */
inline relay_judges(conn, binder)
{
	if
	:: IS_PROVEN && IS_BOUND(conn, binder) && IS_NEW &&
	    r_acked <= seq && seq <= r_sent ->
		relay_takes(conn)
	:: else ->
		if
		:: conn < CONNS ->
			say(down[conn], a_open[conn], HELLO_ERR, 0, 0, 0);
			relay_leaves(conn)
		:: else
		fi
	fi;
	seq = 0; epoch = 0; key = 0
}

inline relay_reads(conn)
{
	if
	:: up[conn] ? DATA, seq, _, _ ->
		assert(seq == r_received);
		r_received++
	:: up[conn] ? ACK, seq, _, _ ->
		assert(r_acked <= seq && seq <= r_sent);
		r_acked = seq
	fi;
	r_unconfirmed = false;
	seq = 0
}

/* The relay, as far as it is about connection i. */
proctype relay(byte i)
{
	do
	:: atomic { over -> break }
	:: d_step { r_on[i] && r_sent < FRAMES && r_sent - r_acked < RING &&
	    nfull(down[i]) ->
		say(down[i], a_open[i], DATA, r_sent, 0, 0);
		r_sent++
	    }
	:: d_step { r_on[i] && r_told < r_received && nfull(down[i]) ->
		r_told = r_received;
		say(down[i], a_open[i], ACK, r_told, 0, 0)
	    }
	:: d_step { r_on[i] && nempty(up[i]) -> relay_reads(i) }
	:: d_step { r_open[i] && is_first(up[i], HELLO) ->
		up[i] ? HELLO, seq, epoch, key;
		relay_judges(i, i)
	    }
	:: d_step { r_on[i] && losses > 0 && !over ->
		losses--;
		relay_leaves(i)
	    }
	:: d_step { r_open[i] && !a_open[i] -> relay_leaves(i) }
	od
}

proctype thief()
{
	byte binder;

	do
	:: atomic { over -> break }
	:: d_step { seen_conn != NOBODY && !over ->
		seq = seen_seq; epoch = seen_epoch; key = seen_key;
		binder = seen_conn;
		seen_conn = NOBODY; seen_seq = 0; seen_epoch = 0; seen_key = 0;
		relay_judges(THIEF, binder);
		binder = 0
	    }
	od
}

init
{
	atomic {
		a_open[0] = true;
		r_open[0] = true;
		r_on[0] = true;
		for (c : 0 .. LOSSES) {
			run relay(c)
		}
		c = 0;
		run agent();
		run thief()
	}
}
