/* server.h — the relay's enrolment port: shakes hands with agents that have no
 * certificate, takes their requests, keeps them waiting, hands over what the
 * operator made. Bounded, so that it cannot keep the thread from its other work.
 * Thread: the loop's, for everything here.                                   */
#ifndef ATLAX_ENROL_SERVER_H
#define ATLAX_ENROL_SERVER_H

#include "enrol/queue.h"
#include "io/addr.h"
#include "io/loop.h"
#include "log/log.h"

#define SERVER_HALF_OPEN_MAX 16	  /* that have not asked yet */
#define SERVER_HALF_OPEN_SOURCE 4 /* of them, from one source */
#define SERVER_RATE 20		  /* handshakes begun in a second */
#define SERVER_GUESSES 4	  /* vouchers that are not good, in a second */
#define SERVER_ASK_MS 10000	  /* from accept to the whole request */

struct enrol_server;

struct enrol_server_args {
	struct loop *loop; /* borrowed for life */
	struct log *log;   /* borrowed; may be NULL */
	const struct addr *listen;
	int listener; /* one that listens there already, taken; 0: open one */
	struct tls_ctx *tls; /* Takes: of the role TLS_ENROL_RELAY */
	uint64_t ttl_ms;     /* a request is kept so long */
	uint16_t agents_port; /* what approved agents are told */
	/* An agent asks for the first time: was its key approved before? True: its
	 * certificate (DER), for this key, is appended to out, and used up. NULL:
	 * nobody's was.                                                      */
	bool (*expected)(void *arg, const uint8_t spki[SPKI_HASH_LEN], struct buf *out);
	/* The same question, without an answer to take; NULL with the one before. */
	bool (*is_expected)(void *arg, const uint8_t spki[SPKI_HASH_LEN]);
	/* An agent whose certificate has expired asks for the next one (RENEW); it is
	 * answered by enrol_server_renewed with this number, soon and maybe within. */
	void (*renew)(void *arg, uint64_t visit, struct slice request);
	/* The request of this number comes with a voucher (body of VOUCHED; the key in
	 * it has signed): decided by enrol_server_approve or _turn_away, soon and
	 * maybe within.                                                      */
	void (*vouched)(void *arg, uint32_t id, struct slice request);
	/* A request was taken in; nobody decided on it in time. */
	void (*asked)(void *arg, const struct queue_entry *entry);
	void (*expired)(void *arg, const struct queue_entry *entry);
	void *arg;
};

/* Fails: AX_E_SYS, AX_E_NOMEM. */
AX_CHECKED int enrol_server_new(const struct enrol_server_args *args,
    struct enrol_server **out, struct err *e);
void enrol_server_free(struct enrol_server **s); /* tells who waits; nulls */
const struct addr *enrol_server_address(const struct enrol_server *s);
/* Certificates from now on. Takes tls. */
void enrol_server_renew(struct enrol_server *s, struct tls_ctx *tls);

int enrol_server_listener(const struct enrol_server *s); /* borrowed */
struct queue *enrol_server_queue(struct enrol_server *s); /* to look at */
/* Decides as queue.h does, checks that the certificate (DER) is for the key that
 * asked, and tells the agent if it is there. Fails: as queue_approve;
 * AX_E_IDENTITY: not an agent's certificate for this request.                */
AX_CHECKED int enrol_server_approve(struct enrol_server *s, uint32_t id,
    struct slice certificate, struct err *e);
AX_CHECKED int enrol_server_reject(
    struct enrol_server *s, uint32_t id, struct err *e);
/* One that waits is refused, and forgotten, so that it may come again; it counts as
 * rejected, if retry_s is 0. Nothing happens if there is no such request, or it was
 * decided.                                                                   */
void enrol_server_turn_away(
    struct enrol_server *s, uint32_t id, uint8_t why, uint16_t retry_s);
/* Requests, what came of them, and counters go to the process that takes over. NULL:
 * there is no port, and what is read is forgotten.                           */
void enrol_server_frost(struct enrol_server *s, struct frost *f);
/* What became of a renewal: a CERTIFICATE or a REFUSED, whose port is filled in. Who
 * has hung up meanwhile misses it.                                           */
void enrol_server_renewed(
    struct enrol_server *s, uint64_t visit, const struct enrol_message *m);
/* Connections closed at the door since start. */
uint64_t enrol_server_turned_away(const struct enrol_server *s);

#endif
