/* dialer.h — one connected TCP socket to one of the relays: resolves, tries each
 * address in turn, then the next relay. Does not wait between rounds: that is
 * the caller's. Thread: the agent's.                                         */
#ifndef ATLAX_AGENT_DIALER_H
#define ATLAX_AGENT_DIALER_H

#include "io/resolve.h"

struct dialer {
	struct loop *loop;
	struct resolver *resolver;
	char **relays; /* "host:port", borrowed */
	size_t n_relays;
	uint16_t door; /* of each of them, instead of its port; 0: its port */
	/* fd is the receiver's; host is what the relay's certificate must name.
	 * Called once per round, or exhausted is; never from dialer_start.    */
	void (*connected)(struct dialer *d, int fd, const char *host,
	    const struct addr *peer);
	/* This relay did not work; the next one is tried. */
	void (*failed)(struct dialer *d, const char *relay, const struct err *e);
	/* The round is over: no relay took us. */
	void (*exhausted)(struct dialer *d);

	/* private */
	size_t relay; /* being tried, modulo their number */
	size_t tried; /* in this round */
	char host[256];
	uint16_t port;
	struct resolve_query query;
	struct addr addrs[RESOLVE_ADDRS_MAX];
	size_t n_addrs, next_addr;
	int fd;
	struct watch watch;
	struct wheel_timer timer;
	struct task kick;
	bool running;
};

/* The fields before "private" are set by the caller. */
void dialer_init(struct dialer *d);
/* Begins a round with relay first (counted from 0, modulo their number). */
void dialer_start(struct dialer *d, size_t first);
void dialer_cancel(struct dialer *d); /* harmless when nothing is going on */

#endif
