/* feed.h — what the dashboard's viewers see, once a second, or less often where that
 * is much: asked for and rendered once, however many look; nobody looks: nothing is
 * asked. Inside admin only.
 * Thread: control.                                                           */
#ifndef ATLAX_ADMIN_FEED_H
#define ATLAX_ADMIN_FEED_H

#include <microhttpd.h>

#include "base/list.h"

#define FEED_VIEWERS_MAX 10u
#define FEED_DOCS 3

struct admin;
struct frame; /* one event, shared by those who are at it */

struct feed {
	struct admin *admin; /* whose door it is; set before it runs */
	struct list viewers;
	unsigned n_viewers;
	struct frame *frame; /* the newest; NULL: none yet */
	char *docs[FEED_DOCS]; /* of the next one */
	unsigned missing;
	uint64_t began_ms; /* the newest; 0: none yet */
	uint64_t ran_ns;   /* control had, when that began */
};

void feed_init(struct feed *f);
/* No viewers are left: their connections are closed. */
void feed_fini(struct feed *f);
/* c will see what comes, until until_ms at most. MHD_NO: out of memory. */
enum MHD_Result feed_join(struct feed *f, struct MHD_Connection *c, uint64_t until_ms);
bool feed_is_full(const struct feed *f);
/* Asks if it is time, and drops who is too slow, or too late. */
void feed_run(struct feed *f, uint64_t now_ms);
/* When feed_run has something to do; UINT64_MAX: never. Units: ms from now. */
uint64_t feed_wait_ms(const struct feed *f, uint64_t now_ms);
/* Lets every connection come to its end. */
void feed_stop(struct feed *f);

#endif
