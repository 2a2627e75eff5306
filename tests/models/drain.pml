/* drain.pml — a relay of two workers ends (doc/PROTOCOL 6, doc/THREADS).
 *
 * Tunnel 0 is up on worker 0 when it begins. The agent may bring up tunnel 1, a
 * lane, at any time; where that lives control decides, so it may have to move.
 * LOSSES times tunnel 0 may lose its connection, and come back in one step (how,
 * is in resume.pml). Visitors come to either worker. SIGTERM comes at any time.
 *
 * Left alone, all streams end, and nothing else ends the relay: neither its
 * deadline nor a second signal. With HANG, visitor 0 never leaves; then one of
 * the two must do it.
 *
 * MUTANT removes one rule; drain.test says which.                            */
#ifndef MUTANT
#define MUTANT 0
#endif
#ifndef LOSSES
#define LOSSES 1
#endif
#ifndef VISITORS
#define VISITORS 2
#endif
#ifdef HANG
#define LEAVES(v) (v != 0)
#define IN_PEACE false
#else
#define LEAVES(v) true
#define IN_PEACE true
#endif
#define WORKERS 2
#define TUNNELS 2

/* on the wire; between threads */
mtype = { HELLO, OK, ERR, OPEN, END, GOAWAY, CLOSE };
mtype = { ASK, VERDICT, DOWN, DRAINED, DRAIN, STOP, HANDOFF, MOVE };
/* of tunnels, and of visitors */
mtype = { NONE, HALF, ASKED, UP, LOST, AWAY, CLOSING, MOVING, GONE };
mtype = { NEW, WAITING, HANDED, CARRIED, SERVED, TURNED_AWAY, LEFT_OUT };

chan up[TUNNELS] = [3] of { mtype, byte };
chan down[TUNNELS] = [7] of { mtype, byte };
chan to_control[WORKERS] = [5] of { mtype, byte };
chan from_control[WORKERS] = [4] of { mtype, byte, byte };
chan from_other[WORKERS] = [3] of { mtype, byte };

byte losses = LOSSES;
bool deaf;			/* the relay's sockets */
bool over;			/* the relay is */

mtype tunnel[TUNNELS] = NONE;
byte place[TUNNELS];
byte load[TUNNELS];
bool announced[TUNNELS], goaway_sent[TUNNELS], broken[TUNNELS];

bool draining[WORKERS], drained[WORKERS], stopped[WORKERS];

bool route[TUNNELS];		/* control's table */
byte route_to[TUNNELS];

mtype visitor[VISITORS] = NEW;
byte by[VISITORS];		/* its worker, or its tunnel when it is carried */
bool hopped[VISITORS];
bool leaving[VISITORS];	/* it has, and the agent does not know yet */

mtype agent_at[TUNNELS] = NONE;	/* the agent's view */
bool goaway_seen[TUNNELS], elsewhere;

/* Scratch; zero between steps. */
byte i, k;

inline forget(q)
{
	do
	:: nempty(q) -> q ? _, _
	:: empty(q) -> break
	od
}

/* --- tunnels, on their worker ------------------------------------------------- */

#define IS_LISTED(t, w) (place[t] == w && tunnel[t] != NONE && \
	    tunnel[t] != MOVING && tunnel[t] != GONE)

#if MUTANT == 6
#define HAS_TOLD(w) false
#else
#define HAS_TOLD(w) drained[w]
#endif

inline check_worker(w)
{
	if
	:: draining[w] && !HAS_TOLD(w) && !stopped[w] && !IS_LISTED(0, w) &&
	    !IS_LISTED(1, w) ->
		drained[w] = true;
		to_control[w] ! DRAINED, 0
	:: else
	fi
}

inline end_visit(v, how)
{
	visitor[v] = how;
	by[v] = 0;
	hopped[v] = false;
	leaving[v] = false
}

inline cut_visitors(t)
{
	for (k : 0 .. VISITORS - 1) {
		if
		:: visitor[k] == CARRIED && by[k] == t ->
			assert(!IN_PEACE || broken[t]);
			end_visit(k, LEFT_OUT)
		:: else
		fi
	}
	k = 0;
	load[t] = 0
}

inline close_tunnel(t)
{
	if
	:: tunnel[t] != CLOSING ->
		if
		:: !broken[t] -> down[t] ! CLOSE, 0
		:: else
		fi;
		tunnel[t] = CLOSING;
		cut_visitors(t)
	:: else
	fi
}

inline refuse(t)
{
	if
	:: tunnel[t] != CLOSING && !broken[t] -> down[t] ! ERR, 0
	:: else
	fi;
	tunnel[t] = CLOSING
}

inline check_tunnel(t)
{
	if
	:: draining[place[t]] && load[t] == 0 -> close_tunnel(t)
	:: else
	fi
}

inline ask(t)
{
	announced[t] = true;
	tunnel[t] = ASKED;
	to_control[place[t]] ! ASK, t
}

proctype relay_tunnel(byte t)
{
	byte v;

	do
	:: atomic { over -> break }
	:: atomic { tunnel[t] == HALF && nempty(up[t]) ->
		up[t] ? HELLO, _;
		if
		:: draining[place[t]] -> refuse(t)
		:: else -> ask(t)
		fi
	    }
	:: atomic { tunnel[t] == UP && !broken[t] && nempty(up[t]) ->
		up[t] ? END, v;
		end_visit(v, SERVED);
		v = 0;
		load[t]--;
#if MUTANT != 3
		check_tunnel(t)
#endif
	    }
	:: atomic { broken[t] && tunnel[t] == UP ->
		if
		:: goaway_sent[t] -> close_tunnel(t)
		:: else -> tunnel[t] = LOST
		fi
	    }
	:: atomic { tunnel[t] == LOST ->
		tunnel[t] = AWAY;
		if
#if MUTANT != 4
		:: draining[place[t]] -> close_tunnel(t)
#endif
		:: else
		fi
	    }
	:: atomic { tunnel[t] == CLOSING ->
		tunnel[t] = GONE;
		if
		:: announced[t] -> to_control[place[t]] ! DOWN, t
		:: else
		fi;
		check_worker(place[t]);
		announced[t] = false;
		goaway_sent[t] = false
	    }
	od
}

/* --- visitors, on the worker where they are -------------------------------------- */

inline carry(v, t)
{
	down[t] ! OPEN, v;
	load[t]++;
	by[v] = t;
	visitor[v] = CARRIED
}

#if MUTANT == 1
#define MAY_OPEN(t) (tunnel[t] == UP)
#else
#define MAY_OPEN(t) (tunnel[t] == UP && !goaway_sent[t])
#endif
#define IS_WAY(t, w) (route[t] && route_to[t] == w && place[t] == w && MAY_OPEN(t))
#if MUTANT == 2
#define MUST_GO(w) false
#else
#define MUST_GO(w) draining[w]
#endif

inline find_way(v, w)
{
	if
	:: IS_WAY(0, w) -> carry(v, 0)
	:: IS_WAY(1, w) -> carry(v, 1)
	:: !hopped[v] && ((route[0] && route_to[0] != w) ||
	    (route[1] && route_to[1] != w)) ->
		hopped[v] = true;
		visitor[v] = HANDED;
		from_other[1 - w] ! HANDOFF, v
	:: !IS_WAY(0, w) && !IS_WAY(1, w) ->
		if
		:: MUST_GO(w) -> end_visit(v, TURNED_AWAY)
		:: else -> visitor[v] = WAITING; by[v] = w
		fi
	fi
}

proctype relay_visitor(byte v)
{
	do
	:: atomic { over && visitor[v] != NEW ->
		assert(visitor[v] == SERVED || visitor[v] == TURNED_AWAY ||
		    visitor[v] == LEFT_OUT);
		break
	    }
	:: atomic { visitor[v] == NEW && !draining[0] && !stopped[0] ->
		find_way(v, 0) }
	:: atomic { visitor[v] == NEW && !draining[1] && !stopped[1] ->
		find_way(v, 1) }
	:: atomic { visitor[v] == WAITING && IS_WAY(0, by[v]) -> carry(v, 0) }
	:: atomic { visitor[v] == WAITING && IS_WAY(1, by[v]) -> carry(v, 1) }
	:: atomic { visitor[v] == NEW && deaf -> end_visit(v, TURNED_AWAY) }
	:: atomic { visitor[v] == CARRIED && tunnel[by[v]] == UP &&
	    !leaving[v] && LEAVES(v) ->
		leaving[v] = true;
		down[by[v]] ! END, v
	    }
	od
}

/* --- a worker's mail --------------------------------------------------------------- */

inline begin_to_drain(w)
{
	draining[w] = true;
	for (i : 0 .. VISITORS - 1) {
		if
		:: visitor[i] == WAITING && by[i] == w && MUTANT != 8 ->
			end_visit(i, TURNED_AWAY)
		:: else
		fi
	}
	for (i : 0 .. TUNNELS - 1) {
		if
		:: IS_LISTED(i, w) ->
			if
			:: tunnel[i] == UP && !broken[i] ->
				goaway_sent[i] = true;
				down[i] ! GOAWAY, 0
			:: tunnel[i] == UP && broken[i] -> goaway_sent[i] = true
			:: tunnel[i] == AWAY && MUTANT != 9 -> close_tunnel(i)
			:: else
			fi;
#if MUTANT != 7
			check_tunnel(i)
#endif
		:: else
		fi
	}
	i = 0;
	check_worker(w)
}

inline stop_worker(w)
{
	for (i : 0 .. TUNNELS - 1) {
		if
		:: IS_LISTED(i, w) ->
			tunnel[i] = GONE;
			cut_visitors(i)
		:: else
		fi
	}
	for (i : 0 .. VISITORS - 1) {
		if
		:: visitor[i] == WAITING && by[i] == w ->
			assert(!IN_PEACE);
			end_visit(i, LEFT_OUT)
		:: else
		fi
	}
	i = 0;
	stopped[w] = true
}

/* 0: live here; 1: go to the other worker; 2: the relay is going away. */
inline on_verdict(t, what, w)
{
	if
	:: tunnel[t] != ASKED || place[t] != w -> skip
	:: else ->
		if
		:: what == 0 ->
			tunnel[t] = UP;
			down[t] ! OK, 0
		:: what == 1 ->
			announced[t] = false;
			tunnel[t] = MOVING;
			from_other[1 - w] ! MOVE, t;
			check_worker(w)
		:: what == 2 -> refuse(t)
		fi
	fi
}

proctype worker(byte w)
{
	byte x, what;
	mtype type;

	do
	:: atomic { over -> break }
	:: atomic { !stopped[w] && nempty(from_control[w]) ->
		from_control[w] ? type, x, what;
		if
		:: type == VERDICT -> on_verdict(x, what, w)
		:: type == DRAIN -> begin_to_drain(w)
		:: type == STOP -> stop_worker(w)
		fi;
		x = 0; what = 0; type = 0
	    }
	:: atomic { !stopped[w] && nempty(from_other[w]) ->
		from_other[w] ? type, x;
		if
		:: type == HANDOFF -> find_way(x, w)
		:: type == MOVE ->
			place[x] = w;
			if
			:: draining[w] && MUTANT != 5 -> refuse(x)
			:: else -> ask(x)
			fi
		fi;
		x = 0; type = 0
	    }
	:: atomic { stopped[w] && nempty(from_other[w]) ->
		from_other[w] ? type, x;
		if
		:: type == HANDOFF -> end_visit(x, TURNED_AWAY)
		:: type == MOVE -> tunnel[x] = GONE
		fi;
		x = 0; type = 0
	    }
	od
}

/* --- control ------------------------------------------------------------------------- */

inline stop()
{
	from_control[0] ! STOP, 0, 0;
	from_control[1] ! STOP, 0, 0;
	stopping = true
}

/* A lane lives where no sister of it does, if it has not moved before. */
inline judge(t, w)
{
	if
	:: going && MUTANT != 5 -> from_control[w] ! VERDICT, t, 2
	:: !(going && MUTANT != 5) && route[1 - t] && route_to[1 - t] == w &&
	    !moved ->
		moved = true;
		from_control[w] ! VERDICT, t, 1
	:: else ->
		route[t] = true;
		route_to[t] = w;
		from_control[w] ! VERDICT, t, 0
	fi
}

inline hear(w)
{
	if
	:: type == ASK -> judge(x, w)
	:: type == DOWN -> route[x] = false
	:: type == DRAINED ->
		n++;
		if
		:: n == WORKERS -> stop()
		:: else
		fi
	fi;
	x = 0; type = 0
}

proctype control()
{
	bool going, stopping, moved;
	byte n, x;
	mtype type;

	do
	:: atomic { !going ->			/* SIGTERM */
		going = true;
		from_control[0] ! DRAIN, 0, 0;
		from_control[1] ! DRAIN, 0, 0;
		deaf = true
	    }
	:: atomic { going && !stopping && !IN_PEACE && MUTANT != 10 -> stop() }
	:: atomic { stopping && stopped[0] && stopped[1] &&
	    empty(from_other[0]) && empty(from_other[1]) ->
		over = true;
		break
	    }
	:: atomic { !stopping && nempty(to_control[0]) ->
		to_control[0] ? type, x;
		hear(0)
	    }
	:: atomic { !stopping && nempty(to_control[1]) ->
		to_control[1] ? type, x;
		hear(1)
	    }
	od
}

/* --- the agent --------------------------------------------------------------------------- */

inline agent_leaves(t)
{
	agent_at[t] = GONE;
	forget(up[t]);
	forget(down[t]);
	elsewhere = elsewhere || (agent_at[0] == GONE && agent_at[1] != UP &&
	    agent_at[1] != ASKED)
}

proctype agent(byte t)
{
	byte v;

	do
	:: atomic { over && elsewhere -> break }
	:: atomic { t == 1 && agent_at[t] == NONE && !deaf ->
		place[t] = 0;
		if
		:: place[t] = 1
		:: skip
		fi;
		/* Accepted before the worker left the port, or never. */
		if
		:: draining[place[t]] || stopped[place[t]] -> agent_at[t] = GONE
		:: else ->
			tunnel[t] = HALF;
			agent_at[t] = ASKED;
			up[t] ! HELLO, 0
		fi
	    }
	:: atomic { agent_at[t] == ASKED && down[t] ? [OK, _] ->
		down[t] ? OK, _;
		agent_at[t] = UP
	    }
	:: atomic { down[t] ? [ERR, _] || down[t] ? [CLOSE, _] ->
		if
		:: down[t] ? [ERR, _] -> elsewhere = true
		:: else
		fi;
		agent_leaves(t)
	    }
	:: atomic { agent_at[t] == UP && !broken[t] && down[t] ? [OPEN, _] ->
		down[t] ? OPEN, _;
		assert(!goaway_seen[t])
	    }
	:: atomic { agent_at[t] == UP && !broken[t] && down[t] ? [END, _] ->
		down[t] ? END, v;
		up[t] ! END, v;
		v = 0
	    }
	:: atomic { agent_at[t] == UP && !broken[t] && down[t] ? [GOAWAY, _] ->
		down[t] ? GOAWAY, _;
		goaway_seen[t] = true;
		elsewhere = true
	    }
	:: atomic { tunnel[t] == GONE && agent_at[t] != NONE &&
	    agent_at[t] != GONE -> agent_leaves(t) }
	/* The connection breaks, and comes back or does not. */
	:: atomic { t == 0 && losses > 0 && tunnel[t] == UP &&
	    agent_at[t] == UP && !broken[t] ->
		losses--;
		broken[t] = true
	    }
	:: atomic { broken[t] && agent_at[t] == UP ->
		if
		:: goaway_seen[t] -> agent_leaves(t)
		:: else -> agent_at[t] = AWAY
		fi
	    }
	:: atomic { agent_at[t] == AWAY && !deaf && !draining[place[t]] &&
	    (tunnel[t] == UP || tunnel[t] == LOST || tunnel[t] == AWAY) ->
		broken[t] = false;
		tunnel[t] = UP;
		agent_at[t] = UP
	    }
	:: atomic { agent_at[t] == AWAY && deaf ->
		elsewhere = true;
		agent_leaves(t)
	    }
	od
}

init
{
	atomic {
		tunnel[0] = UP;
		announced[0] = true;
		agent_at[0] = UP;
		route[0] = true;
		run control();
		run worker(0);
		run worker(1);
		run relay_tunnel(0);
		run relay_tunnel(1);
		run agent(0);
		run agent(1);
		for (i : 0 .. VISITORS - 1) {
			run relay_visitor(i)
		}
		i = 0
	}
}
