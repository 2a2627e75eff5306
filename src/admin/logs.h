/* logs.h — the relay's log for who asks:
 *	GET /v1/logs?lines=N[&follow=1]	text, a line for each
 * The last N lines that are kept (log/log.h), 100 if it is not said; with follow, what
 * comes after them, too, until the connection ends. Who reads too slowly loses lines,
 * and is told how many. Inside admin only. Thread: control.                  */
#ifndef ATLAX_ADMIN_LOGS_H
#define ATLAX_ADMIN_LOGS_H

#include "base/list.h"
#include "log/log.h"

struct admin;
struct admin_request;

#define LOGS_READERS_MAX 8u /* at one door */

struct logs {
	struct admin *admin;
	struct log *log;
	struct list readers;
	unsigned n;
};

void logs_init(struct logs *l, struct admin *a, struct log *log);
/* The page. */
void logs_ask(struct admin *a, struct admin_request *req);
/* Wakes who waits, if there is something new for them. */
void logs_run(struct logs *l);
/* When logs_run has something to do; UINT64_MAX: nobody follows. Units: ms from now. */
uint64_t logs_wait_ms(const struct logs *l);
/* Lets every connection come to its end. */
void logs_stop(struct logs *l);

#endif
