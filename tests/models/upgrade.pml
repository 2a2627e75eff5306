/* upgrade.pml — another process takes over (doc/decisions/0015; src/relay/upgrade.c,
 * heir.c, handover.h, worker.c).
 *
 * A relay of two workers; the agent's tunnel is on worker 0. A visitor is accepted
 * by either worker, and handed from 1 to 0. HEIRS times the relay starts another
 * process, which may end at any point (FAULTS), refuse, or be waited for too long;
 * so may the old one. LOSSES times the agent loses its connection, and comes back
 * to whoever listens (how, is in resume.pml). SIGTERM comes at any time; with
 * NO_DRAIN not before every visitor has been served. What a serving heir does at
 * SIGTERM is in drain.pml.
 *
 * Sockets are shared: who dies closes nothing that another process has as well.
 *
 * MUTANT removes one rule; upgrade.test says which.                          */
#ifndef MUTANT
#define MUTANT 0
#endif
#ifndef LOSSES
#define LOSSES 0
#endif
#ifndef FAULTS
#define FAULTS 1
#endif
#ifndef VISITORS
#define VISITORS 1
#endif
#ifndef HEIRS
#define HEIRS 1
#endif
#define OLD 255			/* of processes; else the heir's number */
#define NOBODY 254

/* between control and workers; between processes */
mtype = { PAUSE, PARK, DRAIN, STOP, PAUSED, DRAINED };
mtype = { READY, STATE, TAKEN, GO };
/* of visitors; of the tunnel; of heirs */
mtype = { NEW, HANDED, WAITING, CARRIED, SERVED, TURNED_AWAY, CUT };
mtype = { UP, AWAY, GONE };
mtype = { NONE, STARTED, SAID, HAS_IT, LATE, SERVES, DEAD };

chan mail[2] = [5] of { mtype };	/* from control */
chan said[2] = [3] of { mtype };
chan across = [VISITORS] of { byte };	/* from worker 1 to 0 */
chan to_heir[HEIRS] = [2] of { mtype };
chan to_old[HEIRS] = [2] of { mtype };

bool over;
byte losses = LOSSES, faults = FAULTS;

/* The old process. */
bool left;				/* it has said GO, and is no more */
bool hung_up[HEIRS];			/* it has closed its end */
bool deaf;				/* the sockets that listen are shut */
bool polls[2], paused[2], pausing[2], parked[2], go[2];
bool draining[2], drained[2], stopped[2];

/* The new ones. */
mtype heir[HEIRS] = NONE;
bool no_more[HEIRS];			/* it has shut its receiving side */

/* The session is where the last who served it left it, or is served now. */
mtype tunnel = UP;
byte carrier = OLD;			/* the process that serves, or may do so */
bool connected = true;			/* the agent, to carrier */
byte times, written;			/* it came up; that often in the snapshot */

mtype visitor[VISITORS] = NEW;
bool in_snapshot[VISITORS];

byte i, k;

#define SERVING(h) (heir[h] == SERVES)
#define IS_DONE(v) (visitor[v] == SERVED || visitor[v] == TURNED_AWAY || \
	    visitor[v] == CUT)
#if VISITORS == 1
#define ALL_DONE IS_DONE(0)
#else
#define ALL_DONE (IS_DONE(0) && IS_DONE(1))
#endif

bool lost_heir;				/* one ended that GO was for: a crash */
#define MAY_CUT (draining[0] || stopped[0] || lost_heir)

inline cut_all()
{
	for (k : 0 .. VISITORS - 1) {
		if
		:: visitor[k] == CARRIED || visitor[k] == WAITING ->
			assert(MAY_CUT);
			visitor[k] = CUT
		:: else
		fi
	}
	k = 0
}

/* --- the tunnel, on worker 0 ----------------------------------------------------- */

inline check_drained(w)
{
	if
	:: draining[w] && !drained[w] && !stopped[w] && (w == 1 || tunnel == GONE) ->
		drained[w] = true;
		said[w] ! DRAINED
	:: else
	fi
}

inline end_tunnel()
{
	tunnel = GONE;
	connected = false;
	cut_all();
	check_drained(0)
}

/* While draining: without a stream, or a connection, it ends. */
inline check_tunnel()
{
	if
	:: draining[0] && tunnel == AWAY -> end_tunnel()
	:: draining[0] && tunnel == UP && visitor[0] != CARRIED &&
	    visitor[VISITORS - 1] != CARRIED -> end_tunnel()
	:: else
	fi
}

/* --- visitors ------------------------------------------------------------------- */

inline route(v)
{
	if
	:: tunnel == UP && !paused[0] -> visitor[v] = CARRIED
	:: !(tunnel == UP && !paused[0]) && draining[0] -> visitor[v] = TURNED_AWAY
	:: else -> visitor[v] = WAITING
	fi
}

#define TURNS(w) (!parked[w] && !stopped[w] && !left)

proctype comer(byte v)
{
	do
	:: atomic { IS_DONE(v) -> break }
	/* the old process */
	:: atomic { visitor[v] == NEW && polls[0] && TURNS(0) -> route(v) }
	:: atomic { visitor[v] == NEW && polls[1] && TURNS(1) ->
		visitor[v] = HANDED;
		across ! v
	    }
	:: atomic { visitor[v] == WAITING && carrier == OLD && TURNS(0) &&
	    tunnel == UP && !paused[0] -> visitor[v] = CARRIED }
	:: atomic { visitor[v] == CARRIED && carrier == OLD && TURNS(0) &&
	    tunnel == UP ->
		visitor[v] = SERVED;
		check_tunnel()
	    }
	/* the new one */
	:: atomic { visitor[v] == NEW && carrier < HEIRS && !lost_heir ->
		visitor[v] = WAITING;
		in_snapshot[v] = true
	    }
	:: atomic { visitor[v] == WAITING && carrier < HEIRS && tunnel == UP ->
		visitor[v] = CARRIED }
	:: atomic { visitor[v] == CARRIED && carrier < HEIRS && tunnel == UP ->
		visitor[v] = SERVED }
	/* nobody */
	:: atomic { visitor[v] == NEW && (deaf || lost_heir) ->
		visitor[v] = TURNED_AWAY }
	od
}

/* --- the agent -------------------------------------------------------------------- */

#if MUTANT == 9
#define TAKES_AGENTS (TURNS(0) && !draining[0])
#else
#define TAKES_AGENTS (TURNS(0) && !draining[0] && !paused[0])
#endif

proctype agent()
{
	do
	:: atomic { over -> break }
	:: atomic { losses > 0 && connected && tunnel == UP &&
	    (carrier < HEIRS || TURNS(0)) ->
		losses--;
		connected = false;
		tunnel = AWAY;
		if
		:: carrier == OLD -> check_tunnel()
		:: else
		fi
	    }
	:: atomic { !connected && tunnel == AWAY &&
	    ((carrier == OLD && TAKES_AGENTS) || (carrier < HEIRS && !lost_heir)) ->
		connected = true;
		tunnel = UP;
		times++
	    }
	od
}

/* --- a worker of the old process --------------------------------------------------- */

inline take_in()
{
	do
	:: nempty(across) -> across ? i; route(i); i = 0
	:: empty(across) -> break
	od
}

inline suspend(w)
{
	polls[w] = false;
	paused[w] = true;
	if
	:: w == 0 && tunnel == UP ->
		tunnel = AWAY;
		connected = false
	:: else
	fi
}

proctype worker(byte w)
{
	mtype type;

	do
	:: atomic { over || left -> break }
	:: atomic { w == 0 && TURNS(0) && nempty(across) ->
		across ? i;
		route(i);
		i = 0
	    }
	:: atomic { w == 0 && stopped[0] && nempty(across) ->
		across ? i;
		visitor[i] = TURNED_AWAY;
		i = 0
	    }
	:: atomic { pausing[w] && TURNS(w) ->
		pausing[w] = false;
		said[w] ! PAUSED
	    }
	:: atomic { !parked[w] && !left && nempty(mail[w]) ->
		mail[w] ? type;
		if
		:: stopped[w] -> skip
		:: !stopped[w] && type == PAUSE ->
			suspend(w);
			pausing[w] = true
		:: !stopped[w] && type == PARK ->
#if MUTANT == 1
			suspend(w);
#endif
#if MUTANT != 2
			if
			:: w == 0 -> take_in()
			:: else
			fi;
#endif
			parked[w] = true
		:: !stopped[w] && type == DRAIN ->
			draining[w] = true;
			polls[w] = false;
			if
			:: w == 0 ->
				for (i : 0 .. VISITORS - 1) {
					if
					:: visitor[i] == WAITING ->
						visitor[i] = TURNED_AWAY
					:: else
					fi
				}
				i = 0;
				check_tunnel()
			:: else
			fi;
			check_drained(w)
		:: !stopped[w] && type == STOP ->
			stopped[w] = true;
			polls[w] = false;
			if
			:: w == 0 -> tunnel = GONE; connected = false; cut_all()
			:: else
			fi
		fi;
		type = 0
	    }
	:: atomic { parked[w] && go[w] ->
		go[w] = false;
		parked[w] = false;
		paused[w] = false
	    }
	od
}

/* --- control of the old process ------------------------------------------------------ */

#define HAS_ENDED(h) (heir[h] == DEAD && empty(to_old[h]))
#define HEARS(h) (heir[h] != DEAD && !no_more[h])

inline tell_all(what)
{
	mail[0] ! what;
	mail[1] ! what
}

inline give_up()
{
	hung_up[h] = true;
	awaits = NONE;
	n_paused = 0
}

inline go_on()
{
	go[0] = true;
	go[1] = true;
#if MUTANT != 6
	polls[0] = !draining[0];
#endif
	give_up()
}

inline write_snapshot()
{
	written = times;
	for (i : 0 .. VISITORS - 1) {
		in_snapshot[i] = tunnel == AWAY &&
		    (visitor[i] == WAITING || visitor[i] == CARRIED)
	}
	i = 0
}

/* What _exit does to sockets of which the heir has a descriptor as well: nothing. */
inline leave()
{
	to_heir[h] ! GO;
	left = true;
	hung_up[h] = true;
	carrier = NOBODY;
	awaits = NONE;
#if MUTANT == 8
	cut_all()
#endif
}

inline park_all()
{
#if MUTANT != 1
	n_paused = 0;
#endif
	tell_all(PARK);
	awaits = PARK
}

inline hear(w)
{
	said[w] ? type;
	if
	:: type == PAUSED && awaits == PAUSED ->
		n_paused++;
		if
		:: n_paused == 2 -> park_all()
		:: else
		fi
	:: type == PAUSED && awaits != PAUSED -> skip
	:: type == DRAINED ->
		n_drained++;
		if
		:: n_drained == 2 -> tell_all(STOP); stopping = true
		:: else
		fi
	fi;
	type = 0
}

#ifdef NO_DRAIN
#define MAY_TERM ALL_DONE
#else
#define MAY_TERM true
#endif
#if MUTANT == 10
#define MAY_GO (awaits == TAKEN)
#else
#define MAY_GO (awaits == TAKEN && to_old[h] ? [TAKEN])
#endif
/* It waits for nothing but workers that stand still, or the heir. */
#define IS_BUSY (awaits == PARK || awaits == TAKEN)

proctype control()
{
	mtype type, awaits = NONE;
	byte h, started, n_paused, n_drained;
	bool term, stopping;

	do
	:: atomic { left -> break }
	:: atomic { awaits == NONE && !term && !left && started < HEIRS ->
		h = started;
		started++;
		heir[h] = STARTED;
		awaits = READY
	    }
	:: atomic { awaits == READY && to_old[h] ? [READY] ->
		to_old[h] ? READY;
		if
		:: term -> give_up()
#if MUTANT == 1
		:: !term -> park_all()
#else
		:: !term -> tell_all(PAUSE); awaits = PAUSED
#endif
		fi
	    }
	:: atomic { awaits == READY && (HAS_ENDED(h) || empty(to_old[h])) ->
		give_up() }				/* it is late, or dead */
	:: atomic { awaits == PARK && parked[0] && parked[1] ->
		write_snapshot();
		if
		:: HEARS(h) -> to_heir[h] ! STATE; awaits = TAKEN
		:: else -> go_on()
		fi
	    }
	:: atomic { MAY_GO ->
		if
		:: to_old[h] ? [TAKEN] -> to_old[h] ? TAKEN
		:: else
		fi;
		if
		:: HEARS(h) -> leave()
		:: else -> go_on()
		fi
	    }
	:: atomic { awaits == TAKEN && empty(to_old[h]) -> go_on() }
	:: atomic { !IS_BUSY && nempty(said[0]) -> hear(0) }
	:: atomic { !IS_BUSY && nempty(said[1]) -> hear(1) }
	:: atomic { !IS_BUSY && !term && MAY_TERM ->	/* SIGTERM */
		term = true;
		deaf = true;
#if MUTANT != 5
		if
		:: awaits != NONE -> give_up()
		:: else
		fi;
#endif
		tell_all(DRAIN)
	    }
	:: atomic { !IS_BUSY && term && !stopping ->	/* another, or the deadline */
		tell_all(STOP);
		stopping = true
	    }
	:: atomic { stopping && !IS_BUSY && stopped[0] && stopped[1] &&
	    empty(across) ->
		over = true;
		break
	    }
	od
}

/* --- who takes over ------------------------------------------------------------------- */

inline die(h)
{
#if MUTANT == 7
	if
	:: heir[h] == HAS_IT || heir[h] == LATE -> cut_all()
	:: else
	fi;
#endif
	if
	:: heir[h] == SERVES || to_heir[h] ? [GO] || carrier == h -> lost_heir = true
	:: else
	fi;
	heir[h] = DEAD
}

inline say(h, what)
{
	if
	:: hung_up[h] -> heir[h] = DEAD
	:: else -> to_old[h] ! what
	fi
}

inline serve(h)
{
	assert(carrier != OLD && carrier >= HEIRS);	/* nobody else does */
	assert(written == times);			/* nobody did meanwhile */
	carrier = h;
	heir[h] = SERVES;
	for (i : 0 .. VISITORS - 1) {
		assert(visitor[i] == NEW || IS_DONE(i) || in_snapshot[i])
	}
	i = 0
}

proctype successor(byte h)
{
	do
	:: atomic { over || heir[h] == DEAD -> break }
	:: atomic { faults > 0 && heir[h] != NONE && heir[h] != DEAD &&
	    heir[h] != LATE ->			/* a crash, or it refuses */
		faults--;
		die(h);
		if
		:: lost_heir -> cut_all()
		:: else
		fi
	    }
	:: atomic { heir[h] == STARTED -> heir[h] = SAID; say(h, READY) }
	:: atomic { heir[h] == SAID && to_heir[h] ? [STATE] ->
		to_heir[h] ? STATE;
		heir[h] = HAS_IT;
		say(h, TAKEN);
#if MUTANT == 3
		if
		:: heir[h] == HAS_IT -> serve(h)
		:: else
		fi
#endif
	    }
	:: atomic { heir[h] == SAID && empty(to_heir[h]) ->
		heir[h] = DEAD }		/* it waits too long, or is alone */
	:: atomic { heir[h] == HAS_IT && to_heir[h] ? [GO] ->
		to_heir[h] ? GO;
		serve(h)
	    }
	:: atomic { heir[h] == HAS_IT && empty(to_heir[h]) ->
		heir[h] = LATE			/* the same; but GO may come now */
#if MUTANT != 4
		;
		no_more[h] = true
#endif
	    }
	:: atomic { heir[h] == LATE ->
#if MUTANT == 4
		assert(!(to_heir[h] ? [GO]));	/* nobody is left */
		heir[h] = DEAD
#else
		if
		:: to_heir[h] ? [GO] -> to_heir[h] ? GO; serve(h)
		:: else -> die(h)
		fi
#endif
	    }
	:: atomic { heir[h] == SERVES && (ALL_DONE || lost_heir) ->
		over = true;
		break
	    }
	od
}

/* Whoever served has crashed: the end, for everybody who is not in yet as well. */
proctype undertaker()
{
	do
	:: atomic { over -> break }
	:: atomic { lost_heir && left && ALL_DONE -> over = true; break }
	od
}

init
{
	atomic {
		polls[0] = true;
		polls[1] = true;
		run control();
		run worker(0);
		run worker(1);
		run agent();
		for (i : 0 .. HEIRS - 1) {
			run successor(i)
		}
		for (i : 0 .. VISITORS - 1) {
			run comer(i)
		}
		i = 0;
		run undertaker()
	}
}
