/* server.c — one visit is one connection: handshake, request, waiting, the end.
 *
 * Thread: the loop's.
 * Invariant: a visit is half-open until its request is whole, and of those there
 * are few, none for longer than SERVER_ASK_MS; afterwards it belongs to one
 * entry of the queue, and that entry to it. Who renews stays half-open until he is
 * answered, within the same time. Who sends anything more is cut.            */
#include "enrol/server.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/assert.h"
#include "base/bucket.h"
#include "base/str.h"
#include "enrol/voucher.h"
#include "io/sock.h"
#include "pki/csr.h"

#define ACCEPTS_A_TURN 16
#define BACKLOG 64
#define BEAT_MS 15000 /* keeps address translators and agents at ease */

struct visit {
	struct list link;
	struct enrol_server *server;
	struct watch watch;
	struct wheel_timer timer; /* half-open: the end; waiting: the next beat */
	int fd;
	struct tls_conn *tls;
	bool established;
	struct addr peer;
	uint8_t source[QUEUE_SOURCE_LEN];
	struct queue_entry *entry; /* NULL: half-open */
	uint64_t renewal; /* its number, when it has asked for one; else 0 */
	struct buf out, in;
};

struct enrol_server {
	struct enrol_server_args args;
	struct addr address;
	struct watch watch;
	struct wheel_timer timer; /* the queue's next end */
	int fd, spare;
	struct list visits;
	unsigned half_open, tokens;
	struct bucket guesses; /* vouchers that were not good */
	uint64_t guess_ns; /* when the next may be looked at */
	uint64_t second_ns, turned_away, renewals;
	struct queue queue;
	uint8_t cipher[TLS_READ_MIN], plain[TLS_READ_MIN];
};

/* --- the end of a visit ------------------------------------------------------ */

static void
visit_free(struct visit *v)
{
	struct enrol_server *s = v->server;

	if (v->entry != NULL)
		v->entry->visit = NULL;
	else
		s->half_open--;
	list_del(&v->link);
	loop_unwatch(s->args.loop, &v->watch);
	loop_untimer(s->args.loop, &v->timer);
	sock_close(&v->fd);
	tls_conn_free(&v->tls);
	buf_fini(&v->out);
	buf_fini(&v->in);
	free(v);
}

/* What is to be sent is some hundred bytes: a socket that has no room for them
 * belongs to somebody who does not read. Returns false when it was closed.   */
static bool
flush(struct visit *v)
{
	struct slice s = buf_slice(&v->out);
	ssize_t n;

	if (s.n == 0)
		return true;
	n = send(v->fd, s.p, s.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n != (ssize_t)s.n) {
		visit_free(v);
		return false;
	}
	buf_consume(&v->out, s.n);
	return true;
}

static bool
say(struct visit *v, const struct enrol_message *m)
{
	struct buf text;
	int r;

	buf_init(&text);
	r = enrol_write(m, &text);
	if (r == 0)
		r = tls_conn_write(v->tls, buf_slice(&text).p, buf_len(&text),
		    &v->out, NULL);
	buf_fini(&text);
	if (r < 0) {
		visit_free(v);
		return false;
	}
	return flush(v);
}

/* The last word. */
static void
say_and_leave(struct visit *v, const struct enrol_message *m)
{
	if (!say(v, m))
		return;
	tls_conn_close(v->tls, &v->out);
	if (flush(v))
		visit_free(v);
}

static void
refuse(struct visit *v, enum enrol_refusal why, uint16_t retry_s)
{
	say_and_leave(v, &(struct enrol_message){ .type = ENROL_REFUSED,
		.why = (uint8_t)why, .retry_s = retry_s });
}

/* --- waiting ------------------------------------------------------------------ */

static void
hand_over(struct visit *v)
{
	say_and_leave(v, &(struct enrol_message){ .type = ENROL_CERTIFICATE,
		.port = v->server->args.agents_port,
		.der = buf_slice(&v->entry->certificate) });
}

static void
beat(struct visit *v)
{
	struct enrol_server *s = v->server;

	loop_timer_in(s->args.loop, &v->timer, BEAT_MS);
	(void)say(v, &(struct enrol_message){ .type = ENROL_WAIT,
		.wait_s = queue_left_s(
		    &s->queue, v->entry, loop_now(s->args.loop)) });
}

static void
on_visit_timer(struct wheel_timer *t)
{
	struct visit *v = container_of(t, struct visit, timer);

	if (v->entry == NULL)
		visit_free(v);
	else
		beat(v);
}

static void
set_timer(struct enrol_server *s)
{
	loop_timer(s->args.loop, &s->timer, queue_next_ns(&s->queue));
}

static void
on_queue_timer(struct wheel_timer *t)
{
	struct enrol_server *s = container_of(t, struct enrol_server, timer);
	struct queue_entry *e;

	while ((e = queue_expired(&s->queue, loop_now(s->args.loop))) != NULL) {
		if (e->state == QUEUE_PENDING)
			log_info(s->args.log, "enrolment: nobody approved in time",
			    LOG_U64("id", e->id), LOG_STR("name", e->name));
		if (e->state == QUEUE_PENDING)
			s->args.expired(s->args.arg, e);
		if (e->visit != NULL)
			refuse(e->visit, ENROL_EXPIRED, 0);
		queue_remove(&s->queue, e);
	}
	set_timer(s);
}

/* --- asking -------------------------------------------------------------------- */

static void
log_decision(const struct enrol_server *s, const char *what, const struct queue_entry *it)
{
	log_info(s->args.log, what, LOG_U64("id", it->id), LOG_STR("name", it->name),
	    LOG_STR("words", it->words), LOG_STR("from", it->address));
}

/* An entry that was approved before it was made. */
static void
meet(struct enrol_server *s, struct queue_entry *entry)
{
	struct buf certificate;

	buf_init(&certificate);
	if (entry->state == QUEUE_PENDING && s->args.expected != NULL &&
	    s->args.expected(s->args.arg, entry->spki, &certificate) &&
	    queue_approve(&s->queue, entry->id, buf_slice(&certificate), &entry,
		NULL) == 0)
		log_decision(s, "enrolment: an expected agent asks", entry);
	buf_fini(&certificate);
}

static uint16_t
retry_after(int why)
{
	return why == ENROL_RATE ? 1 : why == ENROL_REJECTED ? 0 : 30;
}

/* The visit belongs to the entry from here on. */
static void
wait_for(struct visit *v, struct queue_entry *entry)
{
	struct enrol_server *s = v->server;

	if (entry->visit != NULL)
		visit_free(entry->visit);
	v->entry = entry;
	entry->visit = v;
	s->half_open--;
	set_timer(s);
}

/* What of a request counts: the key, which has signed. */
struct asked {
	struct pubkey key;
	struct slice name, csr;
	struct slice voucher; /* the whole request, if it came with one */
};

/* v may be gone afterwards. */
static void
decide(struct visit *v, const struct asked *a)
{
	struct enrol_server *s = v->server;
	struct queue_entry *entry = v->entry;

	if (entry->state == QUEUE_APPROVED) {
		hand_over(v);
		return;
	}
	log_decision(s, "enrolment: an agent asks for a certificate", entry);
	s->args.asked(s->args.arg, entry);
	if (a->voucher.n > 0)
		s->args.vouched(s->args.arg, entry->id, a->voucher);
	else
		beat(v);
}

static void
take_in(struct visit *v, const struct asked *a)
{
	struct enrol_server *s = v->server;
	char words[WORDS_TEXT], address[ADDR_TEXT_MAX];
	uint8_t spki[SPKI_HASH_LEN];
	struct queue_ask ask = { .key = &a->key, .name = a->name, .csr = a->csr,
		.words = words, .address = address };
	struct queue_entry *entry = NULL;
	int r;

	spki_hash(&a->key, spki);
	words_of(tls_conn_binding(v->tls), spki, words);
	addr_format(&v->peer, address);
	memcpy(ask.source, v->source, QUEUE_SOURCE_LEN);
	ask.awaited = s->args.is_expected != NULL &&
	    s->args.is_expected(s->args.arg, spki);
	r = queue_ask(&s->queue, &ask, loop_now(s->args.loop), &entry);
	if (r == 0) {
		meet(s, entry);
		wait_for(v, entry);
		decide(v, a);
	} else if (r > 0)
		refuse(v, (enum enrol_refusal)r, retry_after(r));
	else
		visit_free(v);
}

static void
take_request(struct visit *v, const struct enrol_message *m)
{
	struct asked a = { .name = m->name, .csr = m->der };
	struct voucher_request q;
	struct err e;
	int r;

	if (m->type == ENROL_VOUCHED) {
		r = voucher_read(m->der, &q, &e);
		if (r == 0)
			a = (struct asked){ .key = q.key, .csr = q.csr,
				.name = slice_str(""), .voucher = m->der };
	} else {
		r = csr_read_bound(m->der, tls_conn_binding(v->tls), &a.key, &e);
	}
	if (r == 0 && a.voucher.n > 0 &&
	    loop_now(v->server->args.loop) < v->server->guess_ns) {
		refuse(v, ENROL_RATE, retry_after(ENROL_RATE));
		return;
	}
	if (r == 0) {
		take_in(v, &a);
		return;
	}
	log_info(v->server->args.log, "enrolment: a request is refused",
	    LOG_STR("reason", e.text));
	refuse(v, ENROL_MALFORMED, 0);
}

/* --- renewing -------------------------------------------------------------------- */

/* v may be gone afterwards. */
static void
take_renewal(struct visit *v, struct slice request)
{
	struct enrol_server *s = v->server;

	v->renewal = ++s->renewals;
	s->args.renew(s->args.arg, v->renewal, request);
}

void
enrol_server_renewed(
    struct enrol_server *s, uint64_t visit, const struct enrol_message *m)
{
	struct enrol_message told = *m;
	struct list *l;

	told.port = s->args.agents_port;
	list_foreach(l, &s->visits) {
		struct visit *v = container_of(l, struct visit, link);

		if (v->renewal == visit) {
			say_and_leave(v, &told);
			return;
		}
	}
}

/* --- reading ------------------------------------------------------------------- */

/* Returns false when the visit is over, or has become another's. */
static bool
take_plain(struct visit *v, size_t n)
{
	struct enrol_message m;
	size_t used;
	int r;

	if (v->entry != NULL || v->renewal != 0 || buf_append(&v->in, v->server->plain, n) < 0) {
		visit_free(v);
		return false;
	}
	r = enrol_parse(buf_slice(&v->in), &m, &used, NULL);
	if (r == AX_E_AGAIN)
		return true;
	if (r == 0 && used == buf_len(&v->in) &&
	    (m.type == ENROL_REQUEST || m.type == ENROL_VOUCHED))
		take_request(v, &m);
	else if (r == 0 && used == buf_len(&v->in) && m.type == ENROL_RENEW)
		take_renewal(v, m.der);
	else
		refuse(v, ENROL_MALFORMED, 0);
	return false;
}

static bool
read_records(struct visit *v, uint64_t now_ns)
{
	struct enrol_server *s = v->server;
	size_t n;
	int r;

	for (;;) {
		r = tls_conn_read(v->tls, s->plain, sizeof(s->plain), &n, &v->out,
		    now_ns, NULL);
		if (r == AX_E_AGAIN)
			return true;
		if (r < 0) {
			visit_free(v);
			return false;
		}
		if (!take_plain(v, n))
			return false;
	}
}

/* Takes what was lent to TLS. Returns false when the visit is over. */
static bool
take_cipher(struct visit *v)
{
	uint64_t now = loop_now(v->server->args.loop);
	struct err e;
	int r;

	if (v->established)
		return read_records(v, now);
	r = tls_conn_handshake(v->tls, &v->out, now, &e);
	if (!flush(v))
		return false;
	if (r == AX_E_AGAIN)
		return true;
	if (r < 0) {
		log_debug(v->server->args.log, "enrolment: handshake failed",
		    LOG_STR("reason", e.text));
		visit_free(v);
		return false;
	}
	v->established = true;
	return read_records(v, now);
}

/* The guards of TLS and the length of a request bound how often this goes on. */
static void
on_ready(struct watch *w, uint32_t events AX_UNUSED)
{
	struct visit *v = container_of(w, struct visit, watch);
	struct enrol_server *s = v->server;
	ssize_t n;

	for (;;) {
		n = recv(v->fd, s->cipher, sizeof(s->cipher), MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			visit_free(v);
			return;
		}
		tls_conn_feed(v->tls, slice_of(s->cipher, (size_t)n));
		if (!take_cipher(v))
			return;
	}
}

/* --- the door ------------------------------------------------------------------- */

static void
source_of(const struct addr *peer, uint8_t out[QUEUE_SOURCE_LEN])
{
	uint8_t ip[16] = { 0 };

	(void)addr_ip(peer, ip);
	memcpy(out, ip, QUEUE_SOURCE_LEN);
}

/* A flood costs an accept and a close each, and few handshakes. */
static bool
may_enter(struct enrol_server *s, const uint8_t source[QUEUE_SOURCE_LEN])
{
	uint64_t now = loop_now(s->args.loop);
	unsigned same = 0;
	struct list *l;

	if (now >= s->second_ns + AX_NS_PER_S) {
		s->second_ns = now;
		s->tokens = SERVER_RATE;
	}
	if (s->tokens == 0 || s->half_open >= SERVER_HALF_OPEN_MAX)
		return false;
	list_foreach(l, &s->visits) {
		const struct visit *v = container_of(l, struct visit, link);

		same += v->entry == NULL &&
		    memcmp(v->source, source, QUEUE_SOURCE_LEN) == 0;
	}
	if (same >= SERVER_HALF_OPEN_SOURCE)
		return false;
	s->tokens--;
	return true;
}

static void
enter(struct enrol_server *s, int fd, const struct addr *peer)
{
	struct visit *v = calloc(1, sizeof(*v));

	if (v == NULL || tls_conn_new(s->args.tls, NULL, &v->tls) < 0) {
		free(v);
		sock_close(&fd);
		return;
	}
	v->server = s;
	v->fd = fd;
	v->peer = *peer;
	source_of(peer, v->source);
	buf_init(&v->out);
	buf_init(&v->in);
	watch_init(&v->watch, on_ready);
	wheel_timer_init(&v->timer, on_visit_timer);
	list_init(&v->link);
	list_add(&s->visits, &v->link);
	s->half_open++;
	loop_timer_in(s->args.loop, &v->timer, SERVER_ASK_MS);
	if (loop_watch(s->args.loop, &v->watch, fd, LOOP_EDGE) < 0)
		visit_free(v);
}

static void
on_accept(struct watch *w, uint32_t events AX_UNUSED)
{
	struct enrol_server *s = container_of(w, struct enrol_server, watch);
	uint8_t source[QUEUE_SOURCE_LEN];
	struct addr peer;
	int fd, r;

	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		r = sock_accept(s->fd, &s->spare, &fd, &peer);
		if (r == AX_E_AGAIN)
			return;
		if (r < 0)
			continue;
		source_of(&peer, source);
		if (may_enter(s, source)) {
			enter(s, fd, &peer);
		} else {
			s->turned_away++;
			sock_close(&fd);
		}
	}
}

/* --- what the operator decides ---------------------------------------------------- */

static int
check_certificate(
    const struct queue_entry *entry, struct slice der, struct err *e)
{
	uint8_t hash[SPKI_HASH_LEN];
	struct identity id;
	struct pubkey key;
	struct der d;
	int r = identity_agent(der, &id, e);

	if (r < 0)
		return r;
	der_init(&d, id.spki);
	r = pubkey_read(&d, &key, e);
	if (r < 0)
		return r;
	spki_hash(&key, hash);
	if (memcmp(hash, entry->spki, sizeof(hash)) != 0)
		return err_set(e, AX_E_IDENTITY,
		    "the certificate is for another key than that of request %u",
		    (unsigned)entry->id);
	return 0;
}

int
enrol_server_approve(struct enrol_server *s, uint32_t id, struct slice certificate,
    struct err *e)
{
	struct queue_entry *entry = queue_find(&s->queue, id);
	int r = entry == NULL ? 0 : check_certificate(entry, certificate, e);

	if (r == 0)
		r = queue_approve(&s->queue, id, certificate, &entry, e);
	if (r < 0)
		return r;
	log_decision(s, "enrolment: approved", entry);
	if (entry->visit != NULL)
		hand_over(entry->visit);
	return 0;
}

int
enrol_server_reject(struct enrol_server *s, uint32_t id, struct err *e)
{
	struct queue_entry *entry = NULL;
	int r = queue_reject(&s->queue, id, &entry, e);

	if (r < 0)
		return r;
	log_decision(s, "enrolment: rejected", entry);
	if (entry->visit != NULL)
		refuse(entry->visit, ENROL_REJECTED, 0);
	return 0;
}

void
enrol_server_turn_away(
    struct enrol_server *s, uint32_t id, uint8_t why, uint16_t retry_s)
{
	struct queue_entry *entry = queue_find(&s->queue, id);

	if (entry == NULL || entry->state != QUEUE_PENDING)
		return;
	log_decision(s, "enrolment: turned away", entry);
	if (retry_s == 0) {
		s->guess_ns = bucket_use(&s->guesses, 1, loop_now(s->args.loop));
		s->queue.counts.rejected++;
	}
	if (entry->visit != NULL)
		refuse(entry->visit, (enum enrol_refusal)why, retry_s);
	queue_remove(&s->queue, entry);
	set_timer(s);
}

void
enrol_server_frost(struct enrol_server *s, struct frost *f)
{
	struct queue nobody;
	uint64_t turned_away = s == NULL ? 0 : s->turned_away;

	queue_init(&nobody, 0);
	queue_frost(s == NULL ? &nobody : &s->queue, f);
	queue_fini(&nobody);
	frost_u64(f, &turned_away);
	if (s == NULL || !frost_reads(f))
		return;
	s->turned_away = turned_away;
	set_timer(s);
}

/* --- life ------------------------------------------------------------------------- */

int
enrol_server_new(const struct enrol_server_args *args, struct enrol_server **out,
    struct err *e)
{
	struct enrol_server *s = calloc(1, sizeof(*s));
	struct listen_args listen = { .addr = args->listen, .backlog = BACKLOG };
	struct tls_ctx *tls = args->tls;
	int r;

	if (s == NULL) {
		tls_ctx_free(&tls);
		return err_set(e, AX_E_NOMEM, "no memory for enrolment");
	}
	s->args = *args;
	s->fd = -1;
	s->spare = sock_spare();
	list_init(&s->visits);
	bucket_set(&s->guesses, SERVER_GUESSES);
	queue_init(&s->queue, args->ttl_ms * AX_NS_PER_MS);
	watch_init(&s->watch, on_accept);
	wheel_timer_init(&s->timer, on_queue_timer);
	s->fd = args->listener > 0 ? args->listener : -1;
	r = s->fd >= 0 ? 0 : sock_listen(&listen, &s->fd, e);
	if (r == 0)
		r = sock_local(s->fd, &s->address);
	if (r == 0 && (r = loop_watch(args->loop, &s->watch, s->fd,
	    LOOP_LEVEL_IN)) < 0)
		err_sys(e, "cannot watch the enrolment port");
	if (r < 0)
		enrol_server_free(&s);
	else
		*out = s;
	return r;
}

void
enrol_server_free(struct enrol_server **p)
{
	struct enrol_server *s = *p;
	struct list *l;

	*p = NULL;
	if (s == NULL)
		return;
	loop_unwatch(s->args.loop, &s->watch);
	loop_untimer(s->args.loop, &s->timer);
	while ((l = list_first(&s->visits)) != NULL) {
		struct visit *v = container_of(l, struct visit, link);

		if (v->entry != NULL)
			refuse(v, ENROL_STOPPING, 1);
		else
			visit_free(v);
	}
	queue_fini(&s->queue);
	sock_close(&s->fd);
	sock_close(&s->spare);
	tls_ctx_free(&s->args.tls);
	free(s);
}

void
enrol_server_renew(struct enrol_server *s, struct tls_ctx *tls)
{
	tls_ctx_free(&s->args.tls);
	s->args.tls = tls;
}

const struct addr *
enrol_server_address(const struct enrol_server *s)
{
	return &s->address;
}

int
enrol_server_listener(const struct enrol_server *s)
{
	return s->fd;
}

struct queue *
enrol_server_queue(struct enrol_server *s)
{
	return &s->queue;
}

uint64_t
enrol_server_turned_away(const struct enrol_server *s)
{
	return s->turned_away;
}
