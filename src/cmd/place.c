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
	bool made = mkdir(path, 0755) == 0;
	int r;

	if (!made && errno != EEXIST)
		return err_sys(e, "cannot make %s", path);
	r = store_open(path, out, e);
	if (r < 0)
		return r;
	/* Whatever the umask: who runs the program reads what is in it. */
	if (made)
		(void)fchmod(out->fd, 0755);
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

bool
place_is_usual(const char *dir)
{
	return strcmp(dir, PLACE_DIR) == 0;
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

static AX_PRINTF(2, 0) int
vprint(struct buf *out, const char *fmt, va_list ap)
{
	char *text = NULL;
	int n = vasprintf(&text, fmt, ap), r;

	if (n < 0)
		return AX_E_NOMEM;
	r = buf_append(out, text, (size_t)n);
	free(text);
	return r;
}

static AX_PRINTF(2, 3) int
print(struct buf *out, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = vprint(out, fmt, ap);
	va_end(ap);
	return r;
}

static int
print_services(const struct place_services *v, struct buf *out, struct err *e)
{
	const char *list = v->list;

	while (*list != '\0') {
		size_t n = strcspn(list, ","), name = strcspn(list, "=");

		if (name >= n || !is_plain(slice_of(list, n)))
			return err_set(e, AX_E_RANGE,
			    "not NAME=ADDRESS: %.*s", (int)MIN(n, 60u), list);
		if (print(out, "%s- {name: \"%.*s\", %s: \"%.*s\"}\n", v->indent,
		    (int)name, list, v->key, (int)(n - name - 1), list + name + 1) < 0)
			return err_set(e, AX_E_NOMEM, "out of memory");
		list += n + (list[n] == ',');
	}
	return 0;
}

int
place_services_check(const struct place_services *v, struct err *e)
{
	struct buf unused;
	int r;

	buf_init(&unused);
	r = print_services(v, &unused, e);
	buf_fini(&unused);
	return r;
}

int
place_config(const struct store *s, const char *name, const struct place_services *v,
    struct err *e, const char *fmt, ...)
{
	struct buf text;
	va_list ap;
	int r;

	buf_init(&text);
	va_start(ap, fmt);
	r = vprint(&text, fmt, ap);
	va_end(ap);
	if (r < 0)
		(void)err_set(e, r, "out of memory");
	else
		r = print_services(v, &text, e);
	if (r == 0)
		r = store_create(s, name, STORE_PUBLIC, buf_slice(&text), e);
	buf_fini(&text);
	return r;
}
