/* log.h — one line is one event: a constant message and typed fields. Text for
 * people, JSON lines for machines. Fields from peers are escaped and cut.
 *
 *	log_info(w->log, "tunnel up", LOG_STR("tenant", t), LOG_U64("rtt_us", r));
 *
 * Every thread has a struct log of its own; with threads, records go through
 * the thread's ring to the logger thread, so that a slow terminal or a full disk
 * never stops traffic: when the ring is full, records are dropped and counted.  */
#ifndef ATLAX_LOG_LOG_H
#define ATLAX_LOG_LOG_H

#include "base/err.h"
#include "base/slice.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_TEXT, LOG_JSON };

enum log_kind { LOG_END, LOG_K_SLICE, LOG_K_U64, LOG_K_I64, LOG_K_BOOL };

struct log_field {
	const char *key;
	enum log_kind kind;
	struct slice text;
	union {
		uint64_t u64;
		int64_t i64;
		bool flag;
	} v;
};

/* Text fields are data from anywhere, at most 256 bytes are shown. */
#define LOG_STR(k, s) { .key = (k), .kind = LOG_K_SLICE, .text = slice_str(s) }
#define LOG_SLICE(k, s) { .key = (k), .kind = LOG_K_SLICE, .text = (s) }
#define LOG_U64(k, n) { .key = (k), .kind = LOG_K_U64, .v.u64 = (n) }
#define LOG_I64(k, n) { .key = (k), .kind = LOG_K_I64, .v.i64 = (n) }
#define LOG_BOOL(k, b) { .key = (k), .kind = LOG_K_BOOL, .v.flag = (b) }

struct log;	 /* one thread's end */
struct log_sink; /* where lines go; shared by the logs of a process */

/* Writes to fd (borrowed; 2 for a daemon under systemd); lines are written at
 * once by the caller. Thread: boot. Fails: AX_E_NOMEM.                       */
AX_CHECKED int log_sink_new(int fd, enum log_level level, enum log_format format,
    struct log_sink **out, struct err *e);
/* Leaves the writing to a thread, the logger, from here on. Before the first
 * log_new. Thread: boot. Fails: AX_E_SYS, AX_E_NOMEM; nothing has changed.   */
AX_CHECKED int log_sink_thread(struct log_sink *s, struct err *e);
/* Writes what is left (within a second), ends the thread. Thread: boot. */
void log_sink_free(struct log_sink **s);

/* Keeps the last lines, some 1,000, in 256 KiB of memory, for log_read. Before
 * log_sink_thread. Thread: boot. Fails: AX_E_NOMEM.                          */
AX_CHECKED int log_sink_keep(struct log_sink *s, struct err *e);

/* A place in all that was logged: so many bytes and lines came before it. */
struct log_place {
	uint64_t byte, line;
};
/* Before the last so many lines that are kept. False: none are.
 * Thread: any, as for log_read.                                              */
bool log_last(const struct log *l, size_t lines, struct log_place *out);
/* Copies whole lines from there on, as many as are there and fit into cap
 * (LOG_READ_MIN or more); returns how many bytes, and moves at behind them. *lost:
 * lines that were overwritten before they could be read.                     */
#define LOG_READ_MIN 4096
size_t log_read(const struct log *l, struct log_place *at, char *out, size_t cap,
    uint64_t *lost);
enum log_format log_format_of(const struct log *l);

/* One thread's log; name appears in each line ("control", "worker 3"), copied.
 * Thread: any; then the log is that of one thread. Fails: AX_E_NOMEM.        */
AX_CHECKED int log_new(struct log_sink *s, const char *name, struct log **out);
void log_free(struct log **l);
void log_set_level(struct log_sink *s, enum log_level level); /* Thread: any */
bool log_wants(const struct log *l, enum log_level level);

/* l may be NULL (tests): nothing happens. Thread: the log's. */
void log_write(struct log *l, enum log_level level, const char *msg,
    const struct log_field *fields, size_t n);

#define LOG_AT(l, level, msg, ...) do { \
	if (log_wants((l), (level))) { \
		const struct log_field log_f_[] = { { .kind = LOG_END }, ##__VA_ARGS__ }; \
		log_write((l), (level), (msg), log_f_ + 1, ARRAY_LEN(log_f_) - 1); \
	} \
} while (0)
#define log_error(l, ...) LOG_AT(l, LOG_ERROR, __VA_ARGS__)
#define log_warn(l, ...) LOG_AT(l, LOG_WARN, __VA_ARGS__)
#define log_info(l, ...) LOG_AT(l, LOG_INFO, __VA_ARGS__)
#define log_debug(l, ...) LOG_AT(l, LOG_DEBUG, __VA_ARGS__)

#endif
