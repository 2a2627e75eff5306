/* mailbox.h — messages between threads: one bounded ring (ck_ring, one producer,
 * one consumer) per ordered pair, so that every pair is first in, first out and
 * nobody contends. A full ring spills into an array of the sender's, emptied at
 * each of its turns; both are allocated at start and never grow. A sleeping
 * receiver is woken once, however much arrives. The only file that uses ck.   */
#ifndef ATLAX_RELAY_MAILBOX_H
#define ATLAX_RELAY_MAILBOX_H

#include "base/err.h"
#include "io/wake.h"
#include "relay/msg.h"

struct mail_system;
struct mailbox; /* one thread's: what it receives, and its way to the others */

/* Boxes for n threads, with room for spill messages beyond each ring.
 * Thread: boot. Fails: AX_E_NOMEM.                                           */
AX_CHECKED int mail_system_new(unsigned n, size_t spill, struct mail_system **out);
void mail_system_free(struct mail_system **s);
struct mailbox *mail_system_box(struct mail_system *s, unsigned i);

/* Ties a box to its thread's loop: handle is called for each message.
 * Thread: the box's, or boot before it starts. Fails: AX_E_SYS.              */
AX_CHECKED int mailbox_open(struct mailbox *b, struct loop *l,
    void (*handle)(void *arg, const struct msg *m), void *arg);
void mailbox_close(struct mailbox *b); /* messages left are dropped to drop() */

/* Sends m to thread to (also to oneself). Thread: the box's. Fails: AX_E_LIMIT:
 * ring and spill are full; nothing was taken.                                */
AX_CHECKED int mailbox_send(struct mailbox *b, unsigned to, const struct msg *m);
/* Handles everything that is there. Thread: the box's. */
void mailbox_receive(struct mailbox *b);
/* Around the loop's wait: false means there is mail, do not sleep. */
bool mailbox_before_sleep(struct mailbox *b);
void mailbox_after_sleep(struct mailbox *b);
/* Has everything that was sent reached its ring? Thread: the box's. */
bool mailbox_is_flushed(const struct mailbox *b);
/* Messages that did not fit a ring, since the start. */
uint64_t mailbox_spilled(const struct mailbox *b);

#endif
