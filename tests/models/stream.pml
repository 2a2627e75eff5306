/* stream.pml — the ends of streams and their credit (doc/PROTOCOL 4 and 5).
 *
 * Side 0 opens streams towards side 1, which takes SLOTS at a time; the second
 * one carries no data, it is there to find what the first has left behind. Either
 * side may send, finish, reset, consume and let go of its handle at any time.
 * With PATIENT both only send, finish, and let go when all has ended: then
 * nothing but credit keeps data moving.
 *
 * Lines are reliable and keep their order; that connections may break is the
 * business of resume.pml. What it leaves to do here: numbers that are said at
 * resuming may overtake frames (MUTANT 4).
 *
 * MUTANT removes one rule; stream.test says which.                           */
#ifndef MUTANT
#define MUTANT 0
#endif
#ifndef BYTES
#define BYTES 2			/* each way, on the first stream */
#endif
#ifndef LINE
#define LINE 2			/* frames under way */
#endif
#define WINDOW 1
#define STREAMS 2
#define SLOTS 1

mtype = { OPEN, OPENED, DATA, CREDIT, FIN, RESET, ACK };

typedef stream {
	bit known;		/* in the map */
	bit own, slot, opened;
	bit tx_fin, tx_reset, tx_done;
	bit rx_fin, rx_reset;
	bit released;
	bit want_opened, want_credit, want_fin, want_reset;
	bit cancelled;		/* it was us, not the peer */
	byte tx_sent, tx_limit;
	byte received, consumed, limit
};

typedef side {
	stream st[STREAMS];
	byte heard, told;	/* whose FIN or RESET came; of which ACK was sent */
	byte acked;		/* whose FIN or RESET the peer has, by its ACK */
	byte slots, held
};

side at[2];
chan to[2] = [LINE] of { mtype, byte, byte };
byte opened;
bool over;

#define ST at[p].st[s]
#define MAY_SEND (!ST.tx_fin && !ST.tx_reset && !ST.rx_reset)
#define RX_ENDED (ST.rx_fin || ST.rx_reset)
#define ENDED (ST.tx_done && RX_ENDED)
#define IS_MUTE (ST.tx_reset || ST.released)

#define write(type, value) to[1 - p] ! type, s, value

/* --- the table ---------------------------------------------------------------- */

inline give_back_slot()
{
	if
	:: ST.slot -> ST.slot = 0; at[p].slots--
	:: else
	fi
}

inline forget()
{
	give_back_slot();
	ST.known = 0; ST.own = 0; ST.opened = 0;
	ST.tx_fin = 0; ST.tx_reset = 0; ST.tx_done = 0;
	ST.rx_fin = 0; ST.rx_reset = 0; ST.released = 0;
	ST.tx_sent = 0; ST.tx_limit = 0;
	ST.received = 0; ST.consumed = 0; ST.limit = 0
}

#if MUTANT == 3
#define MAY_FORGET true
#else
#define MAY_FORGET (ST.rx_reset || (at[p].acked & (1 << s)) != 0)	/* 4.9 */
#endif

inline settle()
{
#if MUTANT == 6
	if
	:: ST.known && ST.own && ST.tx_done -> give_back_slot()
	:: else
	fi;
#endif
	if
	:: ST.known && ENDED ->
		if
		:: ST.released || !ST.own -> give_back_slot()
		:: else
		fi;
		if
		:: ST.released && MAY_FORGET -> forget()
		:: else
		fi
	:: else
	fi
}

inline begin(is_own)
{
	ST.known = 1;
	ST.own = is_own;
	ST.slot = 1;
	ST.cancelled = 0;
	ST.tx_limit = WINDOW;
	ST.limit = WINDOW;
	at[p].slots++;
	assert(at[p].slots <= SLOTS)	/* STREAM_LIMIT, where it comes in */
}

/* --- verbs --------------------------------------------------------------------- */

inline reset()
{
	ST.tx_reset = 1;
	ST.want_opened = 0; ST.want_credit = 0; ST.want_fin = 0;
	ST.want_reset = !ENDED
}

inline cancel()
{
	if
	:: !ST.tx_reset && !ST.rx_reset -> ST.cancelled = 1; reset()
	:: else
	fi
}

inline release()
{
	if
	:: ST.rx_reset ->
		if
#if MUTANT == 5
		:: true -> reset(); ST.want_reset = 1
#else
		:: !ST.tx_done && !ST.tx_reset -> reset()
		:: else
#endif
		fi
	:: !ST.rx_reset && !(ST.tx_fin && ST.rx_fin) -> cancel()
	:: else
	fi;
	ST.released = 1;
	if
	:: !ST.own -> at[p].held--
	:: else
	fi
}

inline write_control()
{
	if
	:: ST.want_opened ->
		ST.want_opened = 0;
		write(OPENED, ST.limit)
	:: !ST.want_opened && ST.want_credit ->
		ST.want_credit = 0;
		ST.limit = ST.consumed + WINDOW;
		write(CREDIT, ST.limit)
	:: !ST.want_opened && !ST.want_credit && ST.want_fin ->
		ST.want_fin = 0;
		write(FIN, ST.tx_sent);
		ST.tx_done = 1
	:: !ST.want_opened && !ST.want_credit && !ST.want_fin ->
		ST.want_reset = 0;
		write(RESET, 0);
		ST.tx_done = 1
	fi
}

/* --- what the peer says --------------------------------------------------------- */

inline on_open()
{
	assert(!ST.known);
	begin(0);
	at[p].held++;
	if
	:: at[p].held > SLOTS -> cancel(); release()	/* OVERLOAD */
	:: else
	fi
}

inline on_data(value)
{
	assert(ST.known && !RX_ENDED);		/* STREAM_ID */
#if MUTANT == 8
	assert(!ST.tx_reset);
#endif
	assert(ST.received < ST.limit);		/* FLOW_CONTROL */
	assert(value == ST.received);
	ST.received++
}

inline on_credit(value, same_ok)
{
	assert(ST.known && !ST.rx_reset);
	assert(value > ST.tx_limit || (same_ok && value == ST.tx_limit));
	ST.tx_limit = value
}

inline on_fin(value)
{
	assert(ST.known && !RX_ENDED);
	assert(value == ST.received);		/* FINAL_OFFSET */
	ST.rx_fin = 1;
#if MUTANT != 2
	ST.want_credit = 0;
#endif
	if
	:: ST.tx_done -> ST.want_reset = 0
	:: else
	fi
}

inline on_reset()
{
	assert(ST.known && !ST.rx_reset);
	/* Nobody hears of an end that nobody wanted. */
	assert(IS_MUTE || at[1 - p].st[s].cancelled);
	ST.rx_reset = 1;
	ST.want_opened = 0; ST.want_credit = 0;
	if
	:: ST.tx_done -> ST.want_reset = 0
	:: !ST.tx_done && ST.want_fin && !ST.released ->
		ST.want_fin = 0;
		ST.tx_fin = 0
	:: else
	fi
}

inline on_ack(value)
{
	at[p].acked = value;
	for (s : 0 .. STREAMS - 1) {
		settle()
	}
}

inline read_frame()
{
	to[p] ? type, s, v;
	if
	:: type != ACK ->
		if
		:: type == OPEN -> on_open()
		:: type == OPENED ->
			assert(ST.known && ST.own && !ST.opened && !RX_ENDED);
			ST.opened = 1;
			on_credit(v, true)
		:: type == DATA -> on_data(v)
		:: type == CREDIT -> on_credit(v, false)
		:: type == FIN ->
			on_fin(v);
			at[p].heard = at[p].heard | (1 << s)
		:: type == RESET ->
			on_reset();
			at[p].heard = at[p].heard | (1 << s)
		fi;
		settle()
	:: else -> on_ack(v)
	fi;
	type = 0; v = 0
}

/* --- the two sides ---------------------------------------------------------------- */

/* What the application of side p does with stream s. */
#if MUTANT == 1
#define MAY_GO_ON (!ST.tx_reset && !ST.rx_reset)
#else
#define MAY_GO_ON MAY_SEND
#endif
#if MUTANT == 7
#define HAS_CREDIT true
#else
#define HAS_CREDIT (ST.tx_sent < ST.tx_limit)
#endif
#ifdef PATIENT
#define IN_HASTE ST.rx_reset
#else
#define IN_HASTE (s == 0 || ST.rx_reset)
#endif
#define SENDS_ON(n) (n == 0 && ST.tx_sent < BYTES)
#define WANTS (ST.want_opened || ST.want_credit || ST.want_fin || ST.want_reset)

proctype application(bit p; byte s)
{
	do
	:: atomic { over -> break }
	:: d_step { ST.known && !ST.released && MAY_GO_ON && SENDS_ON(s) &&
	    HAS_CREDIT && nfull(to[1 - p]) ->
		write(DATA, ST.tx_sent);
		ST.tx_sent++
	    }
	:: d_step { ST.known && !ST.released && MAY_SEND &&
	    (IN_HASTE || !SENDS_ON(s)) ->
		ST.tx_fin = 1;
		ST.want_fin = 1
	    }
	:: d_step { IN_HASTE && ST.known && !ST.released && !ST.tx_reset &&
	    !ST.rx_reset ->
		cancel();
		settle()
	    }
	:: d_step { ST.known && !IS_MUTE && !ST.rx_reset &&
	    ST.consumed < ST.received ->
		ST.consumed++;
#if MUTANT != 9
		if
		:: !ST.rx_fin || MUTANT == 2 -> ST.want_credit = 1
		:: else
		fi
#endif
	    }
	:: d_step { s == 0 && ST.known && !ST.own && !ST.opened && !ST.tx_fin &&
	    !ST.tx_reset && !ST.rx_reset ->
		ST.opened = 1;
		ST.want_opened = 1
	    }
	:: d_step { ST.known && !ST.released &&
	    (IN_HASTE || (ENDED && ST.consumed == ST.received)) ->
		release();
		settle()
	    }
	:: d_step { WANTS && nfull(to[1 - p]) ->
		write_control();
		settle()
	    }
	od
}

#define EMPTY (opened == STREAMS && !at[0].st[0].known && !at[0].st[1].known && \
	    !at[1].st[0].known && !at[1].st[1].known && \
	    len(to[0]) == 0 && len(to[1]) == 0)

proctype session(bit p)
{
	mtype type;
	byte s, v;

	do
	:: atomic { over -> break }
	:: d_step { p == 0 && opened < STREAMS && at[0].slots < SLOTS &&
	    nfull(to[1]) ->
		s = opened;
		opened++;
		begin(1);
		write(OPEN, 0);
		s = 0
	    }
	:: d_step { nempty(to[p]) -> read_frame(); s = 0 }
	:: d_step { at[p].told != at[p].heard && nfull(to[1 - p]) ->
		at[p].told = at[p].heard;
		to[1 - p] ! ACK, 0, at[p].told
	    }
#if MUTANT == 4
	:: d_step { at[p].acked != at[1 - p].heard ->
		on_ack(at[1 - p].heard);
		s = 0
	    }
#endif
	:: atomic { EMPTY && !over ->
		assert(at[0].slots == 0 && at[1].slots == 0 && at[1].held == 0);
		over = true;
		break
	    }
	od
}

init
{
	atomic {
		run session(0);
		run session(1);
		run application(0, 0);
		run application(0, 1);
		run application(1, 0);
		run application(1, 1)
	}
}
