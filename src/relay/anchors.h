/* anchors.h — the trust bundle that agents get from this relay (doc/TRUST). Control
 * reads it with the certificates, workers send it to those who have an older one;
 * this relay cannot make one.                                                */
#ifndef ATLAX_RELAY_ANCHORS_H
#define ATLAX_RELAY_ANCHORS_H

#include "relay/control.h"
#include "relay/tunnel.h"

struct anchors; /* one bundle, immutable */

/* --- Thread: control --------------------------------------------------------- */

/* Fails: never; what is wrong with the file is in the log. */
AX_CHECKED int anchors_begin(struct relay *r, struct err *e);
void anchors_end(struct relay *r);
/* Reads enrol.relay_ca again. A file without a bundle is none; one that cannot be
 * used, is older than the one in force or does not know this relay's certificate
 * is refused with an error in the log, and the one in force stays.           */
void anchors_read(struct relay *r);
/* 0: there is none. */
uint64_t anchors_sequence(const struct anchors *a);

/* --- Thread: worker ---------------------------------------------------------- */

/* Another one: taken, and sent to all who have an older one. */
void anchors_change(struct worker *w, struct anchors *a);
/* Its agent has said which one it has. */
void anchors_offer(struct tunnel *t);

/* --- Thread: any ------------------------------------------------------------- */

void anchors_unref(struct anchors **a); /* accepts NULL, nulls; the last one frees */

#endif
