/* attack.c — runs attacks on a relay or an agent: over TCP on a real one, or,
 * given no address, on connections in this process. See README.
 *
 * Thread: the only one.                                                      */
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "attack.h"
#include "base/assert.h"
#include "base/clock.h"
#include "tls/file.h"
#include "../unit/tls/yard.h"

/* --- a peer in this process ------------------------------------------------ */

struct local {
	struct wire wire;
	struct tls_conn *conn;
	struct buf out; /* what it has sent */
	bool established, over;
	struct err err;
};

/* Gives up on the connection as its owner would. */
static void
end(struct local *l)
{
	l->over = true;
}

static void
local_read(struct local *l)
{
	uint8_t plain[TLS_READ_MIN];
	size_t n;
	int r;

	do
		r = tls_conn_read(l->conn, plain, sizeof(plain), &n, &l->out,
		    clock_mono_ns(), &l->err);
	while (r == 0);
	if (r != AX_E_AGAIN)
		end(l);
}

static void
local_send(struct wire *w, struct slice bytes)
{
	struct local *l = container_of(w, struct local, wire);
	uint8_t *copy;
	int r = 0;

	if (l->over)
		return;
	copy = malloc(bytes.n + 1); /* exact, for the sanitizer */
	ax_assert(copy != NULL);
	if (bytes.n > 0)
		memcpy(copy, bytes.p, bytes.n);
	tls_conn_feed(l->conn, slice_of(copy, bytes.n));
	if (!l->established)
		r = tls_conn_handshake(l->conn, &l->out, 0, &l->err);
	l->established = l->established || r == 0;
	if (r < 0 && r != AX_E_AGAIN)
		end(l);
	else if (l->established)
		local_read(l);
	free(copy);
}

static long
local_recv(struct wire *w, uint8_t *p, size_t cap)
{
	struct local *l = container_of(w, struct local, wire);
	size_t n = MIN(cap, buf_len(&l->out));

	if (n == 0)
		return l->over ? 0 : -1;
	memcpy(p, buf_slice(&l->out).p, n);
	buf_consume(&l->out, n);
	return (long)n;
}

/* --- a peer over TCP ------------------------------------------------------- */

#define SILENCE_MS 2000 /* of a peer that lives: shorter than any of its limits */

struct remote {
	struct wire wire;
	int fd;
};

static void
remote_send(struct wire *w, struct slice bytes)
{
	struct remote *r = container_of(w, struct remote, wire);
	struct pollfd p = { .fd = r->fd, .events = POLLOUT };
	ssize_t n;

	while (bytes.n > 0) {
		n = send(r->fd, bytes.p, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0)
			bytes = slice_skip(bytes, (size_t)n);
		else if (errno != EAGAIN || poll(&p, 1, SILENCE_MS) <= 0)
			return;
	}
}

static long
remote_recv(struct wire *w, uint8_t *p, size_t cap)
{
	struct remote *r = container_of(w, struct remote, wire);
	struct pollfd poll_in = { .fd = r->fd, .events = POLLIN };
	ssize_t n;

	if (poll(&poll_in, 1, SILENCE_MS) <= 0)
		return -1;
	n = recv(r->fd, p, cap, 0);
	return n < 0 ? 0 : n; /* a reset is an end, too */
}

/* --- one case -------------------------------------------------------------- */

static const char *const end_names[] = {
	[ATTACK_REFUSED] = "refused",
	[ATTACK_BROKEN] = "thrown out",
	[ATTACK_OPEN] = "let in",
};

static void
run(const struct attack_case *c, struct attack *a, struct wire *w, bool server)
{
	raw_init(&a->raw, w, server);
	a->arg = c->arg;
	a->text = c->text;
	c->run(a);
}

/* A case of after_cases: the good handshake first. */
static bool
run_after(const struct attack_case *c, struct attack *a, struct wire *w, bool server)
{
	raw_init(&a->raw, w, server);
	attack_show_leaf(a);
	if (!(server ? raw_meet_client(&a->raw) : raw_meet_server(&a->raw)))
		return false;
	raw_authenticate(&a->raw);
	a->arg = c->arg;
	a->text = c->text;
	c->run(a);
	return true;
}

struct row {
	const struct attack_case *c;
	bool after;
};

/* Cases of one side are numbered through, those of after_cases last. */
static size_t
row_count(bool server)
{
	return (server ? server_case_count : client_case_count) +
	    after_case_count;
}

static struct row
row(bool server, size_t i)
{
	size_t n = server ? server_case_count : client_case_count;

	if (i < n)
		return (struct row){ server ? &server_cases[i] :
					      &client_cases[i], false };
	return (struct row){ &after_cases[i - n], true };
}

static void
print_name(bool server, struct row r)
{
	printf("%s %s%s", server ? "server" : "client", r.after ? "after-" : "",
	    r.c->name);
}

/* --- in this process ------------------------------------------------------- */

static struct tls_ctx *
victim(struct yard *y, bool server)
{
	return y->ctx[server ? TLS_AGENT : TLS_RELAY];
}

static bool
try_local(struct yard *y, const struct attack_credentials *have, bool server,
    struct row r)
{
	struct attack a = { .have = have };
	struct local l = { .wire = { local_send, local_recv } };
	enum attack_end got;
	bool ok;

	ax_assert(tls_conn_new(victim(y, server), server ? YARD_HOST : NULL,
		      &l.conn) == 0);
	local_send(&l.wire, slice_of(NULL, 0)); /* an agent speaks first */
	if (r.after)
		(void)run_after(r.c, &a, &l.wire, server);
	else
		run(r.c, &a, &l.wire, server);
	raw_drain(&a.raw);
	got = !l.over ? ATTACK_OPEN :
	    l.established ? ATTACK_BROKEN : ATTACK_REFUSED;
	ok = got == r.c->end && (!l.over || l.err.text[0] != '\0');
	printf("%s ", ok ? "ok" : "not ok");
	print_name(server, r);
	printf(": %s%s%s\n", end_names[got], l.over ? ": " : "",
	    l.over ? l.err.text : "");
	raw_fini(&a.raw);
	tls_conn_free(&l.conn);
	buf_fini(&l.out);
	return ok;
}

/* The certificate of an attacker who is somebody. */
static void
have_of_yard(struct yard *y, bool server, struct attack_credentials *out)
{
	enum tls_role role = server ? TLS_RELAY : TLS_AGENT;

	*out = (struct attack_credentials){ .ca = y->ca[role].der };
	yard_leaf_der(
	    y, &(struct yard_leaf){ .role = role }, &out->key, &out->leaf);
}

static int
run_all_here(const char *only)
{
	struct attack_credentials have;
	int failed = 0, passed = 0;
	struct yard y;
	size_t i, s;

	yard_init(&y);
	yard_open(&y);
	for (s = 0; s < 2; s++) {
		have_of_yard(&y, s == 1, &have);
		for (i = 0; i < row_count(s == 1); i++) {
			struct row r = row(s == 1, i);

			if (only != NULL && strcmp(only, r.c->name) != 0)
				continue;
			if (try_local(&y, &have, s == 1, r))
				passed++;
			else
				failed++;
		}
		blob_free(&have.leaf);
	}
	yard_fini(&y);
	printf("%d passed, %d failed\n", passed, failed);
	return failed == 0 && passed > 0 ? 0 : 1;
}

/* --- over TCP -------------------------------------------------------------- */

struct options {
	const char *connect, *listen, *name, *cert, *key, *ca;
};

static void
die(const char *what)
{
	fprintf(stderr, "attack: %s\n", what);
	exit(2);
}

/* HOST:PORT; connects, or listens and takes one connection. */
static int
open_tcp(const char *endpoint, bool server)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *ai;
	const char *colon = strrchr(endpoint, ':');
	char host[256];
	int fd, peer, one = 1;

	if (colon == NULL || (size_t)(colon - endpoint) >= sizeof(host))
		die("an endpoint is HOST:PORT");
	memcpy(host, endpoint, (size_t)(colon - endpoint));
	host[colon - endpoint] = '\0';
	if (getaddrinfo(host, colon + 1, &hints, &ai) != 0)
		die("no such host");
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die(strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (server) {
		if (bind(fd, ai->ai_addr, ai->ai_addrlen) < 0 ||
		    listen(fd, 8) < 0)
			die(strerror(errno));
		peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		close(fd);
		fd = peer;
	} else if (connect(fd, ai->ai_addr, ai->ai_addrlen) < 0) {
		die(strerror(errno));
	}
	if (fd < 0)
		die(strerror(errno));
	freeaddrinfo(ai);
	return fd;
}

static void
read_pem(const char *path, struct blob *der)
{
	struct blob pem;
	size_t at = 0;
	struct err e;

	if (file_read(path, "file", false, &pem, &e) < 0)
		die(e.text);
	if (pem_next(&pem, CERT_TYPE, &at, der) != 1)
		die("no certificate in a file");
	blob_free(&pem);
}

/* The seed ends every PKCS #8 file of Ed25519. */
static void
read_key(const char *path, struct forge_key *out)
{
	struct blob pem;
	uint8_t der[256];
	ed25519_key key;
	struct err e;
	word32 idx = 0, pub = 32, priv = 32;
	int n;

	if (file_read(path, "file", false, &pem, &e) < 0)
		die(e.text);
	n = wc_KeyPemToDer(pem.p, (int)pem.n, der, sizeof(der), NULL);
	if (n <= 0 || wc_ed25519_init(&key) != 0 ||
	    wc_Ed25519PrivateKeyDecode(der, &idx, &key, (word32)n) != 0 ||
	    wc_ed25519_make_public(&key, out->public_key, 32) != 0)
		die("the key is not an Ed25519 one");
	(void)pub;
	if (wc_ed25519_export_private_only(&key, out->seed, &priv) != 0)
		die("the key cannot be used");
	wc_ed25519_free(&key);
	blob_free(&pem);
}

static struct row
find(bool server, const char *name)
{
	size_t i;

	for (i = 0; i < row_count(server); i++) {
		struct row r = row(server, i);
		const char *n = name;

		if (r.after && strncmp(name, "after-", 6) != 0)
			continue;
		if (r.after)
			n += 6;
		if (strcmp(n, r.c->name) == 0)
			return r;
	}
	die("no such case; see --list");
	return (struct row){ NULL, false };
}

static void
read_credentials(const struct options *o, struct attack_credentials *have)
{
	if (o->ca != NULL)
		read_pem(o->ca, &have->ca);
	if (o->cert != NULL)
		read_pem(o->cert, &have->leaf);
	if (o->key != NULL)
		read_key(o->key, &have->key);
}

static bool
can_try(const struct attack_case *c, const struct attack_credentials *have,
    const struct options *o)
{
	if (c->needs == ATTACK_CA)
		return have->ca.n > 0;
	return c->needs == ATTACK_NOTHING || (have->leaf.n > 0 && o->key != NULL);
}

/* What became of us, as far as the other end of a socket can know. */
static bool
try_remote(const struct options *o, const struct attack_credentials *have,
    struct row r)
{
	struct attack a = { .have = have };
	struct remote m = { .wire = { remote_send, remote_recv } };
	bool server = o->listen != NULL, ok;

	m.fd = open_tcp(server ? o->listen : o->connect, server);
	if (r.after)
		(void)run_after(r.c, &a, &m.wire, server);
	else
		run(r.c, &a, &m.wire, server);
	raw_drain(&a.raw);
	ok = (a.raw.over || a.raw.alert >= 0) == (r.c->end != ATTACK_OPEN);
	printf("%s ", ok ? "ok" : "not ok");
	print_name(server, r);
	printf(": %s, alert %d, %zu bytes of data came\n",
	    a.raw.over ? "closed" : "stands", a.raw.alert, a.raw.data);
	raw_fini(&a.raw);
	close(m.fd);
	return ok;
}

static int
run_remote(const struct options *o)
{
	bool server = o->listen != NULL, all = strcmp(o->name, "all") == 0;
	struct attack_credentials have = { 0 };
	int tried = 0, failed = 0;
	size_t i;

	read_credentials(o, &have);
	for (i = 0; i < (all ? row_count(server) : 1); i++) {
		struct row r = all ? row(server, i) : find(server, o->name);

		if (!can_try(r.c, &have, o))
			continue;
		tried++;
		failed += !try_remote(o, &have, r);
	}
	blob_free(&have.leaf);
	blob_free(&have.ca);
	if (tried == 0)
		return 77;
	return failed == 0 ? 0 : 1;
}

static int
list(void)
{
	static const char *const means[] = { "nothing", "--ca",
		"--cert and --key" };
	size_t i, s;

	for (s = 0; s < 2; s++)
		for (i = 0; i < row_count(s == 1); i++) {
			struct row r = row(s == 1, i);

			print_name(s == 1, r);
			printf(": %s (needs %s)\n", end_names[r.c->end],
			    means[r.c->needs]);
		}
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "connect", required_argument, NULL, 'c' },
		{ "listen", required_argument, NULL, 'l' },
		{ "case", required_argument, NULL, 'n' },
		{ "cert", required_argument, NULL, 'C' },
		{ "key", required_argument, NULL, 'K' },
		{ "ca", required_argument, NULL, 'A' },
		{ "list", no_argument, NULL, 'L' },
		{ 0 },
	};
	struct options o = { 0 };
	struct err e;
	int c, r;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (c) {
		case 'c': o.connect = optarg; break;
		case 'l': o.listen = optarg; break;
		case 'n': o.name = optarg; break;
		case 'C': o.cert = optarg; break;
		case 'K': o.key = optarg; break;
		case 'A': o.ca = optarg; break;
		case 'L': return list();
		default: return 2;
		}
	if (o.connect == NULL && o.listen == NULL)
		return run_all_here(o.name);
	if (o.name == NULL || (o.connect != NULL && o.listen != NULL))
		die("give --case and one of --connect and --listen");
	if (tls_boot(&e) < 0)
		die(e.text);
	r = run_remote(&o);
	tls_shutdown();
	return r;
}
