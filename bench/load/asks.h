/* asks.h — questions and answers: every asker sends a request, waits for the
 * whole answer and only then sends the next one, on the same connection or on
 * a new one. Thread: owner.                                                  */
#ifndef ATLAX_BENCH_ASKS_H
#define ATLAX_BENCH_ASKS_H

#include <sys/uio.h>

#include "load/hist.h"
#include "load/request.h"
#include "load/run.h"

#define HTTP_HEAD_MAX 1024

struct asker {
	struct handler h;
	struct asks *all;
	uint32_t stream;
	uint64_t started_ns; /* of the current request */
	uint64_t at;	     /* echo: position in the pattern */
	uint8_t head[REQUEST_LEN];
	bool greeted;	/* the service knows what this connection is for */
	bool answered;	/* all is there, only the end of the connection lacks */
	size_t sent;	/* bytes of the current request */
	size_t got;	/* bytes of the current answer, of HTTP its body */
	char http[HTTP_HEAD_MAX];
	size_t http_n;	/* bytes in http */
	size_t body;	/* HTTP: its announced length */
	bool have_body; /* HTTP: the head is complete */
};

enum answer { ANSWER_MORE, ANSWER_DONE, ANSWER_WRONG };

/* How a kind of request looks; the rows are in answers.c. */
struct ask_kind {
	bool keep; /* the next request uses the same connection */
	void (*begin)(struct asker *a); /* a new connection */
	/* What the current request consists of, borrowed; two pieces. */
	void (*request)(struct asker *a, struct iovec out[2]);
	enum answer (*take)(struct asker *a, const uint8_t *p, size_t n);
};
extern const struct ask_kind ask_echo, ask_once, ask_http, ask_http_close;

struct asks {
	struct run *run; /* borrowed */
	const struct ask_kind *kind;
	size_t n, open;
	uint64_t limit; /* requests in all; UINT64_MAX: none */
	uint64_t issued, done, errors, bad;
	bool stopping; /* no new requests, finished ones are not counted */
	int failed;    /* an AX_E_ code: the machine cannot go on */
	struct err err;
	struct hist latency; /* ns */
	struct asker *v;
};

/* Connects n askers. Owns what asks_close frees, also after a failure.
 * Fails: AX_E_NOMEM, AX_E_SYS.                                               */
AX_CHECKED int asks_open(struct asks *s, struct run *run,
    const struct ask_kind *kind, size_t n, struct err *e);
/* Counts the requests under way with the time that they have waited so far: who
 * answers nothing must not look fast.                                        */
void asks_count_waiting(struct asks *s);
/* Lets the requests under way come to their end, for at most limit_ns. Returns
 * how many did not: a tunnel that loses connections leaves some.             */
uint64_t asks_drain(struct asks *s, uint64_t limit_ns);
void asks_close(struct asks *s);

#endif
