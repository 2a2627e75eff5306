/* place.c — directories and configurations for people who want none of it.
 *
 * Thread: the only one.                                                      */
#include "cmd/place.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/addr.h"

#define USER "atlax"

int
place_open(const char *path, struct store *out, struct err *e)
{
	int r;

	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return err_sys(e, "cannot make %s", path);
	r = store_open(path, out, e);
	if (r < 0)
		return r;
	if (flock(out->fd, LOCK_EX | LOCK_NB) < 0) {
		r = errno == EWOULDBLOCK ?
		    err_set(e, AX_E_EXIST, "another atlax is at work in %s", path) :
		    err_sys(e, "%s", path);
		store_close(out);
		return r;
	}
	store_remove(out, STORE_TEMP_PREFIX);
	return 0;
}

void
place_give(const struct store *s, const char *name)
{
	const struct passwd *user = geteuid() == 0 ? getpwnam(USER) : NULL;

	if (user != NULL)
		(void)!fchownat(s->fd, name, user->pw_uid, user->pw_gid,
		    AT_SYMLINK_NOFOLLOW);
}

int
place_address(const char *text, uint16_t fallback, char host[256], uint16_t *port,
    struct err *e)
{
	const char *colon = strchr(text, ':');

	if (colon != NULL && (text[0] == '[' || strchr(colon + 1, ':') == NULL)) {
		if (addr_split(text, host, port, e) == 0)
			return 0;
		if (e != NULL)
			e->code = AX_E_RANGE;
		return AX_E_RANGE;
	}
	if (!str_copy(host, 256, text) || host[0] == '\0')
		return err_set(e, AX_E_RANGE, "not a name or an address: %.60s", text);
	*port = fallback;
	return 0;
}

int
place_print(struct buf *out, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n, r;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return AX_E_NOMEM;
	r = buf_append(out, text, (size_t)n);
	free(text);
	return r;
}

/* Nothing that means something inside double quotes. */
static bool
is_plain(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == '"' ||
		    s.p[i] == '\\')
			return false;
	return s.n > 0;
}

int
place_services(const char *list, const char *key, const char *indent,
    struct buf *out, struct err *e)
{
	while (*list != '\0') {
		size_t n = strcspn(list, ","), name = strcspn(list, "=");

		if (name >= n || !is_plain(slice_of(list, n)))
			return err_set(e, AX_E_RANGE,
			    "not NAME=ADDRESS: %.*s", (int)MIN(n, 60u), list);
		if (place_print(out, "%s- {name: \"%.*s\", %s: \"%.*s\"}\n", indent,
		    (int)name, list, key, (int)(n - name - 1), list + name + 1) < 0)
			return err_set(e, AX_E_NOMEM, "out of memory");
		list += n + (list[n] == ',');
	}
	return 0;
}
