/* sink.h — the two structs behind log.h. Inside log only. */
#ifndef ATLAX_LOG_SINK_H
#define ATLAX_LOG_SINK_H

#include <pthread.h>
#include <semaphore.h>

#include "log/format.h"
#include "log/ring.h"

#define LOG_RING_CAP ((size_t)64 << 10) /* a few hundred lines */

struct log {
	/* written once */
	struct log_sink *sink;
	char name[32];
	/* the logger's, or the owner's without threads */
	struct log *next;
	uint64_t reported; /* of lost, already told */
	/* between the two */
	struct log_ring ring; /* threads only */
	atomic_uint_fast64_t lost; /* lines that found no room */
	atomic_bool closed; /* the owner is gone: drain and free it */
};

struct log_sink {
	int fd;
	enum log_format format;
	struct log_tail *tail; /* NULL: nothing is kept */
	/* Ends the logger; false if it still hangs on a reader that does not
	 * read. NULL: there is none, and nothing links what it needs.        */
	bool (*join)(struct log_sink *s);
	atomic_int level;
	/* the logger's, or the only thread's */
	bool torn; /* the last line was written in part */
	struct log *logs;
	pthread_t thread;
	/* between all */
	_Atomic(struct log *) incoming; /* new logs, pushed by anyone */
	atomic_bool asleep, stop;
	sem_t wake;
};

/* Writes all of p. patient: waits as long as it takes; else gives up when the
 * reader is not ready. Returns false when it was not written.                */
bool log_put(struct log_sink *s, const char *p, size_t n, bool patient);
/* Tells in one line how many lines l has lost since it was told last. */
void log_tell_lost(struct log *l);
/* Wakes the logger if it sleeps. Thread: any. */
void log_wake(struct log_sink *s);
void log_delete(struct log *l);

#endif
