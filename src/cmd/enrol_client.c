/* enrol_client.c — one connection after the other, until there is an answer.
 *
 * Thread: the only one; every wait has an end.
 * Invariant: nothing that the relay said counts, and nothing but a hello has been
 * sent, before the handshake has found the pin (tls/pinned.c).               */
#include "cmd/enrol_client.h"

#include <time.h>

#include "base/clock.h"
#include "cmd/probe.h"
#include "enrol/voucher.h"
#include "io/sock.h"
#include "pki/csr.h"

#define SILENCE_MS 45000 /* the relay says something every 15 s */
#define RETRY_MAX_MS 15000

struct attempt {
	const struct client_args *args;
	struct client_result *out;
	struct tls_ctx *ctx;
	struct tls_conn *tls;
	int fd;
	bool waiting;	  /* the relay has the request */
	bool confirmed;	  /* on this connection */
	char words[WORDS_TEXT];
	uint16_t retry_s; /* what the relay asks for; 0: our own measure */
	struct buf wire, in;
};

/* --- the socket ---------------------------------------------------------------- */

static int
dial(struct attempt *a, struct err *e)
{
	struct addr addrs[PROBE_ADDRS_MAX];
	struct err why;
	size_t n;
	int r = probe_lookup(a->args->host, a->args->port, addrs, &n, e);

	if (r < 0)
		return err_prefix(e, AX_E_NOTFOUND, "cannot find %s", a->args->host);
	for (size_t i = 0; i < n; i++)
		if (probe_connect(&addrs[i], &a->fd, &why) == 0)
			return 0;
	return err_set(e, AX_E_NOTFOUND, "nobody answers at %s port %u (%s): does the "
	    "relay run, with enrol: in its configuration, and is the port open?",
	    a->args->host, (unsigned)a->args->port, why.text);
}

/* r is of probe.h: what the network did is tried again. */
static int
lost(int r, struct err *e)
{
	if (r == AX_E_SYS || r == AX_E_TIMEOUT || r == AX_E_CLOSED)
		return err_prefix(e, AX_E_CLOSED, "the connection to the relay was lost");
	return r;
}

static int
send_all(struct attempt *a, struct err *e)
{
	return lost(probe_send(a->fd, &a->wire, e), e);
}

/* --- one connection -------------------------------------------------------------- */

/* What is asked; the voucher's secret stays here, whoever is on the other side. */
static int
write_request(struct attempt *a, struct buf *out, struct err *e)
{
	struct enrol_message m = { .type = ENROL_REQUEST,
		.name = slice_str(a->args->name) };
	struct buf der;
	int r;

	buf_init(&der);
	if (a->args->voucher != NULL) {
		m.type = ENROL_VOUCHED;
		r = voucher_write(a->args->voucher, a->args->key, &der, e);
	} else {
		r = csr_write_bound(a->args->key, tls_conn_binding(a->tls), &der, e);
	}
	m.der = buf_slice(&der);
	if (r == 0 && (r = enrol_write(&m, out)) < 0)
		(void)err_set(e, r, "no memory for the request");
	buf_fini(&der);
	return r;
}

static int
ask(struct attempt *a, struct err *e)
{
	struct slice binding = tls_conn_binding(a->tls);
	uint8_t spki[SPKI_HASH_LEN];
	struct buf text;
	int r;

	buf_init(&text);
	r = write_request(a, &text, e);
	if (r == 0)
		r = tls_conn_write(a->tls, buf_slice(&text).p, buf_len(&text),
		    &a->wire, e);
	if (r == 0)
		r = send_all(a, e);
	buf_fini(&text);
	spki_hash(&a->args->key->public, spki);
	words_of(binding, spki, a->words);
	return r;
}

/* It must be ours, whatever else it says. */
static int
take_certificate(struct attempt *a, const struct enrol_message *m, struct err *e)
{
	struct slice ca = tls_conn_pinned_ca(a->tls);
	struct identity id;
	struct pubkey key;
	struct der d;
	int r = identity_agent(m->der, &id, e);

	if (r == 0) {
		der_init(&d, id.spki);
		r = pubkey_read(&d, &key, e);
	}
	if (r < 0)
		return err_prefix(e, AX_E_PEER, "the certificate that came");
	if (!pubkey_eq(&key, &a->args->key->public))
		return err_set(e, AX_E_PEER,
		    "the certificate that came is for another key");
	a->out->port = m->port;
	if (buf_append(&a->out->certificate, m->der.p, m->der.n) < 0 ||
	    buf_append(&a->out->relay_ca, ca.p, ca.n) < 0)
		return err_set(e, AX_E_NOMEM, "out of memory");
	return 0;
}

static int
refused(struct attempt *a, const struct enrol_message *m, struct err *e)
{
	a->retry_s = m->retry_s;
	return err_set(e, m->retry_s > 0 ? AX_E_CLOSED : AX_E_LIMIT,
	    "the relay says no: %s", enrol_refusal_text(m->why));
}

/* AX_E_AGAIN: go on listening. */
static int
take(struct attempt *a, struct err *e)
{
	struct enrol_message m;
	size_t used;
	int r;

	while ((r = enrol_parse(buf_slice(&a->in), &m, &used, e)) == 0) {
		if (m.type == ENROL_CERTIFICATE)
			return take_certificate(a, &m, e);
		if (m.type == ENROL_REFUSED)
			return refused(a, &m, e);
		if (m.type != ENROL_WAIT)
			return err_set(e, AX_E_PEER, "the relay asks instead of "
			    "answering");
		if (!a->confirmed)
			a->args->waiting(a->words, m.wait_s);
		a->waiting = a->confirmed = true;
		buf_consume(&a->in, used);
	}
	return r;
}

static int
listen_for_answer(struct attempt *a, struct err *e)
{
	uint8_t cipher[TLS_READ_MIN], plain[TLS_READ_MIN];
	size_t n;
	int r;

	for (;;) {
		r = probe_receive(
		    a->fd, a->tls, cipher, sizeof(cipher), SILENCE_MS, e);
		while (r == 0 && (r = tls_conn_read(a->tls, plain, sizeof(plain),
		    &n, &a->wire, clock_mono_ns(), e)) == 0) {
			if (buf_append(&a->in, plain, n) < 0)
				return err_set(e, AX_E_NOMEM, "out of memory");
			r = take(a, e);
			if (r != AX_E_AGAIN)
				return r;
			r = 0;
		}
		if (r != AX_E_AGAIN)
			return lost(r, e);
	}
}

static int
attempt(struct attempt *a, struct err *e)
{
	int r;

	a->fd = -1;
	a->tls = NULL;
	a->retry_s = 0;
	a->confirmed = false;
	buf_init(&a->wire);
	buf_init(&a->in);
	r = dial(a, e);
	if (r == 0)
		r = lost(probe_shake(a->ctx, a->args->host, a->fd, &a->tls, e), e);
	if (r == 0)
		r = ask(a, e);
	if (r == 0)
		r = listen_for_answer(a, e);
	sock_close(&a->fd);
	tls_conn_free(&a->tls);
	buf_fini(&a->wire);
	buf_fini(&a->in);
	return r;
}

/* --- until there is an answer ------------------------------------------------------ */

static void
pause_ms(uint64_t ms)
{
	struct timespec t = { .tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000 * 1000000) };

	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

/* A relay that had the request once and is away may come back. */
static bool
may_come_back(const struct attempt *a, int r)
{
	return r == AX_E_CLOSED || (r == AX_E_NOTFOUND && a->waiting);
}

int
client_enrol(const struct client_args *args, struct client_result *out, struct err *e)
{
	uint64_t deadline = clock_mono_ns() + args->patience_ms * AX_NS_PER_MS;
	struct attempt a = { .args = args, .out = out };
	uint64_t wait_ms = 500, ms;
	int r;

	*out = (struct client_result){ .port = 0 };
	for (;;) {
		r = tls_ctx_new_pinned(args->pin, &a.ctx, e);
		if (r == 0)
			r = attempt(&a, e);
		tls_ctx_free(&a.ctx);
		if (!may_come_back(&a, r))
			break;
		ms = a.retry_s > 0 ? a.retry_s * UINT64_C(1000) : wait_ms;
		if (clock_mono_ns() + ms * AX_NS_PER_MS > deadline) {
			r = err_prefix(e, AX_E_TIMEOUT, "patience is over");
			break;
		}
		args->again(e->text);
		pause_ms(ms);
		wait_ms = MIN(wait_ms * 2, (uint64_t)RETRY_MAX_MS);
	}
	if (r < 0) {
		buf_fini(&out->certificate);
		buf_fini(&out->relay_ca);
	}
	return r;
}
