/* visits.h — connections to the admin server, each with its time: libmicrohttpd's own
 * limit begins anew with every byte, and who sends one now and then would keep his
 * place for ever. Inside admin only. Thread: control.                        */
#ifndef ATLAX_ADMIN_VISITS_H
#define ATLAX_ADMIN_VISITS_H

#include <microhttpd.h>

#include "admin/who.h"
#include "base/err.h"
#include "base/list.h"

#define VISIT_ASK_MS 20000u /* from the last answer until the next question is whole */
#define VISIT_ASK_FULL_MS 1000u /* the same, while others may be waiting */
#define VISIT_ANSWER_MS 300000u /* until its answer has been read */

struct visits {
	struct list all;
	unsigned n, max;
	const struct admin_who *arriving; /* whose connection begins now, or NULL */
};

/* max: how many there may be at once. */
void visits_init(struct visits *v, unsigned max);
/* Serves who over fd, a connected Unix stream socket: taken, also on failure. who is
 * copied. Fails: AX_E_LIMIT: there are too many.                              */
AX_CHECKED int visits_add(struct visits *v, struct MHD_Daemon *http, int fd,
    const struct admin_who *who);
/* libmicrohttpd's word of a connection that begins, or has ended. */
void visits_notify(void *visits, struct MHD_Connection *c, void **visit,
    enum MHD_ConnectionNotificationCode what);
/* Cuts off whose time is over. */
void visits_run(struct visits *v);
/* When visits_run has something to do; UINT64_MAX: never. Units: ms from now. */
uint64_t visits_wait_ms(const struct visits *v);

/* From now on c has so long for its question (VISIT_ASK_MS), or for what follows it;
 * UINT64_MAX: whoever answers it looks after it.                             */
void visit_gets(struct MHD_Connection *c, uint64_t ms);
/* Whom visits_add was told of; NULL: it came by itself. */
const struct admin_who *visit_who(struct MHD_Connection *c);

#endif
