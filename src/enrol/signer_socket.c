/* signer_socket.c — the signer's door.
 *
 * Thread: the only one. One visitor at a time, each with two seconds: the only one
 * who may come is the relay, and it waits in the kernel's queue meanwhile.
 * Invariant: no byte of who is not allowed is read.                          */
#include "enrol/signer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "audit/trail.h"
#include "base/clock.h"
#include "base/json_out.h"
#include "enrol/message.h"
#include "io/sock.h"

#define BACKLOG 16
#define PATIENCE_NS (2 * AX_NS_PER_S)

struct signer {
	struct signer_args args;
	struct watch watch;
	struct signer_rate rate;
	struct trail *trail;
	struct ucred who; /* asks */
	int fd, spare;
};

static bool
may_ask(struct signer *s, int fd)
{
	socklen_t n = sizeof(s->who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &s->who, &n) < 0)
		return false;
	if (s->who.uid == 0 || s->who.uid == geteuid() || s->who.uid == s->args.user)
		return true;
	log_warn(s->args.log, "somebody else than the relay asks",
	    LOG_U64("uid", s->who.uid), LOG_U64("pid", (uint64_t)s->who.pid));
	return false;
}

/* Waits at most until then. */
static bool
read_some(int fd, struct buf *in, uint64_t until_ns)
{
	uint64_t now = clock_mono_ns();
	uint64_t left = now < until_ns ? until_ns - now : 0;
	struct timeval limit = { .tv_sec = (time_t)(left / AX_NS_PER_S),
		.tv_usec = (suseconds_t)(left % AX_NS_PER_S / 1000) };
	uint8_t p[ENROL_MESSAGE_MAX];
	ssize_t n;

	if (limit.tv_sec == 0 && limit.tv_usec == 0)
		return false; /* zero would mean for ever */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		return false;
	n = recv(fd, p, sizeof(p), 0);
	if (n < 0 && errno == EINTR)
		return true;
	return n > 0 && buf_append(in, p, (size_t)n) == 0;
}

/* One message and nothing behind it. */
static bool
read_request(int fd, struct buf *in, struct enrol_message *m)
{
	uint64_t until = clock_mono_ns() + PATIENCE_NS;
	size_t used;
	int r;

	for (;;) {
		r = enrol_parse(buf_slice(in), m, &used, NULL);
		if (r != AX_E_AGAIN)
			return r == 0 && used == buf_len(in) &&
			    (m->type == ENROL_RENEW || m->type == ENROL_VOUCHED);
		if (!read_some(fd, in, until))
			return false;
	}
}

/* On record before it is handed out; a full disk is no reason not to sign. */
static void
write_down(struct signer *s, const struct signer_answer *a, const struct err *why)
{
	struct trail_event ev = { .wall_ms = clock_wall_ms(),
		.name = a->why == 0 ? "certificate.made" : "certificate.refused" };
	char text[4096];
	struct json_out j;
	struct str t;
	struct err e = { 0 };

	str_init(&t, text, sizeof(text));
	str_fmt(&t, "\"by\":{\"uid\":%u,\"pid\":%d}", (unsigned)s->who.uid,
	    (int)s->who.pid);
	j = (struct json_out){ .s = &t, .any = true };
	json_text(&j, "agent", slice_str(a->agent), sizeof(a->agent));
	if (a->voucher != 0)
		json_i64(&j, "voucher", a->voucher);
	if (a->why == 0)
		json_i64(&j, "seconds", s->args.policy.life_s);
	else
		json_text(&j, "reason", slice_str(why->text), sizeof(why->text));
	ev.members = slice_str(text);
	if (trail_add(s->trail, &ev, &e) < 0 || trail_sync(s->trail, &e) < 0)
		log_error(s->args.log, "the audit trail cannot be written",
		    LOG_STR("reason", e.text));
}

static void
note(struct signer *s, const struct signer_answer *a, const struct err *e)
{
	if (a->why == 0)
		log_info(s->args.log, "certificate made", LOG_STR("agent", a->agent),
		    LOG_I64("seconds", s->args.policy.life_s));
	else
		log_warn(s->args.log, "certificate refused",
		    LOG_STR("agent", a->agent), LOG_STR("reason", e->text),
		    LOG_U64("why", a->why));
}

static void
answer(struct signer *s, int fd, const struct enrol_message *asked)
{
	struct enrol_message m = { .type = ENROL_REFUSED };
	struct signer_answer a;
	struct err e = { 0 };
	struct buf out;

	(asked->type == ENROL_VOUCHED ? signer_vouch : signer_decide)(&s->args.policy,
	    &s->rate, asked->der, clock_wall_s(), clock_mono_ns(),
	    &a, &e);
	note(s, &a, &e);
	write_down(s, &a, &e);
	m.why = (uint8_t)a.why;
	m.retry_s = a.retry_s;
	if (a.why == 0) {
		m.type = ENROL_CERTIFICATE;
		m.der = buf_slice(&a.certificate);
	}
	buf_init(&out);
	/* It fits the socket's buffer: no waiting, and no half answers. */
	if (enrol_write(&m, &out) < 0 || send(fd, buf_slice(&out).p,
	    buf_len(&out), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_warn(s->args.log, "the answer could not be given");
	buf_fini(&out);
	buf_fini(&a.certificate);
}

static void
receive(struct signer *s, int fd)
{
	struct enrol_message m;
	struct buf in;

	buf_init(&in);
	/* The socket of sock_accept does not wait; here it may. */
	if (fcntl(fd, F_SETFL, 0) < 0 || !read_request(fd, &in, &m))
		log_warn(s->args.log, "no request, or not in time");
	else
		answer(s, fd, &m);
	buf_fini(&in);
}

static void
on_accept(struct watch *w, uint32_t events AX_UNUSED)
{
	struct signer *s = container_of(w, struct signer, watch);
	struct addr peer;
	int fd;

	if (sock_accept(s->fd, &s->spare, &fd, &peer) < 0)
		return;
	if (may_ask(s, fd))
		receive(s, fd);
	sock_close(&fd);
}

/* Anybody may knock; who may come in, the credentials say. */
static int
open_socket(struct signer *s, struct err *e)
{
	struct listen_args listen = { .backlog = BACKLOG };
	char text[ADDR_TEXT_MAX];
	struct addr at;
	int r;

	if (snprintf(text, sizeof(text), "unix:%s", s->args.socket) >=
	    (int)sizeof(text))
		return err_set(e, AX_E_RANGE, "%s: too long", s->args.socket);
	r = addr_parse(text, &at, e);
	if (r < 0)
		return r;
	listen.addr = &at;
	r = sock_listen(&listen, &s->fd, e);
	if (r < 0)
		return err_prefix(e, r, "%s", s->args.socket);
	if (chmod(s->args.socket, 0666) < 0)
		return err_sys(e, "%s", s->args.socket);
	r = loop_watch(s->args.loop, &s->watch, s->fd, LOOP_LEVEL_IN);
	return r < 0 ? err_sys(e, "cannot watch %s", s->args.socket) : 0;
}

static int
open_trail(struct signer *s, struct err *e)
{
	char path[4096];
	struct str at;

	str_init(&at, path, sizeof(path));
	str_fmt(&at, "%s/" SIGNER_TRAIL, s->args.policy.ca);
	return at.cut ? err_set(e, AX_E_RANGE, "%s: too long", s->args.policy.ca) :
			trail_open(path, &s->trail, e);
}

int
signer_new(const struct signer_args *args, struct signer **out, struct err *e)
{
	struct signer *s = calloc(1, sizeof(*s));
	int r;

	if (s == NULL)
		return err_set(e, AX_E_NOMEM, "out of memory");
	s->args = *args;
	s->fd = -1;
	s->spare = sock_spare();
	s->rate.minute_ns = clock_mono_ns();
	watch_init(&s->watch, on_accept);
	r = open_trail(s, e);
	if (r == 0)
		r = open_socket(s, e);
	if (r < 0)
		signer_free(&s);
	else
		*out = s;
	return r;
}

void
signer_free(struct signer **p)
{
	struct signer *s = *p;

	*p = NULL;
	if (s == NULL)
		return;
	loop_unwatch(s->args.loop, &s->watch);
	if (s->fd >= 0)
		(void)unlink(s->args.socket);
	sock_close(&s->fd);
	sock_close(&s->spare);
	trail_close(&s->trail);
	free(s);
}
