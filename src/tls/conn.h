/* conn.h — a connection from the inside, for conn.c and traffic.c. Thread: the
 * context's owner.                                                           */
#ifndef ATLAX_TLS_CONN_H
#define ATLAX_TLS_CONN_H

#include "parse/hello_gate.h"
#include "parse/record_guard.h"
#include "tls/record.h"
#include "tls/verdict.h"

struct tls_conn {
	struct tls_ctx *ctx; /* a reference */
	WOLFSSL *ssl;	     /* from the gate (relay) to the end of the handshake */
	char *host;	     /* agent: whom it dialled */
	struct hello_gate *gate; /* NULL once established */
	size_t gate_given;	 /* of its bytes, to the library */
	bool gate_passed;
	bool established;
	bool closing; /* our last alert has gone out */
	bool closed;  /* the peer's close_notify is here */
	int failed;   /* AX_E_: for good; the sentence is in verdict.err */
	struct slice in; /* lent */
	struct buf *out; /* lent for the time of one call */
	struct record_guard guard;
	struct verdict verdict;
	const char *cipher;
	struct record_side seal, open;
	/* Of this connection alone, and known to its two ends alone (resume.c):
	 * what a session that begins on it starts from, and what binds a claim
	 * to it. Each is wiped when it was used.                             */
	uint8_t origin[RECORD_SECRET_LEN], binder[RECORD_SECRET_LEN];
	struct buf torn; /* a record whose end has not come yet */
};

/* Ends the connection for good; the sentence of e is kept. Returns code. */
int conn_give_up(struct tls_conn *c, int code, struct err *e);
/* Once more what it ended with. */
int conn_say_again(const struct tls_conn *c, struct err *e);

#endif
