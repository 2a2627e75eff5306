/* remote.c — TLS of our own before HTTP: the relay lets nothing else in.
 *
 * Thread: the only one, and for each connection one that carries bytes between TLS
 * and libcurl. That comes by a Unix socket, because it takes no connected one in the
 * version that Debian has; anybody can see the name, so only this process is heard.
 * Nothing but the struct is shared, and that is the carrier's until remote_close.  */
#include "cmd/remote.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "cmd/probe.h"
#include "conf/conf.h"
#include "io/sock.h"
#include "tls/tls.h"

#define FILE_NAME "atlax/remote.yaml"

/* --- which relay ---------------------------------------------------------------- */

static bool
file_path(char out[4096])
{
	const char *dir = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int n = -1;

	if (dir != NULL && dir[0] == '/')
		n = snprintf(out, 4096, "%s/" FILE_NAME, dir);
	else if (home != NULL && home[0] == '/')
		n = snprintf(out, 4096, "%s/.config/" FILE_NAME, home);
	return n > 0 && n < 4096 && access(out, F_OK) == 0;
}

static int
take(char *out, size_t cap, const char *variable, const char *file, struct err *e)
{
	const char *text = getenv(variable);

	if (text == NULL || text[0] == '\0')
		text = file;
	if (text == NULL)
		return err_set(e, AX_E_CONFIG, "a relay elsewhere is named, but not %s: "
		    "give it in the environment, by the option of that name, or make "
		    "~/.config/" FILE_NAME, variable);
	return str_copy(out, cap, text) ? 0 :
	    err_set(e, AX_E_CONFIG, "%s is too long", variable);
}

/* https://HOST:PORT/ is HOST:PORT, too. */
static void
strip(char *relay)
{
	static const char scheme[] = "https://";
	size_t n = sizeof(scheme) - 1;

	if (strncmp(relay, scheme, n) == 0)
		memmove(relay, relay + n, strlen(relay + n) + 1);
	n = strlen(relay);
	if (n > 0 && relay[n - 1] == '/')
		relay[n - 1] = '\0';
}

int
remote_find(struct remote_place *out, struct err *e)
{
	const char *relay = getenv(REMOTE_RELAY);
	struct conf_remote *file = NULL, none = { .relay = NULL };
	const struct conf_remote *c = &none;
	char path[4096];
	int r = 0;

	if (file_path(path)) {
		r = conf_remote_load(path, &file, e);
		c = file;
	} else if (relay == NULL || relay[0] == '\0') {
		return 0;
	}
	if (r == 0)
		r = take(out->relay, sizeof(out->relay), REMOTE_RELAY, c->relay, e);
	if (r == 0)
		r = take(out->certificate, sizeof(out->certificate), REMOTE_CERTIFICATE,
		    c->certificate, e);
	if (r == 0)
		r = take(out->key, sizeof(out->key), REMOTE_KEY, c->key, e);
	if (r == 0)
		r = take(out->ca, sizeof(out->ca), REMOTE_CA, c->ca, e);
	conf_remote_free(&file);
	strip(out->relay);
	return r < 0 ? r : 1;
}

/* --- the carrier ------------------------------------------------------------------- */

struct remote {
	pthread_t thread;
	struct tls_ctx *ctx;
	struct tls_conn *tls;
	int fd, listener, client;
	char socket[16];
	struct err why;
	uint8_t cipher[TLS_READ_MIN], plain[TLS_READ_MIN];
};

/* AX_E_CLOSED: whoever reads has gone. */
static int
hand_on(struct remote *r, size_t n)
{
	size_t at = 0;

	while (at < n) {
		ssize_t done = send(r->client, r->plain + at, n - at, MSG_NOSIGNAL);

		if (done < 0 && errno != EINTR)
			return AX_E_CLOSED;
		at += done < 0 ? 0 : (size_t)done;
	}
	return 0;
}

/* From the relay. */
static int
take_in(struct remote *r, struct buf *out)
{
	ssize_t n = recv(r->fd, r->cipher, sizeof(r->cipher), 0);
	size_t len;
	int rc;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return err_set(&r->why, AX_E_PEER, "it closed the connection; its log "
		    "says why");
	tls_conn_feed(r->tls, slice_of(r->cipher, (size_t)n));
	while ((rc = tls_conn_read(r->tls, r->plain, sizeof(r->plain), &len, out,
	    clock_mono_ns(), &r->why)) == 0) {
		if (hand_on(r, len) < 0)
			return AX_E_CLOSED;
	}
	if (rc == AX_E_CLOSED)
		return err_set(&r->why, AX_E_PEER, "it ended the connection; its log "
		    "says why");
	return rc == AX_E_AGAIN ? 0 : rc;
}

/* From libcurl. */
static int
take_out(struct remote *r, struct buf *out)
{
	ssize_t n = recv(r->client, r->plain, TLS_RECORD_MAX, 0);

	if (n < 0 && errno == EINTR)
		return 0;
	if (n <= 0)
		return AX_E_CLOSED;
	return tls_conn_write(r->tls, r->plain, (size_t)n, out, &r->why);
}

/* Waits for who may. -1: nobody comes any more. */
static int
await_client(const struct remote *r)
{
	struct ucred who = { .pid = 0 };
	socklen_t n = sizeof(who);
	int fd;

	for (;;) {
		fd = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0 && errno != EINTR)
			return -1;
		if (fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 &&
		    who.pid == getpid())
			return fd;
		sock_close(&fd);
	}
}

static void *
carrier(void *arg)
{
	struct remote *r = arg;
	struct pollfd p[2] = { { .fd = r->fd, .events = POLLIN }, { .events = POLLIN } };
	struct buf out;
	struct err late;
	int rc = 0;

	r->client = p[1].fd = await_client(r);
	if (r->client < 0)
		return NULL;
	buf_init(&out);
	while (rc == 0) {
		if (poll(p, 2, -1) < 0) /* no signal is handled here */
			continue;
		if (p[0].revents != 0)
			rc = take_in(r, &out);
		if (rc == 0 && p[1].revents != 0)
			rc = take_out(r, &out);
		if (rc == 0)
			rc = probe_send(r->fd, &out, &r->why);
	}
	tls_conn_close(r->tls, &out);
	(void)!probe_send(r->fd, &out, &late);
	buf_fini(&out);
	(void)shutdown(r->client, SHUT_RDWR);
	return NULL;
}

/* --- a connection ------------------------------------------------------------------- */

static void
end(struct remote **p)
{
	struct remote *r = *p;

	*p = NULL;
	tls_conn_free(&r->tls);
	tls_ctx_free(&r->ctx);
	sock_close(&r->fd);
	sock_close(&r->listener);
	sock_close(&r->client);
	free(r);
}

/* The kernel chooses the name. */
static int
listen_here(struct remote *r, struct err *e)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	socklen_t n = sizeof(at.sun_family);
	size_t len;

	r->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (r->listener < 0 || bind(r->listener, (struct sockaddr *)&at, n) < 0 ||
	    listen(r->listener, 4) < 0)
		return err_sys(e, "cannot make a socket");
	n = sizeof(at);
	if (getsockname(r->listener, (struct sockaddr *)&at, &n) < 0)
		return err_sys(e, "cannot make a socket");
	len = n - offsetof(struct sockaddr_un, sun_path) - 1;
	if (len >= sizeof(r->socket))
		return err_set(e, AX_E_SYS, "cannot make a socket");
	memcpy(r->socket, at.sun_path + 1, len);
	return 0;
}

static int
dial(struct remote *r, const char *relay, char host[256], struct err *e)
{
	struct addr addrs[PROBE_ADDRS_MAX];
	uint16_t port;
	size_t n = 0;
	int rc = addr_split(relay, host, &port, e);

	if (rc == 0)
		rc = probe_lookup(host, port, addrs, &n, e);
	if (rc < 0)
		return rc;
	rc = AX_E_SYS;
	for (size_t i = 0; i < n && rc < 0; i++)
		rc = probe_connect(&addrs[i], &r->fd, e);
	return rc;
}

int
remote_open(const struct remote_place *at, struct remote **out, struct err *e)
{
	const struct tls_files files = { .certificate = at->certificate,
		.key = at->key, .ca = at->ca };
	struct remote *r = calloc(1, sizeof(*r));
	char host[256];
	int rc;

	if (r == NULL)
		return err_set(e, AX_E_NOMEM, "out of memory");
	r->fd = r->listener = r->client = -1;
	rc = tls_boot(e);
	if (rc == 0)
		rc = tls_ctx_new_operators(TLS_AGENT, &files, &r->ctx, e);
	if (rc == 0)
		rc = dial(r, at->relay, host, e);
	if (rc == 0)
		rc = probe_shake(r->ctx, host, r->fd, &r->tls, e);
	if (rc == 0)
		rc = listen_here(r, e);
	if (rc == 0 && (errno = pthread_create(&r->thread, NULL, carrier, r)) != 0)
		rc = err_sys(e, "cannot start a thread");
	if (rc < 0)
		end(&r);
	else
		*out = r;
	return rc;
}

const char *
remote_socket(const struct remote *r)
{
	return r->socket;
}

void
remote_close(struct remote **p, struct err *why)
{
	(void)shutdown((*p)->listener, SHUT_RDWR); /* if nobody came */
	(void)pthread_join((*p)->thread, NULL);
	*why = (*p)->why;
	end(p);
}
