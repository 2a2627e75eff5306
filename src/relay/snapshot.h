/* snapshot.h — all that a relay carries, for another process: tunnels that are away,
 * with their visitors, and visitors who wait; who asks for a certificate, who looks
 * at the dashboard, and what was counted. No worker turns meanwhile.          */
#ifndef ATLAX_RELAY_SNAPSHOT_H
#define ATLAX_RELAY_SNAPSHOT_H

#include "relay/control.h"

struct snapshot_counts {
	uint64_t tunnels, connections, waiting;
};

/* Thread: control. f is bad when memory is at an end. */
void snapshot_write(struct relay *r, struct frost *f, struct snapshot_counts *n);
/* Thread: boot. Fails: with a sentence in e; then this process serves nobody. */
AX_CHECKED int snapshot_read(struct relay *r, struct frost *f, struct err *e);

#endif
