/* seen.h — agents that are not here any more, for whoever looks for them: kept in
 * memory and in a file of the state directory (roll.h), with those who are here, who
 * may not be when the relay is again.
 *
 * The file is written when somebody came or went, once in SEEN_SAVE_S at most; while
 * anybody is here once in SEEN_HERE_S, so that after a crash the time is right; before
 * another process takes over, which reads it; and at the end. Who is revoked, or of a
 * tenant that is not in the configuration, is forgotten. Thread: control, for all.   */
#ifndef ATLAX_RELAY_SEEN_H
#define ATLAX_RELAY_SEEN_H

#include "relay/control.h"
#include "relay/roll.h"

#define SEEN_SAVE_S 60u
#define SEEN_HERE_S 600u

/* Reads the file. One that cannot be used is copied aside, and nobody was seen.
 * Thread: boot. Fails: AX_E_NOMEM.                                            */
AX_CHECKED int seen_begin(struct relay *r, struct err *e);
void seen_end(struct relay *r); /* writes it; workers have ended */
/* Writes it now. */
void seen_save(struct relay *r);

/* A tunnel of this agent is up, from there; without memory that is not kept. */
void seen_up(struct relay *r, uint32_t tenant, const char *agent, const char *address);
/* One is down: another may be up. code: the wire's. */
void seen_down(struct relay *r, uint32_t tenant, const char *agent, const char *why,
    uint16_t code);
/* Looks who is here, and forgets who is to be forgotten. */
void seen_look(struct relay *r);
/* All of a tenant, as of the last look. Borrowed until the next call of anything
 * here. */
struct roll_entry *const *seen_of(const struct relay *r, uint32_t tenant, size_t *n);
size_t seen_count(const struct relay *r);

#endif
