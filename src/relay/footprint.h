/* footprint.h — the most memory that a relay with this configuration can need, as
 * a sum that can be printed; doc/MEMORY says what is in it. Thread: boot.     */
#ifndef ATLAX_RELAY_FOOTPRINT_H
#define ATLAX_RELAY_FOOTPRINT_H

#include "conf/conf.h"

/* Units: bytes. */
struct footprint {
	unsigned n_workers;
	uint64_t program; /* code, libraries, keys, the tenant table */
	uint64_t workers; /* buffers, mail and strangers' handshakes */
	uint64_t waiting; /* visitors without an agent */
	uint64_t lent;	  /* limits.memory: tunnels and connections */
	uint64_t all;
	uint64_t machine; /* what there is */
	uint64_t tunnel;  /* least cost of one, out of lent */
	uint64_t connection;
};

/* limits.memory, or what it means when it is auto. Units: bytes. */
uint64_t footprint_lent(const struct conf_relay *c);
void footprint_of(const struct conf_relay *c, struct footprint *out);

#endif
