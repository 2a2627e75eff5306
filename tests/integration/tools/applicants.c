/* applicants.c — a crowd that asks a relay for certificates: every request is whole
 * and signed, with a key and a source address of its own (127.1.0.0 and on).
 *
 * applicants PORT PIN COUNT SECONDS: spread over so many seconds, at most 8 under
 * way. Who is told to wait goes away. Prints what became of them as JSON: "door":
 * closed without a word, "waits", and a count for each refusal by its number. It is
 * several processes; each is blocking, and waits ten seconds for an answer at most. */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <netinet/in.h>

#include "base/clock.h"
#include "enrol/message.h"
#include "enrol/pin.h"
#include "pki/csr.h"
#include "pki/key.h"
#include "tls/tls.h"

#define CHILDREN 8
#define WHYS 13

/* How many; sent through a pipe as it is. */
struct tally {
	uint32_t asked, door, failed, waits, why[WHYS];
};

struct visit {
	int fd;
	struct tls_conn *tls;
	struct buf out;
	uint8_t in[TLS_READ_MIN], plain[TLS_READ_MIN];
};

static void
fail(const char *what)
{
	fprintf(stderr, "applicants: %s\n", what);
	exit(1);
}

static uint32_t
number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text == '\0' || *end != '\0' || n > UINT32_MAX)
		fail("not a number");
	return (uint32_t)n;
}

/* --- one of them ------------------------------------------------------------ */

static int
dial(uint16_t port, uint32_t who)
{
	struct sockaddr_in from = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f010000u + who) };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval patience = { .tv_sec = 10 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
		fail("no socket");
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* We speak first: what comes before that is the end. To look for it saves making
 * what a handshake takes.                                                    */
static bool
is_closed(int fd)
{
	return poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 20) == 1;
}

static bool
flush(struct visit *v)
{
	while (buf_len(&v->out) > 0) {
		struct slice s = buf_slice(&v->out);
		ssize_t n = send(v->fd, s.p, s.n, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		buf_consume(&v->out, (size_t)n);
	}
	return true;
}

static bool
receive(struct visit *v)
{
	ssize_t n = recv(v->fd, v->in, sizeof(v->in), 0);

	if (n > 0)
		tls_conn_feed(v->tls, slice_of(v->in, (size_t)n));
	return n > 0;
}

static bool
shake(struct visit *v)
{
	int r;

	while ((r = tls_conn_handshake(v->tls, &v->out, 0, NULL)) == AX_E_AGAIN)
		if (!flush(v) || !receive(v))
			return false;
	return r == 0 && flush(v);
}

static bool
ask(struct visit *v)
{
	struct enrol_message m = { .type = ENROL_REQUEST, .name = slice_str("nas") };
	struct buf der, text;
	struct key key;
	int r = key_generate(IDENTITY_ED25519, &key, NULL);

	buf_init(&der);
	buf_init(&text);
	if (r == 0)
		r = csr_write_bound(&key, tls_conn_binding(v->tls), &der, NULL);
	m.der = buf_slice(&der);
	if (r == 0)
		r = enrol_write(&m, &text);
	if (r == 0)
		r = tls_conn_write(v->tls, buf_slice(&text).p, buf_len(&text),
		    &v->out, NULL);
	if (r < 0)
		fail("cannot write a request");
	buf_fini(&der);
	buf_fini(&text);
	key_forget(&key);
	return flush(v);
}

static bool
hear(struct visit *v, struct tally *t)
{
	struct enrol_message m;
	size_t n, used;
	int r;

	while ((r = tls_conn_read(v->tls, v->plain, sizeof(v->plain), &n, &v->out, 0,
	    NULL)) == AX_E_AGAIN)
		if (!receive(v))
			return false;
	if (r < 0 || enrol_parse(slice_of(v->plain, n), &m, &used, NULL) < 0)
		return false;
	if (m.type == ENROL_WAIT)
		t->waits++;
	else if (m.type == ENROL_REFUSED && m.why < WHYS)
		t->why[m.why]++;
	else
		return false;
	return true;
}

static void
apply(uint16_t port, const struct tls_pin *pin, uint32_t who, struct tally *t)
{
	static struct visit v;
	struct tls_ctx *ctx = NULL;
	struct err e;

	t->asked++;
	v.tls = NULL;
	buf_init(&v.out);
	v.fd = dial(port, who);
	if (v.fd < 0 || is_closed(v.fd)) {
		t->door++;
		if (v.fd >= 0)
			close(v.fd);
		return;
	}
	if (tls_ctx_new_pinned(pin, &ctx, &e) < 0 ||
	    tls_conn_new(ctx, "localhost", &v.tls) < 0)
		fail("no memory");
	if (!shake(&v))
		t->door++;
	else if (!ask(&v) || !hear(&v, t))
		t->failed++;
	close(v.fd);
	tls_conn_free(&v.tls);
	tls_ctx_free(&ctx);
	buf_fini(&v.out);
}

/* --- all of them ------------------------------------------------------------- */

/* Every CHILDREN-th, each at its time or as soon as the one before it is done. */
static void
child(uint16_t port, const struct tls_pin *pin, uint32_t first, uint32_t count,
    uint64_t span_ns, int to)
{
	uint64_t start = clock_mono_ns();
	struct tally t = { 0 };
	struct err e;

	if (tls_boot(&e) < 0)
		fail(e.text);
	for (uint32_t i = first; i < count; i += CHILDREN) {
		uint64_t at = start + span_ns / count * i, now = clock_mono_ns();
		struct timespec rest = { 0 };

		if (at > now) {
			rest.tv_sec = (time_t)((at - now) / AX_NS_PER_S);
			rest.tv_nsec = (long)((at - now) % AX_NS_PER_S);
			(void)nanosleep(&rest, NULL);
		}
		apply(port, pin, i + 1, &t);
	}
	if (write(to, &t, sizeof(t)) != sizeof(t))
		fail("cannot report");
	exit(0);
}

static void
print(const struct tally *t, uint64_t ns)
{
	printf("{\"asked\":%" PRIu32 ",\"door\":%" PRIu32 ",\"failed\":%" PRIu32
	       ",\"waits\":%" PRIu32, t->asked, t->door, t->failed, t->waits);
	for (unsigned i = 1; i < WHYS; i++)
		if (t->why[i] > 0)
			printf(",\"refused_%u\":%" PRIu32, i, t->why[i]);
	printf(",\"seconds\":%.1f}\n", (double)ns / (double)AX_NS_PER_S);
}

int
main(int argc, char **argv)
{
	struct tally all = { 0 }, t;
	struct tls_pin pin;
	struct err e;
	uint64_t start = clock_mono_ns();
	uint32_t count;
	int ends[2];

	if (argc != 5 || pipe(ends) < 0)
		fail("usage: applicants PORT PIN COUNT SECONDS");
	count = number(argv[3]);
	if (pin_parse(argv[2], &pin, &e) < 0)
		fail(e.text);
	for (uint32_t i = 0; i < CHILDREN; i++)
		if (fork() == 0)
			child((uint16_t)number(argv[1]), &pin, i, count,
			    number(argv[4]) * AX_NS_PER_S, ends[1]);
	close(ends[1]);
	while (read(ends[0], &t, sizeof(t)) == sizeof(t)) {
		all.asked += t.asked;
		all.door += t.door;
		all.failed += t.failed;
		all.waits += t.waits;
		for (unsigned i = 0; i < WHYS; i++)
			all.why[i] += t.why[i];
	}
	while (wait(NULL) > 0)
		continue;
	print(&all, clock_mono_ns() - start);
	return 0;
}
