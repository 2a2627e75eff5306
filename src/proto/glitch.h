/* glitch.h — a bucket for oddities that are legal one by one: a peer may be
 * strange, but not all the time. Thread: owner.                              */
#ifndef ATLAX_PROTO_GLITCH_H
#define ATLAX_PROTO_GLITCH_H

#include "base/defs.h"

#define GLITCH_FULL 1000
#define GLITCH_WARN 750
#define GLITCH_DRAIN_PER_S 20
#define GLITCH_UNKNOWN 10 /* an unknown message or TLV */
#define GLITCH_HASTY 20	  /* a ping or list of services within a second */

struct glitch {
	uint64_t mpoints; /* thousandths of points */
	uint64_t at_ns;	  /* when that was true */
};

enum glitch_level { GLITCH_FINE, GLITCH_NOISY, GLITCH_OVERFLOW };

/* Adds points after draining what time has forgiven. */
enum glitch_level glitch_add(
    struct glitch *g, unsigned points, uint64_t now_ns);

#endif
