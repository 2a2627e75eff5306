/* file.c — reads certificate and key files.
 *
 * Thread: any. Invariant: what was read of a secret file does not stay in
 * memory that we gave back.                                                  */
#include "tls/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tls/wolf.h"

#define FILE_MAX_BYTES (8u << 20) /* a list of 200,000 revoked serials fits */

void
blob_free(struct blob *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->n);
	free(b->p);
	*b = (struct blob){ 0 };
}

static int
check_kind(const struct stat *st, const char *path, const char *what,
    bool secret, struct err *e)
{
	if (!S_ISREG(st->st_mode))
		return err_set(
		    e, AX_E_CONFIG, "%s %s is not a regular file", what, path);
	if (secret && (st->st_mode & 077) != 0)
		return err_set(e, AX_E_CONFIG,
		    "%s %s may be used by others than its owner (mode %04o); "
		    "run: chmod 600 %s",
		    what, path, (unsigned)(st->st_mode & 07777), path);
	if (st->st_size > (off_t)FILE_MAX_BYTES)
		return err_set(e, AX_E_CONFIG, "%s %s is larger than %u MiB",
		    what, path, FILE_MAX_BYTES >> 20);
	return 0;
}

/* Fills b->p[0..b->n); a file that shrinks meanwhile ends early. */
static int
read_all(int fd, struct blob *b)
{
	size_t done = 0;
	ssize_t n;

	while (done < b->n) {
		n = read(fd, b->p + done, b->n - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return AX_E_SYS;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	b->n = done;
	b->p[done] = 0;
	return 0;
}

/* Whatever the system says of it, a file that is named and cannot be used is a
 * mistake of the configuration. */
static int
unusable(struct err *e, const char *doing, const char *what, const char *path)
{
	err_sys(e, "cannot %s %s %s", doing, what, path);
	if (e != NULL)
		e->code = AX_E_CONFIG;
	return AX_E_CONFIG;
}

int
file_read(const char *path, const char *what, bool secret, struct blob *out,
    struct err *e)
{
	struct blob b = { 0 };
	struct stat st;
	int fd, r;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return unusable(e, "open", what, path);
	if (fstat(fd, &st) < 0) {
		r = unusable(e, "look at", what, path);
		goto out;
	}
	r = check_kind(&st, path, what, secret, e);
	if (r < 0)
		goto out;
	b.n = (size_t)st.st_size;
	b.p = malloc(b.n + 1);
	if (b.p == NULL) {
		r = err_set(e, AX_E_NOMEM, "no memory for %s %s", what, path);
		goto out;
	}
	r = read_all(fd, &b);
	if (r < 0)
		r = unusable(e, "read", what, path);
out:
	close(fd);
	if (r < 0)
		blob_free(&b);
	else
		*out = b;
	return r;
}

/* A block that nobody could read; the trust bundle behind CAs is pki's. */
static bool
is_left(const uint8_t *p, size_t n)
{
	static const char ours[] = "-----BEGIN ATLAX TRUST-----";
	const uint8_t *block = memmem(p, n, "-----BEGIN", 10);

	return block != NULL && ((size_t)(p + n - block) < sizeof(ours) ||
	    memcmp(block, ours, sizeof(ours) - 1) != 0);
}

int
pem_next(const struct blob *pem, int kind, size_t *at, struct blob *out)
{
	EncryptedInfo info = { 0 };
	DerBuffer *der = NULL;
	int r = 0;

	if (*at >= pem->n)
		return 0;
	if (wc_PemToDer(pem->p + *at, (long)(pem->n - *at), kind, &der, NULL,
		&info, NULL) != 0) {
		if (der != NULL)
			wc_FreeDer(&der);
		return is_left(pem->p + *at, pem->n - *at) ? AX_E_SYNTAX : 0;
	}
	out->p = malloc(der->length);
	if (out->p == NULL) {
		r = AX_E_NOMEM;
	} else {
		out->n = der->length;
		memcpy(out->p, der->buffer, der->length);
		*at += (size_t)info.consumed;
		r = 1;
	}
	wc_FreeDer(&der);
	return r;
}

unsigned
pem_line(const struct blob *pem, size_t at)
{
	unsigned line = 1;
	size_t i;

	for (i = 0; i < at && i < pem->n; i++)
		line += pem->p[i] == '\n';
	return line;
}
