/* talker.h — an application at one end of a TCP connection, and the oracle over what
 * it reads: who speaks, then bytes that follow from that, all of them, and an end that
 * the other side meant. Knows nothing of tunnels. Thread: main.
 * Units: bytes, ns of the virtual clock.                                     */
#ifndef ATLAX_TESTS_WORLD_TALKER_H
#define ATLAX_TESTS_WORLD_TALKER_H

#include "kernel.h"

#define INTRODUCTION 16u

/* The first bytes of each direction. */
struct introduction {
	uint8_t is_visitor, tenant, service, agent;
	uint32_t index; /* of the flow, or of the service's connection */
	uint64_t key;	/* of the bytes that follow */
};

enum ending {
	END_FIN,   /* behind the last byte; reads to the other's end */
	END_CLOSE, /* close(2) after end_at bytes, whatever there is to read */
	END_ABORT, /* RST after as many */
};

struct talker {
	char text[40];	/* who it is, for reports */
	struct entry entry;
	int fd;		/* -1: it is over, or has not begun */
	struct introduction self, peer; /* peer: once heard */
	void (*introduced)(struct talker *t);
	uint64_t total, sent, received;
	uint64_t chunk, gap_ns;	 /* sends so much, then waits up to so long */
	uint64_t gulp, pause_ns; /* reads so much, then waits up to so long */
	uint64_t send_ns, read_ns;
	enum ending ending;
	uint64_t end_at;
	bool deaf;	/* does not read before everything is calm */
	bool fin_sent, fin_seen, reset_seen, broke_off, excused;
	struct talker *other; /* once known; NULL before */
};

/* Draws its habits. lasts_ns: so long it may go on, roughly. */
void talker_init(struct talker *t, const struct introduction *self, uint64_t lasts_ns);
/* Takes the descriptor. */
void talker_begin(struct talker *t, int fd);
/* True if it did anything. */
bool talker_turn(struct talker *t);
uint64_t talker_next_ns(const struct talker *t);
static inline bool
talker_is_over(const struct talker *t)
{
	return t->fd < 0;
}
/* Sent and received everything, with both ends. */
bool talker_is_content(const struct talker *t);
void talker_end(struct talker *t); /* cuts it off */
void talker_hurry(struct talker *t); /* reads all that comes, from now on */

#endif
