/* heir.c — how a relay begins that takes another one's place.
 *
 * Thread: boot.
 * Invariant: r->heir is set from heir_begin until the other process has said that
 * it is ours now. Until then no worker turns, and control accepts nobody.     */
#include "relay/heir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "atlax/exit.h"
#include "base/assert.h"
#include "relay/handover.h"
#include "relay/relay.h"
#include "relay/snapshot.h"

#define ANSWER_MS 10000
#define STATE_MS 60000 /* the other one waits for its threads */

struct heir {
	int fd;		   /* to the other process */
	struct buf ports;  /* its listening sockets, as far as nobody took them */
};

/* The descriptor that the environment names; -1: none. */
static int
channel(void)
{
	const char *text = getenv(HANDOVER_ENV);
	struct stat st;
	char *end;
	long n;

	if (text == NULL)
		return -1;
	errno = 0;
	n = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || n <= STDERR_FILENO ||
	    n > INT_MAX || fstat((int)n, &st) < 0 || !S_ISSOCK(st.st_mode))
		return -1;
	(void)fcntl((int)n, F_SETFD, FD_CLOEXEC);
	return (int)n;
}

static void
refuse(int fd, const char *why)
{
	struct handover_msg m = { .type = HANDOVER_FAILED };

	(void)str_copy(m.text, sizeof(m.text), why);
	if (handover_send(fd, &m, NULL, NULL) < 0)
		return; /* then nobody waits */
}

void
relay_refuse(const char *why)
{
	int fd = channel();

	if (fd >= 0)
		refuse(fd, why);
}

int
heir_begin(struct relay *r, struct err *e)
{
	struct handover_msg m = { .type = HANDOVER_HELLO };
	int fd = channel(), rc;

	if (fd < 0)
		return 0;
	(void)unsetenv(HANDOVER_ENV);
	r->heir = calloc(1, sizeof(*r->heir));
	if (r->heir == NULL)
		return err_set(e, AX_E_NOMEM, "out of memory");
	r->heir->fd = fd;
	buf_init(&r->heir->ports);
	rc = handover_send(fd, &m, NULL, e);
	return rc < 0 ? rc : handover_expect(fd, HANDOVER_PORTS, ANSWER_MS,
	    &r->heir->ports, &m, e);
}

void
heir_end(struct relay *r AX_UNUSED)
{
	/* It is over when heir_take is, or the process. */
}

/* --- listening sockets ------------------------------------------------------ */

int
heir_listener(struct relay *r, const char *at)
{
	char text[ADDR_TEXT_MAX];
	struct addr a;
	struct buf *b;
	int *fds, fd;

	if (r->heir == NULL)
		return 0;
	b = &r->heir->ports;
	fds = (int *)(void *)(b->mem + b->head);
	for (size_t i = 0; i < buf_len(b) / sizeof(*fds); i++) {
		if (fds[i] < 0 || sock_local(fds[i], &a) < 0)
			continue;
		addr_format(&a, text);
		if (strcmp(text, at) != 0)
			continue;
		fd = fds[i];
		fds[i] = -1;
		return fd;
	}
	return 0;
}

int
heir_listen(struct relay *r, const struct listen_args *a, int *fd, struct err *e)
{
	char text[ADDR_TEXT_MAX];
	int have;

	addr_format(a->addr, text);
	have = heir_listener(r, text);
	if (have == 0)
		return sock_listen(a, fd, e);
	*fd = have;
	return 0;
}

int
heir_port(struct relay *r, const char *listen)
{
	char text[ADDR_TEXT_MAX];
	struct addr a;

	if (r->heir == NULL || addr_parse(listen, &a, NULL) < 0)
		return 0;
	addr_format(&a, text);
	return heir_listener(r, text);
}

/* Of ports that are no more, and of workers: whoever waits in the queue of one of
 * these connects again. */
static void
close_rest(struct buf *b)
{
	int fd;

	for (; buf_len(b) > 0; buf_consume(b, sizeof(fd))) {
		memcpy(&fd, buf_slice(b).p, sizeof(fd));
		sock_close(&fd);
	}
	buf_fini(b);
}

/* --- sessions --------------------------------------------------------------------- */

static int
thaw(struct relay *r, const struct handover_msg *m, struct buf *fds, struct err *e)
{
	struct buf bytes;
	struct frost f;
	int file, rc;

	buf_init(&bytes);
	frost_read(&f, slice_of(NULL, 0), fds);
	frost_fd(&f, &file);
	rc = file < 0 ? err_set(e, AX_E_SYNTAX, "the sessions are missing") :
			handover_read(file, m->size, &bytes, e);
	sock_close(&file);
	if (rc == 0) {
		frost_read(&f, buf_slice(&bytes), fds);
		rc = snapshot_read(r, &f, e);
	}
	if (bytes.mem != NULL)
		explicit_bzero(bytes.mem, bytes.cap); /* it had keys */
	buf_fini(&bytes);
	return rc;
}

static int
take(struct relay *r, int fd, struct err *e)
{
	struct handover_msg m = { .type = HANDOVER_READY };
	struct buf fds;
	int rc = handover_send(fd, &m, NULL, e);

	buf_init(&fds);
	if (rc == 0)
		rc = handover_expect(fd, HANDOVER_STATE, STATE_MS, &fds, &m, e);
	if (rc == 0)
		rc = thaw(r, &m, &fds, e);
	m = (struct handover_msg){ .type = HANDOVER_TAKEN };
	if (rc == 0)
		rc = handover_send(fd, &m, NULL, e);
	if (rc == 0)
		rc = handover_expect_last(fd, HANDOVER_GO, ANSWER_MS, &fds, &m, e);
	buf_fini(&fds);
	return rc;
}

int
heir_take(struct relay *r, struct err *e)
{
	int rc;

	if (r->heir == NULL)
		return 0;
	close_rest(&r->heir->ports);
	rc = take(r, r->heir->fd, e);
	if (rc < 0)
		return rc;
	sock_close(&r->heir->fd);
	free(r->heir);
	r->heir = NULL;
	for (unsigned i = 0; i < r->n_workers; i++)
		ax_assert(sem_post(&r->workers[i].go) == 0);
	return 0;
}

void
heir_give_up(struct relay *r, const struct err *e)
{
	fprintf(stderr, "atlax-relay: %s\n", e->text);
	refuse(r->heir->fd, e->text);
	_exit(AX_EXIT_FAILED);
}
