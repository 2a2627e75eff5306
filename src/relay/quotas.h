/* quotas.h — what each tenant's visitors may move in a month (limits.quota): counted
 * for every tenant, in memory and in a file of the state directory (ledger.h); who
 * has used his up is shut, and what he has open is ended.
 *
 * Workers add up what tunnels have moved, once a second (tunnel_meter); once a second
 * control takes it from them. The file is written QUOTAS_SAVE_S after the first change
 * at the latest, QUOTAS_IDLE_S where nobody has a quota, and at once when something is
 * said: a crash forgets no more than that. Thread: control, for all.          */
#ifndef ATLAX_RELAY_QUOTAS_H
#define ATLAX_RELAY_QUOTAS_H

#include "base/frost.h"
#include "relay/control.h"

#define QUOTAS_SAVE_S 10u
#define QUOTAS_IDLE_S 60u

/* Reads the file. One that cannot be used is copied aside, and everybody begins at
 * zero. Thread: boot. Fails: AX_E_NOMEM.                                      */
AX_CHECKED int quotas_begin(struct relay *r, struct err *e);
void quotas_end(struct relay *r); /* writes it; workers have ended */
/* Another configuration is in force: who has room again is let in from now on. */
void quotas_look(struct relay *r);
/* While workers stand still, and tunnels are metered; boot. */
void quotas_frost(struct relay *r, struct frost *f);

/* The month that is counted now, "2026-11", and what a tenant has used of it, in
 * bytes. Borrowed until the next call of anything here.                       */
const char *quotas_month(const struct relay *r);
uint64_t quotas_used(const struct relay *r, uint32_t tenant);

#endif
