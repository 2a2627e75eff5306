/* worker.h — one pinned thread of the relay: its own loop, listeners, tunnels,
 * visitors, timers. Other threads reach it through its mailbox only.          */
#ifndef ATLAX_RELAY_WORKER_H
#define ATLAX_RELAY_WORKER_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "admin/timings.h"
#include "base/list.h"
#include "io/loop.h"
#include "io/share.h"
#include "link/link.h"
#include "log/log.h"
#include "relay/carried.h"
#include "relay/mailbox.h"
#include "relay/refused.h"
#include "relay/tenants.h"
#include "relay/turned.h"

struct tunnel;

/* Handshakes in progress. More wait in the kernel's queue, where they cost
 * nothing; an unproven peer holds a place for three seconds at most. One costs
 * so much memory, most of it the library's.                                  */
#define HALF_OPEN_MAX 1024
#define HANDSHAKE_COST (96u << 10)
/* Accepting a connection, in the units of io/share.h; with what comes of it. */
#define ACCEPT_WORK (16u << 10)

struct tunnel_slot {
	struct tunnel *tunnel; /* NULL: free */
	uint32_t gen;
	uint32_t next_free;
};

struct worker {
	/* touched by this thread only, once it runs */
	const struct conf_relay *conf; /* immutable; another one by MSG_RELOAD */
	struct tenants *tenants;       /* see tenants.h */
	struct per_source *per_source; /* all workers'; NULL: there is none */
	const uint8_t *relay_id;       /* 16 bytes */
	unsigned index, control;       /* mailbox numbers */
	int cpu;		       /* to be pinned to, or -1 */
	struct loop *loop;
	struct log *log;
	struct share **shares;	/* of each tenant; see worker_share */
	uint32_t n_shares;
	struct share strangers; /* whoever has not proven who he is */
	struct link_scratch *scratch;
	struct tls_ctx *tls;
	struct denied *denied; /* whom atlax revoke named */
	struct anchors *anchors; /* whom agents are to trust; or NULL */
	struct mailbox *box;
	int agent_fd; /* listens for agents; this worker's own */
	struct watch agent_watch;
	struct task agent_accept; /* of the strangers' share */
	int spare_fd;
	struct list listeners; /* public ports, attached */
	struct list tunnels;
	struct tunnel_slot *slots;
	uint32_t n_slots, free_slot;
	uint32_t half_open; /* tunnels before HELLO */
	struct list waiting;	 /* visitors without an agent */
	struct carried_here carried; /* visitors with one */
	struct wheel_timer sweep; /* expired certificates */
	uint64_t agents_refused; /* by TLS, at HELLO, or before */
	struct timings timings;
	unsigned sweeps;
	struct refused_lines refused;
	struct turned turned; /* agents refused, for the audit trail */
	uint64_t fds_warned_ns;
	bool draining, drained, stopping;
	bool paused; /* see MSG_PAUSE */
	struct task pausing, parking;

	/* any thread reads them; at least one turn a second */
	_Alignas(64) atomic_ullong turns;
	atomic_uint busy; /* per cent of the last second that it ran */
	uint64_t busy_ran_ns, busy_at_ns; /* its own */

	/* It stands still: at first until control says go (see heir.h), later when
	 * parked, which it tells by *parked. */
	sem_t go, *parked;

	/* control's */
	_Alignas(64) pthread_t thread;
	uint64_t turns_seen;
	bool running;
};

/* Thread: boot. What the fields above name is set by the caller; takes tls,
 * denied, log and agent_fd, also on failure. Fails: AX_E_NOMEM, AX_E_SYS.                 */
AX_CHECKED int worker_init(struct worker *w, struct err *e);
/* Thread: boot. Fails: AX_E_SYS. */
AX_CHECKED int worker_start(struct worker *w, struct err *e);
void worker_join(struct worker *w); /* after MSG_STOP; Thread: control */
void worker_fini(struct worker *w); /* Thread: control, after worker_join */

/* How often its loop has turned. Thread: any. */
static inline uint64_t
worker_turns(const struct worker *w)
{
	return atomic_load_explicit(&w->turns, memory_order_relaxed);
}

/* How busy it was in the last second, in per cent. Thread: any. */
static inline unsigned
worker_busy(const struct worker *w)
{
	return atomic_load_explicit(&w->busy, memory_order_relaxed);
}

/* Sends to control; never fails, because control's spill is sized for it. */
void worker_tell_control(struct worker *w, const struct msg *m);
/* The tenant's share here, made when it is first wanted; for want of memory the
 * strangers'.                                                                */
struct share *worker_share(struct worker *w, uint32_t tenant);
/* A tunnel is past HELLO, or gone before it. */
void worker_half_open_less(struct worker *w);
/* Says in the log that descriptors ran out, once a second at most. */
void worker_out_of_fds(struct worker *w);
/* While draining: tells control once the last tunnel is gone. */
void worker_check_drained(struct worker *w);

#endif
